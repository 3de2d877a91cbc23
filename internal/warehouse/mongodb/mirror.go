package mongodb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"golang.org/x/sync/errgroup"

	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/change"
)

const (
	// batchRows are written with one command. The driver splits what is too large.
	batchRows = 2000
	// writers is how many batches are on their way at the same time.
	writers = 2
)

// Mirror publishes in a MongoDB what the files of a warehouse hold.
type Mirror struct {
	w      *Warehouse
	files  *change.Reader
	tables []warehouse.Shape
	now    func() time.Time
}

var _ warehouse.Mirror = (*Mirror)(nil)

// NewMirror returns a mirror of these tables in w, as far as Copied takes them.
func NewMirror(w *Warehouse, files *change.Reader, tables []warehouse.Shape, now func() time.Time) *Mirror {
	m := &Mirror{w: w, files: files, now: now}
	for _, t := range tables {
		if copied, ok := Copied(t); ok {
			m.tables = append(m.tables, copied)
		}
	}
	return m
}

// Name implements [warehouse.Mirror].
func (m *Mirror) Name() string { return "mongodb" }

// run is a document of runs.
type run struct {
	Name      string            `bson:"_id"`
	N         int64             `bson:"n"`
	AsOf      string            `bson:"as_of"`
	Created   time.Time         `bson:"created"`
	Seam      int64             `bson:"seam"`  // see [warehouse.State]
	Since     int64             `bson:"since"` // likewise
	Published time.Time         `bson:"published"`
	Tables    map[string]string `bson:"tables"` // with rows in this run, and the date that each is as of
}

// Follow implements [warehouse.Mirror]. It fails with [warehouse.ErrBusy] and
// [warehouse.ErrConflict] if another one is publishing there.
func (m *Mirror) Follow(ctx context.Context, to *warehouse.Manifest) (done warehouse.Followed, err error) {
	newest, err := m.w.pointer(ctx)
	if err != nil || newest.Run == to.Run {
		return done, err
	}
	p, err := m.w.begin(ctx)
	if err != nil {
		return done, err
	}
	if done, err = m.publish(ctx, p, to); err != nil && !errors.Is(err, errKilled) {
		err = errors.Join(err, p.release(ctx))
	}
	return done, err
}

// errKilled is a test's: the process has died.
var errKilled = errors.New("killed")

func (m *Mirror) publish(ctx context.Context, p *publication, to *warehouse.Manifest) (done warehouse.Followed, err error) {
	if err := errors.Join(m.w.step("begun"), p.retire(ctx, m.now().Add(-warehouse.Grace))); err != nil {
		return done, err
	}
	states, err := p.states(ctx)
	if err != nil {
		return done, err
	}
	for _, t := range m.tables {
		n, err := m.copy(ctx, p, change.Table{Shape: t}, states[t.Name], to)
		done.Put, done.Removed = done.Put+n.Put, done.Removed+n.Removed
		if err != nil {
			return done, fmt.Errorf("table %s: %w", t.Name, err)
		}
		delete(states, t.Name)
	}
	for table := range states { // that this build knows nothing of
		if err := p.drop(ctx, table); err != nil {
			return done, err
		}
	}
	this := run{Name: to.Run, N: p.n, AsOf: to.AsOf, Created: to.Created, Seam: int64(to.Seam()), Since: int64(to.Since()), Published: m.now(), Tables: map[string]string{}}
	for name, t := range to.Tables {
		if len(t.Files) > 0 {
			this.Tables[name] = t.AsOf
		}
	}
	if err := m.w.step("tables"); err != nil {
		return done, err
	}
	err = p.write(ctx, "add run", func(ctx context.Context) error {
		_, err := p.w.db.Collection(runsName).InsertOne(ctx, this)
		return err
	})
	if err := errors.Join(err, m.w.step("run")); err != nil {
		return done, err
	}
	if err := p.flip(ctx, to.Run); err != nil {
		return done, err
	}
	return done, m.w.step("published")
}

// copied is a document of copies: what a collection was made of.
type copied struct {
	Key   string `bson:"key"` // the table
	State string `bson:"state"`
}

// states are those of the copies as of the newest run.
func (p *publication) states(ctx context.Context) (map[string]change.State, error) {
	c := p.w.db.Collection(copiesName)
	if err := ensureIndexes(ctx, c, false); err != nil {
		return nil, err
	}
	return p.w.copies(ctx, bson.D{e(fieldTo, current)})
}

// copies are what the collections are made of, as far as the filter takes them.
func (w *Warehouse) copies(ctx context.Context, filter bson.D) (map[string]change.State, error) {
	cursor, err := w.db.Collection(copiesName).Find(ctx, filter)
	var all []copied
	if err == nil {
		err = cursor.All(ctx, &all)
	}
	if err != nil {
		return nil, failed("read what is copied", err)
	}
	states := map[string]change.State{}
	for _, one := range all {
		var s change.State
		if err := json.Unmarshal([]byte(one.State), &s); err != nil {
			return nil, fmt.Errorf("warehouse/mongodb: what table %s is a copy of: %w", one.Key, err)
		}
		states[one.Key] = s
	}
	return states, nil
}

// copy brings a collection to a manifest.
func (m *Mirror) copy(ctx context.Context, p *publication, t change.Table, was change.State, to *warehouse.Manifest) (done warehouse.Followed, err error) {
	now := t.State(to)
	if was.Equal(now) {
		return done, nil
	}
	c := m.w.db.Collection(t.Name)
	hasDay := slices.ContainsFunc(t.Columns, func(c warehouse.Column) bool { return c.Name == byDay })
	if err := ensureIndexes(ctx, c, hasDay); err != nil {
		return done, err
	}
	changes, err := m.files.Changes(&t, was, now)
	if err != nil {
		return done, err
	}
	n := newEncoder(t.Shape)
	if changes.Everything {
		if done.Removed, err = p.closeAll(ctx, c, bson.D{e(fieldTo, current)}); err != nil {
			return done, err
		}
	} else {
		done.Removed, err = changes.Removed(ctx, batchRows, func(keys [][]any) error {
			gone := make([]string, len(keys))
			for i, key := range keys {
				gone[i] = n.join(key)
			}
			return p.write(ctx, "remove", func(ctx context.Context) error { return closeKeys(ctx, c, p.n, gone) })
		})
		if err != nil {
			return done, err
		}
	}
	if err := m.w.step("removed"); err != nil {
		return done, err
	}
	if done.Put, err = m.put(ctx, p, c, &n, changes); err != nil {
		return done, err
	}
	return done, errors.Join(m.w.step("put"), p.remember(ctx, t.Name, now))
}

// put replaces what a collection has by the rows that are new or changed.
func (m *Mirror) put(ctx context.Context, p *publication, c *mongo.Collection, n *encoder, changes *change.Changes) (int64, error) {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(writers)
	put, err := changes.Put(ctx, batchRows, func(rows [][]any) error {
		g.Go(func() error {
			keys, documents := make([]string, len(rows)), make([]any, len(rows))
			for i, row := range rows {
				keys[i] = n.keyOf(row)
				documents[i] = n.document(p.n, keys[i], row)
			}
			return p.write(ctx, "put", func(ctx context.Context) error {
				if !changes.Everything {
					if err := closeKeys(ctx, c, p.n, keys); err != nil {
						return err
					}
				}
				_, err := c.InsertMany(ctx, documents, options.InsertMany().SetOrdered(false))
				return err
			})
		})
		return ctx.Err()
	})
	if failed := g.Wait(); failed != nil {
		return put, failed // which is why no more was read
	}
	return put, err
}

// closed is what becomes of a document that the run n replaces.
func closed(n int64) bson.D { return set(e(fieldTo, n), e(fieldGone, n)) }

// closeKeys closes the current documents of keys, as far as there are any.
func closeKeys(ctx context.Context, c *mongo.Collection, n int64, keys []string) error {
	update, err := bson.Marshal(closed(n))
	if err != nil {
		return err
	}
	models := make([]mongo.WriteModel, len(keys))
	for i, key := range keys {
		models[i] = mongo.NewUpdateOneModel().SetFilter(bson.D{e(fieldKey, key), e(fieldTo, current)}).SetUpdate(bson.Raw(update))
	}
	_, err = c.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
	return err
}

// closeAll closes the documents that the filter takes.
func (p *publication) closeAll(ctx context.Context, c *mongo.Collection, filter bson.D) (n int64, err error) {
	err = p.writeAll(ctx, "remove", func(ctx context.Context) error {
		done, err := c.UpdateMany(ctx, filter, closed(p.n))
		if err == nil {
			n += done.ModifiedCount
		}
		return err
	})
	return n, err
}

// remember notes what a collection is made of as of the run.
func (p *publication) remember(ctx context.Context, table string, s change.State) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("warehouse/mongodb: %w", err)
	}
	c := p.w.db.Collection(copiesName)
	return p.write(ctx, "note what is copied", func(ctx context.Context) error {
		if err := closeKeys(ctx, c, p.n, []string{table}); err != nil {
			return err
		}
		_, err := c.InsertOne(ctx, bson.D{e(fieldID, idOf(p.n, table)), e(fieldKey, table), e(fieldFrom, p.n), e(fieldTo, current), e("state", string(text))})
		return err
	})
}

// drop takes a table out of the run.
func (p *publication) drop(ctx context.Context, table string) error {
	if _, err := p.closeAll(ctx, p.w.db.Collection(table), bson.D{e(fieldTo, current)}); err != nil {
		return err
	}
	return p.write(ctx, "forget what is copied", func(ctx context.Context) error {
		return closeKeys(ctx, p.w.db.Collection(copiesName), p.n, []string{table})
	})
}
