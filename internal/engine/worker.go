package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"golang.org/x/sync/errgroup"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/store"
)

// Config is what a worker needs. Optional fields say so.
type Config[C Changes] struct {
	Kafka kafka.Config
	Group string // Kafka consumer group
	Owner string // name of this worker, for people; need not be unique

	Ledger     Ledger[C]
	NewFold    func(store.TaskID) Fold[C]
	NewChanges func() C

	Horizon       time.Duration // D: an event that arrives later after it happened is too_old
	RulesVersion  int           // recorded with snapshots
	CommitEvery   time.Duration // least time between the starts of two commits
	SnapshotEvery time.Duration // least time between two snapshots of a task

	Now       func() time.Time
	Log       *slog.Logger
	Latency   func(time.Duration) // optional: arrival (record time) to durable result, of applied events
	Failpoint func(name string)   // optional: called at named points, for fault tests
	KafkaOpts []kgo.Opt           // optional: seams for tests, such as a dialer
}

// Validate reports every problem at once.
func (c *Config[C]) Validate() error {
	var errs []error
	need := func(ok bool, what string) {
		if !ok {
			errs = append(errs, errors.New("engine: "+what))
		}
	}
	need(c.Group != "", "group: must not be empty")
	need(c.Ledger != nil && c.NewFold != nil && c.NewChanges != nil, "ledger, fold and changes: must be given")
	need(c.Now != nil && c.Log != nil, "clock and logger: must be given")
	need(c.Horizon > 0, "horizon: must be above 0")
	need(c.CommitEvery >= 0, "commit interval: must not be negative")
	need(c.SnapshotEvery > 0, "snapshot interval: must be above 0")
	return errors.Join(append(errs, c.Kafka.Validate())...)
}

const (
	// maxQueued and maxQueuedBytes bound what of one task waits to be folded, in
	// records and bytes; beyond it the worker does not poll, and fetching stops
	// with it.
	maxQueued      = 8_000
	maxQueuedBytes = 16 << 20
	// graceful bounds how long a stop may take to commit what is folded: less
	// than 5 s, which the whole stop may take.
	graceful = 4 * time.Second
	// goodbye bounds what a stop does for others only: it works without.
	goodbye = time.Second
	// tickEvery is how often task clocks are looked at.
	tickEvery = time.Second
	// mirrorEvery is how often committed offsets are mirrored to the consumer
	// group, for lag tools only.
	mirrorEvery = 5 * time.Second
	// parkFor is how long revoked tasks are kept: about as long as a rebalance
	// may take.
	parkFor = time.Minute
)

// Worker runs the tasks that the group protocol assigns to it.
type Worker[C Changes] struct {
	cfg    Config[C]
	log    *slog.Logger
	client *kgo.Client
	stats  stats

	mu     sync.Mutex
	tasks  map[store.TaskID]*task[C] // that this worker owns
	parked map[store.TaskID]*task[C] // revoked, kept in case they come back
	since  time.Time                 // when parked was filled
	down   error                     // why the store cannot be written, nil if it can
	joined bool                      // has had an assignment

	dirty  chan struct{} // a task has something to commit
	room   chan struct{} // a task has folded its queue down
	relay  chan struct{} // dead letters were committed
	failed firstError    // why the worker must stop

	committing   gate      // held during a commit and while ownership changes
	lastSnapshot time.Time // guarded by committing
	publications chan publication[C]
	publishing   atomic.Int64

	opened  chan struct{}  // closed when client is set
	folding sync.WaitGroup // the folding goroutines
}

// New checks the configuration. It does no I/O.
func New[C Changes](cfg Config[C]) (*Worker[C], error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	w := &Worker[C]{
		cfg: cfg, log: cfg.Log,
		tasks: map[store.TaskID]*task[C]{}, parked: map[store.TaskID]*task[C]{},
		dirty: make(chan struct{}, 1), room: make(chan struct{}, 1), relay: make(chan struct{}, 1), failed: firstError{set: make(chan struct{})}, opened: make(chan struct{}),
		committing: make(gate, 1), publications: make(chan publication[C], 1024),
		lastSnapshot: cfg.Now(),
	}
	w.stats.observe = cfg.Latency
	return w, nil
}

// Run works until ctx ends, then commits what is folded, writes snapshots and
// leaves the group; that takes less than 5 s. It returns early only with an error
// that needs an operator. Being killed instead is just as correct. A worker runs
// once.
func (w *Worker[C]) Run(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	hard, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	defer context.AfterFunc(gctx, func() { time.AfterFunc(graceful, abort) })()

	client, err := kafka.NewGroup(w.cfg.Kafka, w.cfg.Group, topics(), w.hooks(gctx, hard), w.cfg.KafkaOpts...)
	if err != nil {
		return err
	}
	w.client = client
	close(w.opened)

	g.Go(func() error { return w.pollLoop(gctx) })
	g.Go(func() error { return w.commitLoop(gctx, hard) })
	g.Go(func() error { return w.publishLoop(gctx) })
	g.Go(func() error { return w.relayLoop(gctx) })
	g.Go(func() error { return w.housekeeping(gctx) })
	g.Go(func() error { return w.failure(gctx) })
	err = g.Wait()
	if err == nil {
		err = w.stop(hard)
	}
	client.CloseAllowingRebalance() // gives the tasks up
	w.folding.Wait()
	if err == nil {
		err = w.failed.get()
	}
	return err
}

// failure turns a fatal error of a callback or of a fold into the end of Run.
func (w *Worker[C]) failure(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-w.failed.set:
		return w.failed.get()
	}
}

// firstError keeps the first error it is given.
type firstError struct {
	once sync.Once
	set  chan struct{} // closed once there is an error
	err  error
}

func (f *firstError) put(err error) {
	f.once.Do(func() {
		f.err = err
		close(f.set)
	})
}

func (f *firstError) get() error {
	select {
	case <-f.set:
		return f.err
	default:
		return nil
	}
}

// stop makes what is folded durable and publishes a snapshot, so that the next
// start has nothing to replay.
func (w *Worker[C]) stop(ctx context.Context) error {
	if !w.committing.enter(ctx) {
		return nil // nothing more can be made durable in time; the log has it
	}
	for len(w.publications) > 0 {
		w.giveUp(<-w.publications) // what is written now is newer
	}
	w.lastSnapshot = time.Time{}
	err := w.commitSealed(ctx, w.sealAll())
	w.committing.leave()
	if errors.Is(err, errAbandoned) {
		return nil
	}
	if err != nil {
		return err
	}
	for len(w.publications) > 0 {
		if err := w.write(ctx, <-w.publications); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, goodbye)
	defer cancel()
	if err := w.relayAll(ctx); err != nil {
		w.log.WarnContext(ctx, "dead letters are relayed at the next start", "error", err)
	}
	w.client.CommitOffsetsSync(ctx, w.positions(), w.mirrored)
	return nil
}

// pollLoop takes fetches from the client and hands them to the tasks. It does
// not poll while a task has too much queued: that stops fetching, not
// heartbeats.
func (w *Worker[C]) pollLoop(ctx context.Context) error {
	for ctx.Err() == nil {
		fetches := w.client.PollFetches(ctx)
		err := w.hand(ctx, fetches)
		w.client.AllowRebalance()
		if err != nil {
			return err
		}
		for w.crowded() {
			select {
			case <-ctx.Done():
			case <-w.room:
				continue
			}
			break
		}
	}
	return nil
}

func (w *Worker[C]) hand(ctx context.Context, fetches kgo.Fetches) error {
	for _, e := range fetches.Errors() {
		switch {
		case ctx.Err() != nil, errors.Is(e.Err, context.Canceled), errors.Is(e.Err, kgo.ErrClientClosed):
		case kafka.SessionLost(e.Err):
			w.log.WarnContext(ctx, "left the consumer group, joining anew", "error", e.Err)
		default:
			return fetchError(e)
		}
	}
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		family, ok := familyOf(p.Topic)
		if !ok {
			return
		}
		w.mu.Lock()
		t := w.tasks[store.TaskID{Family: family, Partition: p.Partition}]
		w.mu.Unlock()
		if t != nil {
			t.offer(p.Topic, p.Records, p.HighWatermark)
		}
	})
	return nil
}

// fetchError is an error that must stop the worker: the client retries by itself
// what can be retried.
func fetchError(e kgo.FetchError) error {
	if errors.Is(e.Err, kerr.OffsetOutOfRange) {
		return fmt.Errorf("engine: read %s[%d]: %w: %w", e.Topic, e.Partition, ErrOutOfRange, e.Err)
	}
	return fmt.Errorf("engine: read %s[%d]: %w", e.Topic, e.Partition, e.Err)
}

// topics are the topics of every family.
func topics() []string {
	var all []string
	for _, f := range store.Families {
		all = append(all, f.Topics()...)
	}
	return all
}

func familyOf(topic string) (store.Family, bool) {
	for _, f := range store.Families {
		if slices.Contains(f.Topics(), topic) {
			return f, true
		}
	}
	return "", false
}

func (w *Worker[C]) crowded() bool {
	for _, t := range w.activeTasks() {
		if t.crowded() {
			return true
		}
	}
	return false
}

// start begins to fold t, until it is closed or ctx ends.
func (w *Worker[C]) start(ctx context.Context, t *task[C]) {
	t.hold(w.client)
	t.done = make(chan struct{})
	w.folding.Go(func() {
		defer close(t.done)
		defer signal(w.room) // its queue is gone
		if err := w.foldLoop(ctx, t); err != nil {
			w.panicked(ctx, err)
			w.failed.put(err)
		}
		t.hold(w.client)
	})
}

func (w *Worker[C]) foldLoop(ctx context.Context, t *task[C]) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.wake:
		}
		for more := true; more && ctx.Err() == nil; {
			var err error
			if more, err = t.foldSome(); err != nil {
				return err
			}
			t.hold(w.client)
			signal(w.room)
		}
		if t.isClosed() {
			return nil
		}
	}
}

// panicked logs where a processor panicked: the error says at which record.
func (w *Worker[C]) panicked(ctx context.Context, err error) {
	if p, ok := errors.AsType[*panicError](err); ok {
		w.log.ErrorContext(ctx, p.text, "stack", string(p.stack))
	}
}

// housekeeping advances the task clocks, mirrors offsets and forgets parked tasks.
func (w *Worker[C]) housekeeping(ctx context.Context) error {
	tick, mirror := time.NewTicker(tickEvery), time.NewTicker(mirrorEvery)
	defer tick.Stop()
	defer mirror.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			w.forgetParked()
			if err := w.tickAll(ctx); err != nil {
				return err
			}
		case <-mirror.C:
			w.client.CommitOffsets(ctx, w.positions(), w.mirrored)
		}
	}
}

// forgetParked drops revoked tasks that are not coming back: a member that is
// assigned nothing is not told so.
func (w *Worker[C]) forgetParked() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.parked) > 0 && w.cfg.Now().Sub(w.since) > parkFor {
		clear(w.parked)
	}
}

// tickAll advances the task clocks. If the log's ends cannot be read the clocks
// stand still, which delays finals and changes none.
func (w *Worker[C]) tickAll(ctx context.Context) error {
	now := event.TimeOf(w.cfg.Now())
	ends, err := kafka.Ends(ctx, w.client, topics()...)
	if err != nil {
		w.log.DebugContext(ctx, "the task clocks stand still", "error", err)
		return nil
	}
	for _, t := range w.activeTasks() {
		if err := t.tick(now, ends); err != nil {
			w.panicked(ctx, err)
			return err
		}
	}
	return nil
}

// positions are the committed positions, as the consumer group is told them.
// Nothing reads them back; they are for lag tools.
func (w *Worker[C]) positions() map[string]map[int32]kgo.EpochOffset {
	offsets := map[string]map[int32]kgo.EpochOffset{}
	for _, t := range w.activeTasks() {
		for topic, p := range t.positions() {
			if offsets[topic] == nil {
				offsets[topic] = map[int32]kgo.EpochOffset{}
			}
			offsets[topic][t.id.Partition] = kgo.EpochOffset{Epoch: -1, Offset: p.Next}
		}
	}
	return offsets
}

func (w *Worker[C]) mirrored(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, _ *kmsg.OffsetCommitResponse, err error) {
	if err != nil {
		w.log.Debug("offsets not mirrored to the consumer group", "error", err)
	}
}

// activeTasks returns the owned tasks in a fixed order.
func (w *Worker[C]) activeTasks() []*task[C] {
	w.mu.Lock()
	defer w.mu.Unlock()
	tasks := make([]*task[C], 0, len(w.tasks))
	for _, t := range w.tasks {
		tasks = append(tasks, t)
	}
	slices.SortFunc(tasks, func(a, b *task[C]) int {
		return cmp.Or(-cmp.Compare(a.id.Family, b.id.Family), cmp.Compare(a.id.Partition, b.id.Partition))
	})
	return tasks
}

func (w *Worker[C]) failpoint(name string) {
	if w.cfg.Failpoint != nil {
		w.cfg.Failpoint(name)
	}
}

// gate is a mutex whose wait ends with a context.
type gate chan struct{}

// enter reports whether it was entered before ctx ended.
func (g gate) enter(ctx context.Context) bool {
	select {
	case g <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (g gate) leave() { <-g }
