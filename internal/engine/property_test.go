package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/store"
)

const (
	testPartitions = 2
	testHorizon    = 2 * time.Hour
)

// testLog is the log of one run: records by topic and partition.
type testLog map[string][][]*kgo.Record

// drawLog draws a log of the shopping topics with everything that may go wrong:
// duplicates, late and too old events, orders sent again under a new event id,
// records out of time order, and garbage.
func drawLog(t *rapid.T) testLog {
	log := testLog{}
	for _, topic := range store.Shopping.Topics() {
		log[topic] = make([][]*kgo.Record, testPartitions)
	}
	at := event.Time(1_780_000_000_000)
	for i := range rapid.IntRange(20, 150).Draw(t, "events") {
		topic := rapid.SampledFrom(store.Shopping.Topics()).Draw(t, "topic")
		visitor := rapid.IntRange(0, 5).Draw(t, "visitor")
		p := int32(visitor % testPartitions)
		at += event.Time(rapid.SampledFrom([]int{0, 10, 900, 20_000, 50_000, 70_000, 3_600_000, 9_500_000}).Draw(t, "pause"))
		received := at - event.Time(rapid.IntRange(0, 3000).Draw(t, "disorder"))
		var value []byte
		switch kind := rapid.IntRange(0, 19).Draw(t, "kind"); {
		case kind == 0:
			value = []byte(`{"event_id":`)
		case kind <= 3 && len(log[topic][p]) > 0:
			value = rapid.SampledFrom(log[topic][p]).Draw(t, "again").Value
		default:
			late := rapid.SampledFrom([]int{0, 0, 0, 1, 90_000, 3_600_000, 7_199_000, 7_300_000}).Draw(t, "late")
			order := rapid.IntRange(0, 9).Draw(t, "order")
			value = testEvent(topic, fmt.Sprintf("event-%d", i), visitor, order, received-event.Time(late))
		}
		records := log[topic][p]
		log[topic][p] = append(records, &kgo.Record{Topic: topic, Partition: p, Offset: int64(len(records)), Value: value, Timestamp: received.Std()})
	}
	return log
}

func testEvent(topic, id string, visitor, order int, at event.Time) []byte {
	e := event.Event{ID: id, SchemaVersion: event.SchemaVersion, Timestamp: at, ReceivedAt: at, VisitorID: fmt.Sprintf("v%d", visitor), Country: "DE"}
	switch topic {
	case event.TopicTransactions:
		e.Type, e.Status, e.TransactionID, e.Currency = event.TypeTransaction, event.StatusCompleted, fmt.Sprintf("order-%d-%d", visitor, order), "USD"
		e.Items = []event.Item{{ProductID: "p", Category: "c", Quantity: 1, UnitPriceMinor: 5, AmountMinor: 5, BaseAmountMinor: 5}}
		e.SubtotalMinor, e.TotalMinor, e.BaseTotalMinor = 5, 5, 5
	case event.TopicProductViews:
		e.Type, e.ProductID = event.TypeProductView, "p"
	case event.TopicCartEvents:
		e.Type, e.CartID, e.Action, e.ProductID, e.Quantity = event.TypeCartEvent, "cart", event.ActionAdd, "p", 1
	}
	return e.AppendJSON(nil)
}

// tables are the results that must not depend on how they came about.
type tables struct {
	Sums   map[string]int64
	Finals map[string]string
	Counts map[string]store.Counts
	Dead   []string
}

// expected computes the tables from the log alone, one partition after the
// other, in the plainest way.
func expected(log testLog) tables {
	want := tables{map[string]int64{}, map[string]string{}, map[string]store.Counts{}, nil}
	times := map[string][]event.Time{}
	var dec event.Decoder
	for topic, partitions := range log {
		for p, records := range partitions {
			seen := map[string]int64{}
			newest, counts := int64(0), store.Counts{}
			for _, r := range records {
				received := event.TimeOf(r.Timestamp)
				newest = max(newest, int64(received)/1000)
				var e event.Event
				if dec.Decode(r.Value, received, &e) != nil {
					counts.Dead++
					want.Dead = append(want.Dead, DeadLetterKey(topic, int32(p), r.Offset))
					continue
				}
				if e.Time() < received-event.Time(testHorizon.Milliseconds()) {
					counts.TooOld++
					continue
				}
				if isSeen(seen, "id "+e.ID, newest) || e.Type == event.TypeTransaction && isSeen(seen, "order "+e.TransactionID, newest) {
					counts.Duplicate++
					continue
				}
				counts.Applied++
				want.Sums[string(e.Type)]++
				times[e.VisitorID] = append(times[e.VisitorID], e.Time())
			}
			if counts != (store.Counts{}) {
				want.Counts[fmt.Sprintf("%s/%d", topic, p)] = counts
			}
		}
	}
	for visitor, at := range times {
		for _, b := range burstsOf(at) {
			want.Finals[burstID(visitor, b)] = b.String()
		}
	}
	slices.Sort(want.Dead)
	return want
}

func isSeen(seen map[string]int64, key string, now int64) bool {
	if at, ok := seen[key]; ok && now-at <= int64((testHorizon+seenSlack)/time.Second) {
		return true
	}
	seen[key] = now
	return false
}

func burstsOf(at []event.Time) []burst {
	slices.Sort(at)
	var bursts []burst
	for _, x := range at {
		if n := len(bursts); n > 0 && x-bursts[n-1].Last < burstGap {
			bursts[n-1].Last, bursts[n-1].Count = x, bursts[n-1].Count+1
		} else {
			bursts = append(bursts, burst{First: x, Last: x, Count: 1})
		}
	}
	return bursts
}

// world drives workers by hand, without Kafka, so that every interleaving can be
// drawn: who owns a task, how much is read of which topic, when is folded,
// ticked, committed, snapshotted, and when a worker is lost.
type world struct {
	log     testLog
	ledger  *memLedger
	workers []*Worker[*probeRows]
}

func newWorld(log testLog, workers int) *world {
	w := &world{log: log, ledger: newMemLedger()}
	for range workers {
		w.workers = append(w.workers, w.newWorker())
	}
	return w
}

func (w *world) newWorker() *Worker[*probeRows] {
	worker, err := New(Config[*probeRows]{
		Kafka: kafka.Config{Brokers: []string{"127.0.0.1:1"}}, Group: "test", Owner: "test",
		Ledger:  w.ledger,
		NewFold: func(store.TaskID) Fold[*probeRows] { return newProbe() }, NewChanges: newProbeRows,
		Horizon: testHorizon, SnapshotEvery: time.Hour,
		Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	return worker
}

func taskID(p int) store.TaskID { return store.TaskID{Family: store.Shopping, Partition: int32(p)} }

// own gives the task to a worker. Whoever had it keeps its memory: a zombie.
func (w *world) own(worker *Worker[*probeRows], p int) error {
	id := taskID(p)
	claim, err := w.ledger.Claim(context.Background(), id, "test")
	if err != nil {
		return err
	}
	if t := worker.tasks[id]; t != nil {
		t.pause()
		if t.revive(claim) {
			return nil
		}
	}
	t, err := worker.restore(context.Background(), id, claim, map[string]int64{})
	if err != nil {
		return err
	}
	worker.tasks[id] = t
	return nil
}

// read offers the next n records of a topic that the task has not been offered.
func (w *world) read(t *task[*probeRows], topic string, n int) {
	in := t.input(topic)
	records := w.log[topic][t.id.Partition]
	from := in.next
	if len(in.queue) > 0 {
		from = in.queue[len(in.queue)-1].Offset + 1
	}
	to := min(int64(len(records)), from+int64(n))
	if from <= to {
		t.offer(topic, records[from:to], int64(len(records)))
	}
}

func (w *world) ends() map[string]map[int32]int64 {
	ends := map[string]map[int32]int64{}
	for topic, partitions := range w.log {
		ends[topic] = map[int32]int64{}
		for p, records := range partitions {
			ends[topic][int32(p)] = int64(len(records))
		}
	}
	return ends
}

func fold(t *task[*probeRows]) error {
	for {
		if more, err := t.foldSome(); err != nil || !more {
			return err
		}
	}
}

func commit(w *Worker[*probeRows], snapshot bool) error {
	w.lastSnapshot = time.Time{}
	if !snapshot {
		w.lastSnapshot = time.Now()
	}
	batch := w.sealAll()
	left := pendingBatch[*probeRows]{tasks: batch, share: len(batch)}
	for len(left.tasks) > 0 {
		err := w.attempt(context.Background(), &left)
		if err != nil && !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, store.ErrOutcomeUnknown) {
			return err
		}
	}
	for len(w.publications) > 0 {
		if err := w.write(context.Background(), <-w.publications); err != nil {
			return err
		}
	}
	return nil
}

// finishAll reads, folds and commits everything, with one owner for all tasks.
func (w *world) finishAll() error {
	worker := w.newWorker()
	for p := range testPartitions {
		if err := w.own(worker, p); err != nil {
			return err
		}
		t := worker.tasks[taskID(p)]
		for _, topic := range store.Shopping.Topics() {
			w.read(t, topic, 1<<20)
		}
		if err := fold(t); err != nil {
			return err
		}
		t.mu.Lock()
		t.fold.Tick(math.MaxInt64/2, t.out)
		t.mu.Unlock()
	}
	return commit(worker, false)
}

func (w *world) tables() tables {
	got := tables{w.ledger.sums, w.ledger.finals, w.ledger.counts, nil}
	for k := range w.ledger.dead {
		got.Dead = append(got.Dead, k)
	}
	slices.Sort(got.Dead)
	return got
}

func TestAnyInterleavingGivesTheSameTables(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := drawLog(t)
		w := newWorld(log, rapid.IntRange(1, 3).Draw(t, "workers"))
		w.ledger.fault = func() memFault {
			return rapid.SampledFrom([]memFault{noFault, noFault, noFault, noFault, unavailable, lostBeforeCommit, lostAfterCommit}).Draw(t, "fault")
		}
		w.ledger.away = func() bool { return rapid.IntRange(0, 3).Draw(t, "away") == 3 }
		for range rapid.IntRange(50, 300).Draw(t, "steps") {
			step(t, w)
		}
		w.ledger.fault, w.ledger.away = nil, nil
		if err := w.finishAll(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(expected(log), w.tables()); diff != "" {
			t.Fatalf("tables differ from the log (-want +got):\n%s", diff)
		}
	})
}

// step does one drawn thing to one worker.
func step(t *rapid.T, w *world) {
	i := rapid.IntRange(0, len(w.workers)-1).Draw(t, "worker")
	worker := w.workers[i]
	p := rapid.IntRange(0, testPartitions-1).Draw(t, "partition")
	task := worker.tasks[taskID(p)]
	var err error
	switch op := rapid.SampledFrom([]string{"own", "read", "read", "read", "fold", "fold", "tick", "commit", "commit", "snapshot", "kill"}).Draw(t, "op"); {
	case op == "own":
		err = w.own(worker, p)
	case op == "commit":
		err = commit(worker, false)
	case op == "snapshot":
		err = commit(worker, true)
	case op == "kill":
		w.workers[i] = w.newWorker()
	case task == nil:
	case op == "read":
		w.read(task, rapid.SampledFrom(store.Shopping.Topics()).Draw(t, "topic"), rapid.IntRange(1, 10).Draw(t, "n"))
	case op == "fold":
		err = fold(task)
	case op == "tick":
		err = task.tick(0, w.ends())
	}
	if err != nil {
		t.Fatal(err)
	}
}
