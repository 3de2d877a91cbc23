package engine

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

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
	Graceful      time.Duration // how long a stop, or giving tasks up, may take to commit what is folded; 0 = 4 s

	Now       func() time.Time
	Log       *slog.Logger
	Latency   func(time.Duration) // optional: arrival (record time) to durable result, of what shoppers did
	Committed func(Transaction)   // optional: called by the committer after each transaction
	Duplicate func(source string) // optional: called for each duplicate that is folded, and again if its commit is lost; must not keep source
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
	need(c.Graceful >= 0, "time of a stop: must not be negative")
	return errors.Join(append(errs, c.Kafka.Validate())...)
}

const (
	// maxQueued and maxQueuedBytes bound what of one task waits to be folded, in
	// records and bytes; beyond it the worker does not poll, and fetching stops
	// with it.
	maxQueued      = 8_000
	maxQueuedBytes = 16 << 20
	// graceful is the default of Config.Graceful: less than 5 s, which the whole stop
	// may take.
	graceful = 4 * time.Second
	// goodbye bounds what a stop does for others only: it works without.
	goodbye = time.Second
	// tickEvery is how often task clocks are looked at.
	tickEvery = time.Second
	// endsWithin bounds how long the log is asked for its ends: a partition without a
	// leader is asked about again and again.
	endsWithin = 5 * time.Second
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
	joined bool                      // has its assignment, which may be no task

	polls  atomic.Bool   // fetches are asked for, none is held back
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
	cfg.Graceful = cmp.Or(cfg.Graceful, graceful)
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
// leaves the group; that takes Graceful and a second at most. It returns early only
// with an error that needs an operator. Being killed instead is just as correct. A worker runs
// once.
func (w *Worker[C]) Run(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	hard, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	defer context.AfterFunc(gctx, func() { time.AfterFunc(w.cfg.Graceful, abort) })()

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
