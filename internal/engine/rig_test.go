package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/kafka/embedded"
	"globalmart/internal/processor"
	"globalmart/internal/rules"
	"globalmart/internal/shop"
	"globalmart/internal/store"
	"globalmart/internal/testenv"
)

// rig is a broker and a store, for workers in this process.
type rig struct {
	*testing.T
	dir    string           // of the log
	broker *embedded.Broker // nil: an Apache Kafka
	kafka  kafka.Config
	tables liveTables
	rules  rules.Rules
}

const rigPartitions = 3

// newRig is a rig with an embedded broker.
func newRig(t *testing.T) *rig {
	t.Helper()
	r := newStore(t)
	r.dir = t.TempDir()
	r.startBroker(testenv.Address(t)) // nobody else's while it restarts
	t.Cleanup(func() { r.must(r.broker.Close()) })
	return r
}

// newStore is a rig that lacks a broker.
func newStore(t *testing.T) *rig {
	t.Helper()
	r := &rig{T: t, rules: rules.Default()}
	r.tables = newFile(r)
	return r
}

// onEveryBroker runs test beside others, on a rig with an embedded broker, on one
// with an Apache Kafka, and on one with a PostgreSQL.
func onEveryBroker(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	t.Parallel()
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		test(t, newRig(t))
	})
	t.Run("apache", func(t *testing.T) {
		t.Parallel()
		cfg := testenv.Kafka(t)
		r := newStore(t)
		r.kafka = cfg
		r.createTopics()
		test(t, r)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		r := newRig(t)
		r.tables = newDatabase(r)
		test(t, r)
	})
}

func (r *rig) createTopics() {
	r.Helper()
	r.must(kafka.CreateTopics(r.Context(), r.kafka, kafka.TopicPlan{Partitions: rigPartitions}))
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// startBroker starts a broker on r.dir with the platform's topics.
func (r *rig) startBroker(addr string) {
	r.Helper()
	var err error
	r.broker, err = embedded.Start(r.Context(), embedded.Options{DataDir: r.dir, Addr: addr, Log: slog.New(slog.DiscardHandler)})
	r.must(err)
	r.kafka = kafka.Config{Brokers: []string{r.broker.Addr()}, ClientID: "test"}
	r.createTopics()
}

// open opens the store with connections of its own.
func (r *rig) open() rigStore {
	r.Helper()
	s := r.tables.open(r)
	r.Cleanup(func() { r.must(s.Close()) })
	return s
}

// rigStart is when the shops of the tests open.
const rigStart event.Time = 1_780_300_800_000

func (r *rig) shop(seed uint64) *shop.Shop {
	r.Helper()
	cfg := shop.Default()
	cfg.Seed, cfg.Start, cfg.Products, cfg.Shoppers, cfg.Convert = seed, rigStart, 500, 2_000, r.rules.Convert
	cfg.Faults = shop.Faults{Anomalies: 0.002, Late: 0.05, Duplicates: 0.05, Corrupt: 0.02}
	s, err := shop.New(cfg)
	r.must(err)
	return s
}

// sendShop sends events [from, to) of a shop with every fault.
func (r *rig) sendShop(seed uint64, from, to int) {
	r.Helper()
	r.must(r.send(r.shop(seed), from, to))
}

func (r *rig) send(shop *shop.Shop, from, to int) error {
	p, err := kafka.NewProducer(r.kafka, kafka.Bulk)
	if err != nil {
		return err
	}
	defer p.Close()
	n := 0
	for e := range shop.Events() {
		if n == to {
			break
		}
		if n++; n <= from {
			continue
		}
		value := e.Raw
		if e.Event != nil {
			value = e.Event.AppendJSON(nil)
		}
		if err := p.Send(r.Context(), e.Topic, e.Key, value, e.At); err != nil {
			return err
		}
	}
	return p.Flush(r.Context())
}

// sendValue sends n equal records.
func (r *rig) sendValue(topic, key string, value []byte, at event.Time, n int) {
	r.Helper()
	p, err := kafka.NewProducer(r.kafka, kafka.Bulk)
	r.must(err)
	defer p.Close()
	for range n {
		r.must(p.Send(r.Context(), topic, key, value, at))
	}
	r.must(p.Flush(r.Context()))
}

// config is the configuration of a worker on l.
func (r *rig) config(l Ledger[*store.Changes]) Config[*store.Changes] {
	return Config[*store.Changes]{
		Kafka: r.kafka, Group: "group", Owner: "test", Ledger: l,
		NewFold:    func(id store.TaskID) Fold[*store.Changes] { return processor.New(id, r.rules) },
		NewChanges: store.NewChanges,
		Horizon:    r.rules.Stream.Horizon, RulesVersion: r.rules.Version,
		CommitEvery: time.Millisecond, SnapshotEvery: time.Hour, Graceful: time.Minute,
		Now: time.Now, Log: slog.New(slog.DiscardHandler),
		KafkaOpts: []kgo.Opt{kgo.HeartbeatInterval(200 * time.Millisecond), kgo.SessionTimeout(30 * time.Second)},
	}
}

// running is a worker that runs.
type running[C Changes] struct {
	*Worker[C]
	t      testing.TB
	cancel context.CancelFunc
	done   chan struct{}
	err    error // once done is closed
}

func start[C Changes](t testing.TB, cfg Config[C]) *running[C] {
	t.Helper()
	w, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running[C]{Worker: w, t: t, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		r.err = w.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-r.done
	})
	return r
}

// stop stops the worker gracefully.
func (r *running[C]) stop() {
	r.t.Helper()
	r.cancel()
	if err := r.wait(); err != nil {
		r.t.Fatal(err)
	}
}

// wait waits until the worker has ended and returns its error.
func (r *running[C]) wait() error {
	r.t.Helper()
	select {
	case <-r.done:
		return r.err
	case <-time.After(patience):
		r.t.Fatal("the worker does not end")
		return nil
	}
}

// patience is how long anything that must happen may take.
const patience = 5 * time.Minute

// eventually waits until ok.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("still not after %s: %s", patience, what)
		}
	}
}

func (r *rig) ends() kafka.Offsets {
	r.Helper()
	ends, err := kafka.LogEnds(r.Context(), r.kafka, topics()...)
	r.must(err)
	return ends
}

// drain waits until the store has everything that is in the log now.
func (r *rig) drain(s rigStore) {
	r.Helper()
	ends := r.ends()
	eventually(r, "the log is drained", func() bool {
		for topic, partitions := range ends {
			family, _ := familyOf(topic)
			for p, end := range partitions {
				_, positions, err := s.Positions(r.Context(), store.TaskID{Family: family, Partition: p})
				if err != nil || positions[topic].Next < end {
					return false
				}
			}
		}
		return true
	})
}

// counter counts from any goroutine.
type counter struct{ n atomic.Int64 }

func (c *counter) value() int64 { return c.n.Load() }

// counting is a fold that counts its events.
type counting struct {
	Fold[*store.Changes]
	folded *counter
}

func (c counting) Apply(e *event.Event, out *store.Changes) {
	c.folded.n.Add(1)
	c.Fold.Apply(e, out)
}

// testClock is a clock that stands still.
type testClock struct{ at time.Time }

func (c *testClock) now() time.Time { return c.at }

var errKilled = errors.New("killed")

// spy is a ledger whose calls can be looked at, failed and cut off.
type spy struct {
	Ledger[*store.Changes]
	killed atomic.Bool

	mu       sync.Mutex
	restored map[store.TaskID]int // calls of Snapshots, which only a restore makes

	commit func(do func() ([]store.TaskID, error)) ([]store.TaskID, error) // instead of Commit, if set
	read   func() error                                                    // before Positions, if set
	sent   func() error                                                    // before MarkSent, if set
	save   func() error                                                    // before PutSnapshot, if set
}

func (s *spy) set(change func(*spy)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *spy) check(hook func(*spy) func() error) error {
	if s.killed.Load() {
		return errKilled
	}
	s.mu.Lock()
	f := hook(s)
	s.mu.Unlock()
	if f == nil {
		return nil
	}
	return f()
}

func (s *spy) Commit(ctx context.Context, batch []store.Commit[*store.Changes]) ([]store.TaskID, error) {
	if s.killed.Load() {
		return nil, errKilled
	}
	do := func() ([]store.TaskID, error) { return s.Ledger.Commit(ctx, batch) }
	s.mu.Lock()
	commit := s.commit
	s.mu.Unlock()
	if commit != nil {
		return commit(do)
	}
	return do()
}

func (s *spy) Snapshots(ctx context.Context, id store.TaskID) ([]store.Snapshot, error) {
	s.mu.Lock()
	if s.restored == nil {
		s.restored = map[store.TaskID]int{}
	}
	s.restored[id]++
	s.mu.Unlock()
	return s.Ledger.Snapshots(ctx, id)
}

// restores returns how often each task was restored.
func (s *spy) restores() map[store.TaskID]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.restored)
}

func (s *spy) Positions(ctx context.Context, id store.TaskID) (int64, map[string]store.Position, error) {
	if err := s.check(func(s *spy) func() error { return s.read }); err != nil {
		return 0, nil, err
	}
	return s.Ledger.Positions(ctx, id)
}

func (s *spy) MarkSent(ctx context.Context, id store.TaskID, epoch int64, letters []store.DeadLetter) error {
	if err := s.check(func(s *spy) func() error { return s.sent }); err != nil {
		return err
	}
	return s.Ledger.MarkSent(ctx, id, epoch, letters)
}

func (s *spy) PutSegment(ctx context.Context, id store.TaskID, epoch int64, name string, data []byte) error {
	if s.killed.Load() {
		return errKilled
	}
	return s.Ledger.PutSegment(ctx, id, epoch, name, data)
}

func (s *spy) PutSnapshot(ctx context.Context, id store.TaskID, epoch int64, snap store.Snapshot) error {
	if err := s.check(func(s *spy) func() error { return s.save }); err != nil {
		return err
	}
	return s.Ledger.PutSnapshot(ctx, id, epoch, snap)
}

// kill ends a worker on s as if its process died: nothing more reaches the store.
func kill(r *running[*store.Changes], s *spy) {
	r.t.Helper()
	s.killed.Store(true)
	r.cancel()
	if err := r.wait(); err != nil && !errors.Is(err, errKilled) {
		r.t.Fatal(fmt.Errorf("killed worker: %w", err))
	}
}
