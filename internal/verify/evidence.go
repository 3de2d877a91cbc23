package verify

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/lake"
	"globalmart/internal/rules"
	"globalmart/internal/store"
	"globalmart/internal/verify/model"
)

// evidence is everything the checks look at: the books of the store, and what
// the log comes to.
type evidence struct {
	World
	calendar rules.Calendar
	log      Log          // as far back as the lake reaches, if there is one
	seed     maphash.Seed // of digests of records
	sources  []*source    // of the lake
	// warehouse is nil if it is not looked at.
	warehouse *warehouseState
	starts    Offsets // of the log, before the lake was looked at
	view      store.View
	tasks     map[store.TaskID]int64 // epochs
	parts     []*part                // by family, partition and topic
	byPlace   map[place]*part
	letters   *letters
	strays    []store.LedgerRow // of a family that does not have the topic

	tables   model.Tables // what the log below the cut comes to
	shoppers model.Shoppers

	baselines []store.BaselineRow // of all partitions
	findings  map[store.FindingKey]model.Finding
	judged    int64 // orders
	// since is the instant from which windows are complete in tables: 0 unless
	// the log was trimmed.
	since event.Time
}

// place names a topic-partition.
type place struct {
	topic     string
	partition int32
}

func (p place) String() string { return fmt.Sprintf("%s[%d]", p.topic, p.partition) }

// part is one topic-partition: its books, its log and what that comes to.
type part struct {
	place
	task      store.TaskID
	committed bool // there is a position
	position  store.Position
	ledger    []store.LedgerRow // by From
	start     int64             // of the log, or of what the lake holds below it
	logStart  int64             // of the log itself
	end       int64
	from, to  int64 // what is read: [from, to)
	// lakeFailed is why the lake did not give what the log no longer holds.
	lakeFailed error

	scanned
}

// gather reads which state of the warehouse there is, opens the view, then reads how far
// the log goes, then looks at the lake: each of these may be behind the next.
func gather(ctx context.Context, w World) (*evidence, error) {
	e := &evidence{
		World: w, calendar: w.Rules.Calendar(), log: w.Log, seed: maphash.MakeSeed(),
		tasks: map[store.TaskID]int64{}, byPlace: map[place]*part{}, tables: model.NewTables(), shoppers: model.NewShoppers(w.Rules), findings: map[store.FindingKey]model.Finding{},
	}
	if w.Lake != nil && w.Log != nil {
		e.log = lake.NewWhole(w.Lake.Dir, w.Log)
	}
	if w.Warehouse != nil && w.Lake != nil {
		e.readManifest()
	}
	if w.Store != nil {
		if err := e.gatherStore(ctx); err != nil {
			return nil, err
		}
	}
	if w.Lake != nil {
		if err := e.readLake(ctx); err != nil {
			e.close()
			return nil, fmt.Errorf("verify: read the lake: %w", err)
		}
	}
	return e, nil
}

func (e *evidence) close() {
	if e.view != nil {
		_ = e.view.Close() // it was only read
	}
}

func (e *evidence) gatherStore(ctx context.Context) error {
	view, err := e.Store.View(ctx)
	if err != nil {
		return fmt.Errorf("verify: open view: %w", err)
	}
	e.view = view
	if err := e.readBooks(ctx); err != nil {
		e.close()
		return fmt.Errorf("verify: read the store: %w", err)
	}
	if err := e.readBounds(ctx); err != nil {
		e.close()
		return fmt.Errorf("verify: read the bounds of the log: %w", err)
	}
	return nil
}

const defaultWorkers = 2

// workers is how many topic-partitions or files are read at a time.
func (e *evidence) workers() int {
	if e.Workers == 0 {
		return defaultWorkers
	}
	return max(1, e.Workers)
}

// progress tells that records more were read.
func (e *evidence) progress(records int64) {
	if e.Progress != nil && records > 0 {
		e.Progress(records)
	}
}

// readBooks reads tasks, positions, ledger and dead letters.
func (e *evidence) readBooks(ctx context.Context) error {
	tasks, err := e.view.Tasks(ctx)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		e.tasks[t.Task] = t.Epoch
	}
	positions, err := e.view.Positions(ctx)
	if err != nil {
		return err
	}
	for _, row := range positions {
		p := e.part(row.Task, row.Topic)
		p.committed, p.position = true, row.Position
	}
	for row, err := range e.view.Ledger(ctx) {
		if err != nil {
			return err
		}
		if !slices.Contains(row.Task.Family.Topics(), row.Topic) {
			e.strays = append(e.strays, row)
			continue
		}
		p := e.part(row.Task, row.Topic)
		p.ledger = append(p.ledger, row)
	}
	for row, err := range e.view.Baselines(ctx) {
		if err != nil {
			return err
		}
		e.baselines = append(e.baselines, row)
	}
	e.letters, err = readLetters(ctx, e.view)
	return err
}

func (e *evidence) part(task store.TaskID, topic string) *part {
	at := place{topic, task.Partition}
	p := e.byPlace[at]
	if p == nil {
		p = &part{place: at, task: task}
		e.byPlace[at] = p
		e.parts = append(e.parts, p)
	}
	return p
}

// readBounds completes the parts by the partitions of the log.
func (e *evidence) readBounds(ctx context.Context) error {
	var topics []string
	for _, f := range store.Families {
		topics = append(topics, f.Topics()...)
	}
	starts, ends, err := e.log.Bounds(ctx, topics...)
	if err != nil {
		return err
	}
	own, _, err := e.Log.Bounds(ctx, topics...)
	if err != nil {
		return err
	}
	for _, f := range store.Families {
		for _, topic := range f.Topics() {
			for n := range ends[topic] {
				e.part(store.TaskID{Family: f, Partition: n}, topic)
			}
		}
	}
	for _, p := range e.parts {
		p.start, p.end, p.logStart = starts[p.topic][p.partition], ends[p.topic][p.partition], own[p.topic][p.partition]
		p.span()
	}
	slices.SortFunc(e.parts, func(a, b *part) int {
		return cmp.Or(cmp.Compare(a.task.Family, b.task.Family), cmp.Compare(a.partition, b.partition), cmp.Compare(a.topic, b.topic))
	})
	return nil
}

// span settles what is read of p.
func (p *part) span() {
	p.from, p.to = max(p.start, p.booked()), min(p.position.Next, p.end)
	p.to = max(p.from, p.to)
}

// withoutLake makes p what the log alone holds, because the lake failed.
func (p *part) withoutLake(err error) {
	p.lakeFailed = err
	p.start, p.scanned = p.logStart, scanned{}
	p.span()
}

// booked is the first offset that the ledger knows of.
func (p *part) booked() int64 {
	if len(p.ledger) == 0 {
		return 0
	}
	return p.ledger[0].From
}

// trimmed reports whether neither the log nor the lake below it has the first
// records of the ledger.
func (p *part) trimmed() bool { return p.committed && p.start > p.booked() }

// recordTime is the highest record time that the store says it has applied.
func (e *evidence) recordTime() event.Time {
	var newest event.Time
	for _, p := range e.parts {
		newest = max(newest, p.position.LastTime)
	}
	return newest
}

func (e *evidence) cut() Cut {
	c := Cut{Positions: []CutPosition{}}
	if t := e.recordTime(); t > 0 {
		c.RecordTime = t.Std()
	}
	if e.since > 0 {
		since := e.since.Std()
		c.Since = &since
	}
	for _, p := range e.parts {
		c.Records += p.read
		c.Waiting += max(0, p.end-max(p.start, p.position.Next))
		c.Positions = append(c.Positions, CutPosition{p.topic, p.partition, p.position.Next, p.from, p.logStart, p.end, Dispositions(p.counts)})
	}
	return c
}

// timeText writes an instant for a key.
func timeText(t event.Time) string { return t.Std().Format(time.RFC3339) }
