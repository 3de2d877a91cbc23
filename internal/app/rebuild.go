package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/console"
	"globalmart/internal/engine"
	"globalmart/internal/event"
	"globalmart/internal/fault"
	"globalmart/internal/lake"
	"globalmart/internal/store"
	"globalmart/internal/store/sqlite"
)

// RebuildOptions are those of `globalmart stream rebuild`.
type RebuildOptions struct {
	Source Source
	Lake   string // directory; "" = that of the data directory
}

// rebuild is the making of new live tables.
type rebuild struct {
	*platform
	path   string // of the live tables
	fresh  string // of the new ones while they are made
	lake   string // directory
	starts lake.Offsets
	ends   lake.Offsets // of the log, when it began
	lost   int64        // records of the lake that an operator gave up
	result rebuilt
}

// rebuilt is what became of it.
type rebuilt struct {
	Store   string  `json:"store"`
	Before  string  `json:"before,omitempty"` // where the tables that were there are kept
	Records int64   `json:"records"`          // folded
	Lake    int64   `json:"from_lake"`        // of which the log no longer holds
	Lost    int64   `json:"lost"`             // given up by an operator
	Seconds float64 `json:"seconds"`
}

// Rebuild makes the live tables anew from the log, and from the lake what the log
// no longer holds. They are made beside those that are there and take their place
// when they are complete; a rebuild that was cut short has changed nothing. It is
// refused while anything uses the live tables.
func Rebuild(ctx context.Context, env Env, o RebuildOptions) error {
	started := time.Now()
	if o.Source.Kafka == embeddedKafka {
		if err := needData(o.Source); err != nil {
			return err
		}
		if err := refuseSecond(o.Source.Data); err != nil {
			return err
		}
	}
	p, err := open(ctx, env, o.Source, "stream rebuild", nil)
	if err != nil {
		return err
	}
	defer p.close()
	r := &rebuild{platform: p, lake: p.lakeDir(o.Lake)}
	if err := r.run(ctx); err != nil {
		return err
	}
	r.result.Seconds = time.Since(started).Seconds()
	return env.Show(r.result, r.grid)
}

func (r *rebuild) run(ctx context.Context) (err error) {
	if r.src.onPostgres() {
		return fault.New(fault.Usage, "live tables in PostgreSQL are not rebuilt in their place", nil,
			"name an empty database with --store and start the workers: they make it from the log, as long as that holds everything")
	}
	if r.path, err = r.storePath(); err != nil {
		return err
	}
	r.fresh, r.result.Store = r.path+".rebuilding", r.path
	if err := r.settle(ctx); err != nil {
		return err
	}
	if err := r.measure(ctx); err != nil {
		return err
	}
	if err := makeFolder(r.path); err != nil {
		return err
	}
	defer r.clear()
	if err := r.build(ctx); err != nil {
		return err
	}
	return r.swap(ctx)
}

// settle brings the tables that are there into one file, unless they are damaged,
// and refuses to go on if they are in use.
func (r *rebuild) settle(ctx context.Context) error {
	if _, err := os.Stat(r.path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	err := sqlite.Settle(ctx, r.path)
	if errors.Is(err, sqlite.ErrInUse) {
		return fault.New(fault.Failed, "the live tables in "+r.path+" are in use", nil, "stop every stream, api and verify that works on them, and start the rebuild again")
	}
	if err != nil {
		r.env.Log.WarnContext(ctx, "the live tables that are there cannot be read; they are kept as they are", "error", err)
	}
	return nil
}

// measure finds out what the log holds, and that the lake has the rest.
func (r *rebuild) measure(ctx context.Context) (err error) {
	if r.starts, r.ends, err = (brokerLog{r.kafka}).Bounds(ctx, engineTopics()...); err != nil {
		return r.kafkaFault(err)
	}
	for topic, partitions := range r.ends {
		for p, end := range partitions {
			r.result.Records += end
			r.result.Lake += r.starts[topic][p]
		}
	}
	if r.result.Lake == 0 {
		return nil
	}
	report, err := lake.Check(ctx, r.lake, lake.SourceRaw, lake.CheckOptions{})
	if err != nil {
		return err
	}
	if err := report.Err(); err != nil {
		return fault.New(fault.Failed, "the log no longer holds all records, and the lake in "+r.lake+" is damaged", err,
			"`globalmart verify` names every damaged file: bring them back from a copy, and start the rebuild again")
	}
	for topic, partitions := range r.starts {
		for n, start := range partitions {
			if err := r.joins(ctx, &report, lake.Place{Topic: topic, Partition: n}, start); err != nil {
				return err
			}
		}
	}
	r.result.Lost, r.result.Records, r.result.Lake = r.lost, r.result.Records-r.lost, r.result.Lake-r.lost
	return nil
}

// joins checks that the lake holds what the log, which begins at start, no longer
// does, and that both are of one log.
func (r *rebuild) joins(ctx context.Context, report *lake.Report, at lake.Place, start int64) error {
	var part lake.Part
	for i := range report.Parts {
		if report.Parts[i].Place == at {
			part = report.Parts[i]
		}
	}
	if part.Next < start {
		return fault.New(fault.Failed, fmt.Sprintf("offsets %d to %d of %s are neither in the log nor in the lake in %s", part.Next, start-1, at, r.lake), nil,
			"name the lake that has them with --lake DIR")
	}
	for _, span := range part.Spans {
		if span.Gap {
			r.lost += max(0, min(span.Last+1, start)-span.First)
		}
	}
	end, last := r.ends[at.Topic][at.Partition], part.Next-1
	same := part.Next <= end
	if same && last >= start && part.Sum.LastHash != "" {
		err := (brokerLog{r.kafka}).Scan(ctx, lake.Offsets{at.Topic: {at.Partition: last}}, lake.Offsets{at.Topic: {at.Partition: last + 1}}, func(record *kgo.Record) error {
			same = fmt.Sprintf("%016x", engine.RecordHash(record.Value)) == part.Sum.LastHash
			return nil
		})
		if err != nil {
			return r.kafkaFault(err)
		}
	}
	if !same {
		return fault.New(fault.Failed, "the lake in "+r.lake+" and the log do not belong together", fmt.Errorf("%s: the lake's last record, at offset %d, is not that of the log", at, last),
			"bring back the log that it was written from, or name its lake with --lake DIR")
	}
	return nil
}

// build makes the new tables.
func (r *rebuild) build(ctx context.Context) error {
	r.clear()
	if _, err := sqlite.Migrate(ctx, r.fresh); err != nil {
		return prepareFault(r.fresh, err)
	}
	s, err := sqlite.Open(ctx, r.fresh)
	if err != nil {
		return prepareFault(r.fresh, err)
	}
	progress := r.env.Progress("rebuild", "records", r.result.Records)
	err = engine.Rebuild(ctx, r.workerConfig(s, snapshotEvery), lake.NewWhole(r.lake, brokerLog{r.kafka}), r.ends, progress.Add)
	progress.Done()
	if err == nil {
		err = r.markRelayed(ctx, s)
	}
	if err == nil {
		err = r.pruneOnce(ctx, s)
	}
	if err = errors.Join(err, s.Close()); err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fault.New(fault.Interrupted, "interrupted; the live tables are as they were", ctx.Err(), "run it again: it begins anew")
	}
	return streamFault(err)
}

// markRelayed marks the dead letters that are on their topic as sent, so that they
// are not sent again.
func (r *rebuild) markRelayed(ctx context.Context, s liveStore) error {
	log := brokerLog{r.kafka}
	starts, ends, err := log.Bounds(ctx, event.TopicDeadLetters)
	if err != nil {
		return err
	}
	relayed := map[string]bool{}
	err = log.Scan(ctx, starts, ends, func(record *kgo.Record) error {
		relayed[string(record.Key)] = true
		return nil
	})
	if err != nil || len(relayed) == 0 {
		return err
	}
	view, err := s.View(ctx)
	if err != nil {
		return err
	}
	defer view.Close()
	tasks, err := view.Tasks(ctx)
	if err != nil {
		return err
	}
	sent := map[store.TaskID][]store.DeadLetter{}
	for d, err := range view.Unsent(ctx) {
		if err != nil {
			return err
		}
		if relayed[engine.DeadLetterKey(d.Topic, d.Partition, d.Offset)] {
			task := taskOf(d.Topic, d.Partition)
			sent[task] = append(sent[task], store.DeadLetter{Topic: d.Topic, Partition: d.Partition, Offset: d.Offset})
		}
	}
	for _, t := range tasks {
		if len(sent[t.Task]) == 0 {
			continue
		}
		if err := s.MarkSent(ctx, t.Task, t.Epoch, sent[t.Task]); err != nil {
			return err
		}
	}
	return nil
}

// taskOf is the task that reads a partition of topic.
func taskOf(topic string, partition int32) store.TaskID {
	for _, f := range store.Families {
		if slices.Contains(f.Topics(), topic) {
			return store.TaskID{Family: f, Partition: partition}
		}
	}
	return store.TaskID{Partition: partition}
}

// beside are what SQLite may keep beside a file.
var beside = []string{"-wal", "-shm"}

// clear removes new tables that did not take their place.
func (r *rebuild) clear() {
	for _, more := range append([]string{""}, beside...) {
		_ = os.Remove(r.fresh + more) // what stays, the next rebuild removes
	}
}

// swap puts the new tables in the place of those that are there, which are kept.
// The file changes from one moment to the next; before that, a crash changes
// nothing.
func (r *rebuild) swap(ctx context.Context) error {
	trouble := func(err error) error {
		return fault.New(fault.Failed, "the new live tables cannot take their place", err, spaceOr(filepath.Dir(r.path), "see that "+filepath.Dir(r.path)+" is writable, and start the rebuild again"))
	}
	if _, err := os.Stat(r.path); err == nil {
		if err := r.settle(ctx); err != nil {
			return err
		}
		if err := sqlite.Carry(ctx, r.path, r.fresh); err != nil {
			r.env.Log.WarnContext(ctx, "alerts that were open or told of are not in the new tables", "error", err)
		}
		r.result.Before = r.path + ".before-rebuild-" + time.Now().UTC().Format("20060102T150405.000Z")
		for _, more := range beside {
			if err := os.Rename(r.path+more, r.result.Before+more); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return trouble(err)
			}
		}
		if err := os.Link(r.path, r.result.Before); err != nil {
			return trouble(err)
		}
	}
	if err := sqlite.Settle(ctx, r.fresh); err != nil {
		return trouble(err)
	}
	if err := syncFile(r.fresh); err != nil {
		return trouble(err)
	}
	if err := os.Rename(r.fresh, r.path); err != nil {
		return trouble(err)
	}
	if err := syncFile(filepath.Dir(r.path)); err != nil {
		return trouble(err)
	}
	return nil
}

// syncFile makes a file, or the names in a folder, durable.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (r *rebuild) grid() console.Grid {
	g := console.Grid{Header: []string{"rebuilt", ""}, Rows: [][]any{
		{"live tables", r.result.Store},
		{"records", console.Count(r.result.Records)},
		{"of which from the lake", console.Count(r.result.Lake)},
		{"seconds", fmt.Sprintf("%.1f", r.result.Seconds)},
	}}
	if r.result.Lost > 0 {
		g.Rows = append(g.Rows, []any{"records given up", console.Count(r.result.Lost)})
	}
	if r.result.Before != "" {
		g.Rows = append(g.Rows, []any{"the tables before", r.result.Before + " (remove them when you need them no longer)"})
	}
	return g
}
