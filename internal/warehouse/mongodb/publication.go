package mongodb

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"globalmart/internal/warehouse"
)

// pointer is the one document of the publication.
type pointer struct {
	N      int64  `bson:"n"`      // of the newest run; 0 = there is none
	Run    string `bson:"run"`    // its name
	Oldest int64  `bson:"oldest"` // of the runs that are kept

	Begun  int64  `bson:"begun"`  // of the run that is being written, or whose writing was cut off; N = none
	Writer string `bson:"writer"` // who is at it; "" = nobody
	Beat   int64  `bson:"beat"`   // changes while the writer lives
}

const pointerID = "current"

// pointer reads the document; it is empty if there is none.
func (w *Warehouse) pointer(ctx context.Context) (p pointer, err error) {
	err = w.db.Collection(publicationName).FindOne(ctx, bson.D{e(fieldID, pointerID)}).Decode(&p)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return pointer{}, nil
	}
	return p, failed("read the publication", err)
}

// publication is the next run being written. A writer that is silent for the lease has
// ended, whatever ended it: every write is bounded by half of that time, and comes after
// a sign of life. So no write of a writer that lost the publication comes after those of
// the next.
type publication struct {
	w      *Warehouse
	base   pointer // as it was when the publication began
	n      int64   // number of the run
	writer string
}

// begin takes the publication, and undoes what one that was cut off has left. It waits
// for a writer that is silent, and fails with [warehouse.ErrBusy] for one that is not.
func (w *Warehouse) begin(ctx context.Context) (*publication, error) {
	c := w.db.Collection(publicationName)
	first := set(e("n", int64(0)), e("run", ""), e("oldest", int64(0)), e("begun", int64(0)), e("writer", ""), e("beat", int64(0)))
	first[0].Key = "$setOnInsert"
	if _, err := c.UpdateByID(ctx, pointerID, first, options.UpdateOne().SetUpsert(true)); err != nil && !mongo.IsDuplicateKeyError(err) {
		return nil, failed("begin to publish", err)
	}
	base, err := w.silent(ctx)
	if err != nil {
		return nil, err
	}
	p := &publication{w: w, base: base, n: base.N + 1, writer: rand.Text()}
	done, err := c.UpdateOne(ctx, bson.D{e(fieldID, pointerID), e("writer", base.Writer), e("beat", base.Beat), e("n", base.N)},
		append(set(e("writer", p.writer), e("begun", p.n)), e("$inc", bson.D{e("beat", int64(1))})))
	if err != nil {
		return nil, failed("begin to publish", err)
	}
	if done.MatchedCount == 0 {
		return nil, fmt.Errorf("%w in %s", warehouse.ErrBusy, w.Address())
	}
	if err := w.step("taken"); err != nil {
		return nil, err
	}
	if base.Begun > base.N {
		if err := p.undo(ctx); err != nil {
			return nil, errors.Join(err, p.release(ctx))
		}
	}
	return p, nil
}

// silent waits until nobody writes: until the writer has gone, or was silent for the
// lease.
func (w *Warehouse) silent(ctx context.Context) (pointer, error) {
	seen, err := w.pointer(ctx)
	if err != nil || seen.Writer == "" {
		return seen, err
	}
	ticker := time.NewTicker(w.lease / 20)
	defer ticker.Stop()
	for end := time.Now().Add(w.lease); time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return seen, ctx.Err()
		case <-ticker.C:
		}
		now, err := w.pointer(ctx)
		switch {
		case err != nil:
			return now, err
		case now.Writer == "":
			return now, nil
		case now.Writer != seen.Writer || now.Beat != seen.Beat:
			return now, fmt.Errorf("%w in %s", warehouse.ErrBusy, w.Address())
		}
	}
	return seen, nil
}

// write gives a sign of life and calls do, which has half of the lease. It fails with
// [warehouse.ErrConflict] if another writer has taken over.
func (p *publication) write(ctx context.Context, what string, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, p.w.lease/2)
	defer cancel()
	done, err := p.w.db.Collection(publicationName).UpdateOne(ctx, bson.D{e(fieldID, pointerID), e("writer", p.writer)},
		bson.D{e("$inc", bson.D{e("beat", int64(1))})})
	if err == nil && done.MatchedCount == 0 {
		return fmt.Errorf("%w in %s", warehouse.ErrConflict, p.w.Address())
	}
	if err == nil {
		err = do(ctx)
	}
	return failed(what, err)
}

// writeAll is write for what may take longer than a write has, and goes on where it was
// when it is done again.
func (p *publication) writeAll(ctx context.Context, what string, do func(context.Context) error) error {
	for {
		late := false
		err := p.write(ctx, what, func(ctx context.Context) error {
			err := do(ctx)
			late = mongo.IsTimeout(err)
			return err
		})
		if !late || ctx.Err() != nil {
			return err
		}
	}
}

// flip makes the run the newest one.
func (p *publication) flip(ctx context.Context, run string) error {
	done, err := p.w.db.Collection(publicationName).UpdateOne(ctx, bson.D{e(fieldID, pointerID), e("writer", p.writer), e("n", p.base.N)},
		set(e("n", p.n), e("run", run), e("begun", p.n), e("writer", "")))
	if err != nil { // it may have come to pass
		now, again := p.w.pointer(context.WithoutCancel(ctx))
		if again == nil && now.N == p.n && now.Run == run {
			return nil
		}
		return failed("publish", err)
	}
	if done.MatchedCount == 0 {
		return fmt.Errorf("%w in %s", warehouse.ErrConflict, p.w.Address())
	}
	return nil
}

// release lets go of the publication. What was written stays, for the next one to undo.
func (p *publication) release(ctx context.Context) error {
	_, err := p.w.db.Collection(publicationName).UpdateOne(context.WithoutCancel(ctx),
		bson.D{e(fieldID, pointerID), e("writer", p.writer)}, set(e("writer", "")))
	return failed("release the publication", err)
}

// undo removes what is beyond the newest run, and puts back what that replaced.
func (p *publication) undo(ctx context.Context) error {
	err := p.w.eachTable(ctx, func(c *mongo.Collection) error {
		err := p.writeAll(ctx, "undo "+c.Name(), func(ctx context.Context) error {
			_, err := c.DeleteMany(ctx, bson.D{e(fieldID, bson.D{e("$gte", firstID(p.n))})})
			return err
		})
		if err != nil {
			return err
		}
		return p.writeAll(ctx, "undo "+c.Name(), func(ctx context.Context) error {
			_, err := c.UpdateMany(ctx, bson.D{e(fieldGone, bson.D{e("$gte", p.n)})}, append(set(e(fieldTo, current)), e("$unset", bson.D{e(fieldGone, "")})))
			return err
		})
	})
	if err != nil {
		return err
	}
	return p.write(ctx, "undo runs", func(ctx context.Context) error {
		_, err := p.w.db.Collection(runsName).DeleteMany(ctx, bson.D{e("n", bson.D{e("$gte", p.n)})})
		return err
	})
}

// retire removes the runs that were replaced before limit, and the documents that only
// they had.
func (p *publication) retire(ctx context.Context, limit time.Time) error {
	var kept []run
	cursor, err := p.w.db.Collection(runsName).Find(ctx, bson.D{}, options.Find().SetSort(bson.D{e("n", 1)}).SetProjection(bson.D{e("n", 1), e("published", 1)}))
	if err == nil {
		err = cursor.All(ctx, &kept)
	}
	if err != nil {
		return failed("list runs", err)
	}
	for len(kept) > 1 && !kept[1].Published.After(limit) {
		kept = kept[1:]
	}
	if len(kept) == 0 || kept[0].N <= p.base.Oldest {
		return nil
	}
	oldest := kept[0].N
	err = p.write(ctx, "retire runs", func(ctx context.Context) error { // first: nobody asks for them any more
		if _, err := p.w.db.Collection(publicationName).UpdateOne(ctx, bson.D{e(fieldID, pointerID), e("writer", p.writer)}, set(e("oldest", oldest))); err != nil {
			return err
		}
		_, err := p.w.db.Collection(runsName).DeleteMany(ctx, bson.D{e("n", bson.D{e("$lt", oldest)})})
		return err
	})
	if err != nil {
		return err
	}
	return p.w.eachTable(ctx, func(c *mongo.Collection) error {
		return p.writeAll(ctx, "retire "+c.Name(), func(ctx context.Context) error {
			_, err := c.DeleteMany(ctx, bson.D{e(fieldGone, bson.D{e("$lte", oldest)})})
			return err
		})
	})
}
