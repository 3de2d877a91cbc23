package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// Scanner is a log that is read between given offsets, by topic and partition.
type Scanner interface {
	// Scan calls fn with each record from its offset in from up to, and not
	// including, its offset in to, in order within a partition. Memory of a record
	// is fn's to keep. It is used by several goroutines at once.
	Scan(ctx context.Context, from, to map[string]map[int32]int64, fn func(*kgo.Record) error) error
}

const (
	// rebuildCommit is how many records of a task a rebuild commits together: rows
	// that are merged before they are written are cheap.
	rebuildCommit = 100_000
	// feedBatch is how many records a topic hands over together, and feedAhead how
	// many such batches it may be ahead.
	feedBatch = 1024
	feedAhead = 4
)

// ErrNotEmpty reports that tables are to be built where some are.
var ErrNotEmpty = errors.New("the ledger holds results already")

// Rebuild folds everything that log holds from offset 0 up to ends into the ledger
// of cfg, which must be empty, as workers do that follow it, and leaves a snapshot
// of every task: workers go on from there. It is done when all is durable. ends must
// name every partition of every topic. Nothing else may write the ledger meanwhile.
// Dead letters are as yet unsent. progress is told how many records more are
// durable; it may be nil, and is called by several goroutines at once.
//
// After an error, or being killed, the ledger is not to be used.
func Rebuild[C Changes](ctx context.Context, cfg Config[C], log Scanner, ends map[string]map[int32]int64, progress func(records int64)) error {
	w, err := New(cfg)
	if err != nil {
		return err
	}
	offsets := map[string]map[int32]kgo.Offset{}
	for topic, partitions := range ends {
		offsets[topic] = map[int32]kgo.Offset{}
		for p := range partitions {
			offsets[topic][p] = kgo.Offset{}
		}
	}
	ids, err := tasksOf(offsets)
	if err != nil {
		return err
	}
	if progress == nil {
		progress = func(int64) {}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, id := range ids {
		g.Go(func() error {
			r := &rebuild[C]{worker: w, log: log, ends: ends, progress: progress}
			if err := r.run(ctx, id); err != nil {
				return fmt.Errorf("engine: rebuild task %s: %w", id, err)
			}
			return nil
		})
	}
	return g.Wait()
}

// rebuild is the rebuild of one task.
type rebuild[C Changes] struct {
	worker   *Worker[C]
	log      Scanner
	ends     map[string]map[int32]int64
	progress func(records int64)
	task     *task[C]
	feeds    []*feed
}

// feed reads one topic of a task ahead.
type feed struct {
	topic   string
	records chan []*kgo.Record
	done    bool // nothing more comes
}

// run makes the task and folds its log.
func (r *rebuild[C]) run(ctx context.Context, id store.TaskID) error {
	_, claim, err := r.worker.take(ctx, id)
	if err != nil {
		return err
	}
	for topic, p := range claim.Positions {
		if p.Next > 0 {
			return fmt.Errorf("%w: %s up to offset %d", ErrNotEmpty, topic, p.Next)
		}
	}
	if r.task, err = r.worker.restore(ctx, id, claim, map[string]int64{}); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, topic := range id.Family.Topics() {
		f := &feed{topic: topic, records: make(chan []*kgo.Record, feedAhead)}
		r.feeds = append(r.feeds, f)
		g.Go(func() error { return f.read(ctx, r.log, id.Partition, r.ends[topic][id.Partition]) })
	}
	g.Go(func() error { return r.fold(ctx) })
	return g.Wait()
}

// read hands over the records of a partition up to end.
func (f *feed) read(ctx context.Context, log Scanner, partition int32, end int64) error {
	defer close(f.records)
	batch := make([]*kgo.Record, 0, feedBatch)
	hand := func() error {
		select {
		case f.records <- slices.Clone(batch):
			batch = batch[:0]
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	at := func(offset int64) map[string]map[int32]int64 {
		return map[string]map[int32]int64{f.topic: {partition: offset}}
	}
	if end > 0 {
		err := log.Scan(ctx, at(0), at(end), func(record *kgo.Record) error {
			if batch = append(batch, record); len(batch) < feedBatch {
				return nil
			}
			return hand()
		})
		if err != nil {
			return err
		}
	}
	return hand()
}

// fold folds what the feeds give, the oldest record first as far as they are ahead,
// and commits it.
func (r *rebuild[C]) fold(ctx context.Context) error {
	for {
		if err := r.fill(ctx); err != nil {
			return err
		}
		if _, err := r.task.foldSome(); err != nil {
			return err
		}
		if err := r.task.tick(event.TimeOf(r.worker.cfg.Now()), r.ends); err != nil {
			return err
		}
		done := r.drained()
		if done || r.task.ripe(rebuildCommit) {
			if err := r.commit(ctx, done); err != nil {
				return err
			}
		}
		if done {
			return nil
		}
	}
}

// fill gives the task records of every topic that has more.
func (r *rebuild[C]) fill(ctx context.Context) error {
	for _, f := range r.feeds {
		for !f.done && r.task.queuedOf(f.topic) < foldChunk {
			select {
			case records, more := <-f.records:
				if !more {
					f.done = true
					r.task.exhaust(f.topic)
					break
				}
				r.task.offer(f.topic, records, r.ends[f.topic][r.task.id.Partition])
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

// drained reports whether everything is folded.
func (r *rebuild[C]) drained() bool {
	for _, f := range r.feeds {
		if !f.done || r.task.queuedOf(f.topic) > 0 {
			return false
		}
	}
	return true
}

// commit makes what is folded durable; the last commit, with a snapshot.
func (r *rebuild[C]) commit(ctx context.Context, last bool) error {
	w := r.worker
	s, ok := r.task.seal(last, w.cfg.RulesVersion)
	if !ok {
		return nil
	}
	records := int64(0)
	for _, span := range s.commit.Spans {
		records += span.Counts.Total()
	}
	if !w.committing.enter(ctx) {
		return ctx.Err()
	}
	err := w.commitSealed(ctx, []sealed[C]{s})
	w.committing.leave()
	if errors.Is(err, errAbandoned) {
		return ctx.Err()
	}
	if err != nil {
		return err
	}
	if r.task.isClosed() {
		return fmt.Errorf("%w: another worker took the task", store.ErrFenced)
	}
	r.progress(records)
	return w.publishAll(ctx)
}

// publishAll writes the snapshots that wait, for as long as that takes: without
// one a task could not go on with a log that was trimmed.
func (w *Worker[C]) publishAll(ctx context.Context) error {
	for {
		select {
		case p := <-w.publications:
			if err := w.insist(ctx, func() error { return w.putSnapshot(ctx, p) }); err != nil {
				return fmt.Errorf("snapshot: %w", err)
			}
			w.publishing.Add(-1)
			w.stats.snapshots.Add(1)
		default:
			return nil
		}
	}
}

// ripe reports whether n records wait for a commit, or no more can be folded before
// the next one.
func (t *task[C]) ripe(n int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pending >= n || t.full()
}

// exhaust notes that all of topic was offered, whatever its last offsets are: those
// of a transaction's markers are no records.
func (t *task[C]) exhaust(topic string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	in := t.input(topic)
	in.fetched = max(in.fetched, in.end)
}

// queuedOf is how many records of topic wait to be folded.
func (t *task[C]) queuedOf(topic string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.input(topic).queue)
}
