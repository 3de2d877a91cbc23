package mongodb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"globalmart/internal/event"
	"globalmart/internal/warehouse"
)

// Reader answers the named questions. It sees a run as soon as it is published. It is
// safe for concurrent use.
type Reader struct {
	w *Warehouse

	mu   sync.Mutex
	kept []*run // that were read, the newest last
}

// keptRuns are for those who read on in the run that they began with.
const keptRuns = 4

// NewReader returns a reader of w.
func NewReader(w *Warehouse) *Reader { return &Reader{w: w} }

// at returns the run of that name, or the newest one. The errors are
// [warehouse.ErrNone] before the first run and [warehouse.ErrGone] for one that is not
// kept.
func (r *Reader) at(ctx context.Context, name string) (*run, error) {
	p, err := r.w.pointer(ctx)
	switch {
	case err != nil:
		return nil, err
	case p.N == 0:
		return nil, warehouse.ErrNone
	case name == "":
		name = p.Run
	}
	found, err := r.named(ctx, name)
	if err != nil {
		return nil, err
	}
	if found == nil || found.N < p.Oldest || found.N > p.N {
		return nil, fmt.Errorf("warehouse: run %s: %w", name, warehouse.ErrGone)
	}
	return found, nil
}

// named reads the run of a name; nil is none.
func (r *Reader) named(ctx context.Context, name string) (*run, error) {
	r.mu.Lock()
	i := slices.IndexFunc(r.kept, func(k *run) bool { return k.Name == name })
	if i >= 0 {
		defer r.mu.Unlock()
		return r.kept[i], nil
	}
	r.mu.Unlock()
	found := &run{}
	err := r.w.db.Collection(runsName).FindOne(ctx, bson.D{e(fieldID, name)}).Decode(found)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, nil //nolint:nilnil // none is no error here
	}
	if err != nil {
		return nil, failed("read run "+name, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = append(r.kept, found)
	if len(r.kept) > keptRuns {
		r.kept = slices.Delete(r.kept, 0, 1)
	}
	return found, nil
}

// State returns the newest run, or [warehouse.ErrNone].
func (r *Reader) State(ctx context.Context) (warehouse.State, error) {
	at, err := r.at(ctx, "")
	if err != nil {
		return warehouse.State{}, err
	}
	return at.state(), nil
}

func (r *run) state() warehouse.State {
	return warehouse.State{Run: r.Name, AsOf: r.AsOf, Created: r.Created, Seam: event.Time(r.Seam), Since: event.Time(r.Since)}
}

// question is what is asked of one table of a run.
type question struct {
	run    string
	table  string
	filter bson.D
	sort   bson.D
	skip   int
	limit  int
	only   []string // fields that are needed; none = all
	// stages are of a pipeline over what the filter takes. The others but run, table and
	// filter have no meaning with them.
	stages []bson.D
}

// ask asks q and makes a row of each record. That the run is kept is looked at again in
// the end, if it is not the newest: what it had may have been removed meanwhile.
func ask[T any](ctx context.Context, r *Reader, q question, row func(*run, record) T) (warehouse.Answer[T], error) {
	at, err := r.at(ctx, q.run)
	if err != nil {
		return warehouse.Answer[T]{}, err
	}
	records, err := r.records(ctx, at, q)
	if err == nil && q.run != "" {
		_, err = r.at(ctx, q.run)
	}
	if err != nil {
		return warehouse.Answer[T]{}, err
	}
	answer := warehouse.Answer[T]{State: at.state()}
	for _, one := range records {
		answer.Rows = append(answer.Rows, row(at, record{one}))
	}
	return answer, nil
}

// inRun takes the documents that a run has.
func inRun(at *run) bson.D {
	return bson.D{e(fieldTo, bson.D{e("$gt", at.N)}), e(fieldFrom, bson.D{e("$lte", at.N)})}
}

// records are what q finds in a run.
func (r *Reader) records(ctx context.Context, at *run, q question) (all []bson.Raw, err error) {
	if _, there := at.Tables[q.table]; !there {
		return nil, fmt.Errorf("warehouse: %s of run %s: %w: the job that makes it has not run", q.table, at.Name, warehouse.ErrNone)
	}
	filter := append(slices.Clone(q.filter), inRun(at)...)
	c := r.w.db.Collection(q.table)
	var cursor *mongo.Cursor
	if len(q.stages) > 0 {
		cursor, err = c.Aggregate(ctx, append([]bson.D{{e("$match", filter)}}, q.stages...), options.Aggregate().SetAllowDiskUse(true))
	} else {
		o := options.Find().SetSort(q.sort).SetSkip(int64(q.skip)).SetLimit(int64(q.limit)).SetAllowDiskUse(true)
		if len(q.only) > 0 {
			fields := bson.D{e(fieldID, 0)}
			for _, name := range q.only {
				fields = append(fields, e(name, 1))
			}
			o.SetProjection(fields)
		}
		cursor, err = c.Find(ctx, filter, o)
	}
	if err == nil {
		err = cursor.All(ctx, &all)
	}
	return all, failed(q.table+" of run "+at.Name, err)
}

// equal adds field = value to a filter for each pair whose value is not "" or 0.
func equal(filter bson.D, pairs ...bson.E) bson.D {
	for _, p := range pairs {
		if p.Value != "" && p.Value != 0 {
			filter = append(filter, p)
		}
	}
	return filter
}

// between adds from <= field < to to a filter, for the bounds that are not empty.
func between(filter bson.D, field, from, to string) bson.D {
	var bounds bson.D
	if from != "" {
		bounds = append(bounds, e("$gte", from))
	}
	if to != "" {
		bounds = append(bounds, e("$lt", to))
	}
	if len(bounds) > 0 {
		filter = append(filter, e(field, bounds))
	}
	return filter
}

// daysFrom is how many days a date is before another, both yyyy-mm-dd.
func daysFrom(date, until string) int64 {
	from, errFrom := time.Parse(time.DateOnly, date)
	to, errTo := time.Parse(time.DateOnly, until)
	if errFrom != nil || errTo != nil {
		return 0
	}
	return int64(to.Sub(from) / (24 * time.Hour))
}
