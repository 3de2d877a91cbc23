package sim

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/engine"
	"globalmart/internal/kafka"
	"globalmart/internal/processor"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// worker is a process that runs the stream engine.
type worker struct {
	name   string
	host   *host
	engine *engine.Worker[*store.Changes]
	cancel context.CancelFunc
	done   chan struct{}
	err    error // of Run, once done is closed

	mu    sync.Mutex
	point string // at which act is due
	act   func()
}

// startWorker starts a process whose clock is wrong by a constant.
func startWorker(name string, h *host, s *server, cfg kafka.Config, r rules.Rules, wrong time.Duration, log *slog.Logger) (*worker, error) {
	w := &worker{name: name, host: h, done: make(chan struct{})}
	var err error
	w.engine, err = engine.New(engine.Config[*store.Changes]{
		Kafka: cfg, Group: "stream", Owner: name, Ledger: &session{s, h, w.reached},
		NewFold:    func(id store.TaskID) engine.Fold[*store.Changes] { return processor.New(id, r) },
		NewChanges: store.NewChanges,
		Horizon:    r.Stream.Horizon, RulesVersion: r.Version,
		CommitEvery: 5 * time.Millisecond, SnapshotEvery: 15 * time.Second,
		Now: func() time.Time { return time.Now().Add(wrong) }, Log: log.With("worker", name),
		Failpoint: w.reached,
		KafkaOpts: []kgo.Opt{kgo.Dialer(h.dial)},
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	go func() {
		defer close(w.done)
		w.err = w.engine.Run(ctx)
	}()
	return w, nil
}

// at makes the worker do something when it reaches a failpoint the next time.
func (w *worker) at(point string, act func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.point, w.act = point, act
}

func (w *worker) reached(point string) {
	w.mu.Lock()
	act := w.act
	if w.point != point {
		act = nil
	} else {
		w.point, w.act = "", nil
	}
	w.mu.Unlock()
	if act != nil {
		act()
	}
}

// kill ends the process without any clean-up.
func (w *worker) kill() {
	w.host.kill()
	w.cancel()
}

// stopFor stops the process and lets it go on after d.
func (w *worker) stopFor(d time.Duration) {
	w.host.frozen.close()
	time.AfterFunc(d, w.host.frozen.open)
}

// ended returns the error of a worker that has ended although nobody killed it.
func (w *worker) ended() error {
	select {
	case <-w.done:
		if !w.host.isDead() && w.err != nil {
			return fmt.Errorf("worker %s: %w", w.name, w.err)
		}
	default:
	}
	return nil
}
