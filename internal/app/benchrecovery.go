package app

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"globalmart/internal/console"
	"globalmart/internal/datadir"
	"globalmart/internal/fault"
	"globalmart/internal/kafka"
	"globalmart/internal/store"
)

// BenchRecoveryOptions are those of `globalmart bench recovery`.
type BenchRecoveryOptions struct {
	BenchOptions
	Rate   float64       // events a second
	Rounds int           // kills of each kind
	Warm   time.Duration // at that rate before each kill
}

// recoveryFigures are what `bench recovery` measures: from kill -9 until
// everything that is in the log is durable but for what a quarter of a second
// brings.
type recoveryFigures struct {
	Machine  machine   `json:"machine"`
	Rate     float64   `json:"events_per_second"`
	Restart  recovered `json:"restart_in_place"` // of `up`, at once
	Takeover recovered `json:"takeover"`         // by the other of two workers
}

// recovered are times in seconds, one for each kill.
type recovered struct {
	Seconds []float64 `json:"seconds"`
	Median  float64   `json:"median_seconds"`
	Max     float64   `json:"max_seconds"`
}

func recoveredIn(seconds []float64) recovered {
	sorted := slices.Sorted(slices.Values(seconds))
	return recovered{seconds, sorted[len(sorted)/2], sorted[len(sorted)-1]}
}

// BenchRecovery kills the platform, and workers, and measures how long it takes
// until the numbers are up to date again.
func BenchRecovery(ctx context.Context, env Env, o BenchRecoveryOptions) error {
	b, err := newBench(ctx, env, o.BenchOptions)
	if err != nil {
		return err
	}
	defer b.close()
	r := recovery{b, o}
	f := recoveryFigures{Machine: thisMachine(), Rate: o.Rate}
	restarts, err := r.restarts(ctx)
	if err != nil {
		return err
	}
	takeovers, err := r.takeovers(ctx)
	if err != nil {
		return err
	}
	f.Restart, f.Takeover = recoveredIn(restarts), recoveredIn(takeovers)
	return env.Show(f, f.grid)
}

func (f *recoveryFigures) grid() console.Grid {
	row := func(name string, r recovered) []any {
		return []any{name, len(r.Seconds), fmt.Sprintf("%.2f", r.Median), fmt.Sprintf("%.2f", r.Max)}
	}
	return console.Grid{Header: []string{"after kill -9", "times", "median, s", "longest, s"}, Rows: [][]any{
		row("up restarted in place", f.Restart),
		row("another worker takes over", f.Takeover),
	}}
}

// recovery is a bench that kills.
type recovery struct {
	*bench
	o BenchRecoveryOptions
}

func (r recovery) rate() string { return strconv.FormatFloat(r.o.Rate, 'f', -1, 64) }

// restarts kills an `up` and starts it again.
func (r recovery) restarts(ctx context.Context) ([]float64, error) {
	data := filepath.Join(r.dir, "up")
	var seconds []float64
	var killed time.Time
	for round := range r.o.Rounds + 1 {
		up, err := r.launch(ctx, "up", "--data", data, "--rate", r.rate(), "--seed", strconv.Itoa(round),
			"--listen", anyPort, "--kafka-listen", anyPort, "--operator-listen", anyPort, "--log-level", "error", "-o", "json")
		if err != nil {
			return nil, err
		}
		lag, err := r.lagOfUp(ctx, data, up)
		if err != nil {
			return nil, err
		}
		err = lag.await(ctx, nil, up)
		lag.close()
		if err != nil {
			return nil, err
		}
		if round > 0 {
			seconds = append(seconds, time.Since(killed).Seconds())
			r.env.Say("restarted in place, up to date %.2fs after the kill", seconds[round-1])
		}
		if !sleep(ctx, r.o.Warm) {
			return nil, ctx.Err()
		}
		killed = time.Now()
		up.kill()
	}
	return seconds, nil
}

// takeovers kills one of two workers on one log and one store.
func (r recovery) takeovers(ctx context.Context) ([]float64, error) {
	src := r.src
	src.Store = r.o.Store
	lag, err := r.newLag(ctx, src, true)
	if err != nil {
		return nil, err
	}
	defer lag.close()
	worker := func() (*child, error) {
		args := append([]string{"stream", "--data", src.Data, "--operator-listen", anyPort, "--log-level", "error", "-o", "json"}, src.flags()...)
		if src.Store != "" {
			args = append(args, "--store", src.Store)
		}
		return r.launch(ctx, args...)
	}
	shoppers, err := r.launch(ctx, append([]string{"generate", "--rate", r.rate(), "--log-level", "error", "-o", "json"}, r.src.flags()...)...)
	if err != nil {
		return nil, err
	}
	defer shoppers.kill()
	first, err := worker()
	if err != nil {
		return nil, err
	}
	defer func() { first.kill() }()
	var seconds []float64
	for range r.o.Rounds {
		second, err := worker()
		if err != nil {
			return nil, err
		}
		defer second.kill()
		if err := lag.awaitGroup(ctx, 2); err != nil {
			return nil, err
		}
		if err := lag.await(ctx, nil, first); err != nil {
			return nil, err
		}
		if !sleep(ctx, r.o.Warm) {
			return nil, ctx.Err()
		}
		killed := time.Now()
		first.kill()
		if !sleep(ctx, time.Second) { // every partition has got something new
			return nil, ctx.Err()
		}
		ends, err := kafka.LogEnds(ctx, lag.p.kafka, engineTopics()...)
		if err != nil {
			return nil, lag.p.kafkaFault(err)
		}
		if err := lag.await(ctx, ends, second); err != nil {
			return nil, err
		}
		seconds = append(seconds, time.Since(killed).Seconds())
		r.env.Say("taken over, up to date %.2fs after the kill", seconds[len(seconds)-1])
		first = second
	}
	return seconds, nil
}

// anyPort lets the system pick a port.
const anyPort = "127.0.0.1:0"

// child is a command of this program that runs.
type child struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

func (b *bench) launch(ctx context.Context, args ...string) (*child, error) {
	return startChild(b.self(ctx, args...))
}

func startChild(cmd *exec.Cmd) (*child, error) {
	c := &child{cmd, make(chan struct{})}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("bench: start %s: %w", cmd.Path, err)
	}
	go func() {
		_ = c.cmd.Wait()
		close(c.ended)
	}()
	return c, nil
}

// kill ends the process as kill -9 does.
func (c *child) kill() {
	_ = c.cmd.Process.Signal(syscall.SIGKILL) // an error means that it has ended
	<-c.ended
}

// lag says how far the live tables are behind the log.
type lag struct {
	p       *platform
	s       viewer
	close   func()
	allowed int64 // records that do not count
}

// viewer is what of a store a lag is read from.
type viewer interface {
	View(ctx context.Context) (store.View, error)
}

// newLag opens log and tables.
func (r recovery) newLag(ctx context.Context, src Source, migrate bool) (*lag, error) {
	p, err := open(ctx, r.env, src, "bench", nil)
	if err != nil {
		return nil, err
	}
	s, err := p.openStore(ctx, migrate)
	if err != nil {
		p.close()
		return nil, err
	}
	closeBoth := func() {
		_ = s.Close()
		p.close()
	}
	return &lag{p, s, closeBoth, int64(r.o.Rate / 4)}, nil
}

// lagOfUp is newLag of an `up` that has just been started.
func (r recovery) lagOfUp(ctx context.Context, data string, up *child) (*lag, error) {
	limited, cancel := context.WithTimeout(ctx, brokerStart)
	defer cancel()
	for {
		run, err := datadir.Read(data)
		if err == nil && run.PID == up.cmd.Process.Pid && run.API != "" {
			l, err := r.newLag(limited, Source{Data: data, Kafka: run.Kafka}, false)
			if err == nil || fault.CodeOf(err) != fault.NotFound {
				return l, err
			}
		}
		if err := up.wait(limited); err != nil {
			return nil, err
		}
	}
}

// wait waits a moment; it is an error if the process has ended or ctx has.
func (c *child) wait(ctx context.Context) error {
	const look = 10 * time.Millisecond
	select {
	case <-c.ended:
		return errors.New("a process of the bench ended by itself")
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(look):
		return nil
	}
}

// recoveryLimit is how long a recovery may take until the bench gives up.
const recoveryLimit = 2 * time.Minute

// await waits until what was in the log at ends is durable, and what came since but
// for what is allowed. worker must live until then.
func (l *lag) await(ctx context.Context, ends kafka.Offsets, worker *child) error {
	ctx, cancel := context.WithTimeoutCause(ctx, recoveryLimit, fmt.Errorf("not up to date within %s", recoveryLimit))
	defer cancel()
	for {
		now, err := kafka.LogEnds(ctx, l.p.kafka, engineTopics()...)
		if err != nil {
			return l.p.kafkaFault(err)
		}
		missing, err := l.missing(ctx, ends)
		if err != nil {
			return err
		}
		behind, err := l.missing(ctx, now)
		if err != nil {
			return err
		}
		if missing == 0 && behind <= l.allowed && recordsBelow(now) > 0 {
			return nil
		}
		if err := worker.wait(ctx); err != nil {
			return fmt.Errorf("%w: %d records behind: %w", err, behind, context.Cause(ctx))
		}
	}
}

// recordsBelow is how many records the topics ever had.
func recordsBelow(ends kafka.Offsets) (n int64) {
	for _, partitions := range ends {
		for _, end := range partitions {
			n += end
		}
	}
	return n
}

// missing is how many records below ends are not durable.
func (l *lag) missing(ctx context.Context, ends kafka.Offsets) (int64, error) {
	view, err := l.s.View(ctx)
	if err != nil {
		return 0, err
	}
	rows, err := view.Positions(ctx)
	if err := errors.Join(err, view.Close()); err != nil {
		return 0, err
	}
	n := recordsBelow(ends)
	for _, row := range rows {
		n -= min(row.Position.Next, ends[row.Topic][row.Task.Partition])
	}
	return n, nil
}

// awaitGroup waits until the workers have shared the work.
func (l *lag) awaitGroup(ctx context.Context, members int) error {
	ctx, cancel := context.WithTimeoutCause(ctx, recoveryLimit, errors.New("the workers do not share the work"))
	defer cancel()
	for {
		n, err := kafka.StableMembers(ctx, l.p.kafka, group)
		if err != nil {
			return l.p.kafkaFault(err)
		}
		if n == members {
			return nil
		}
		if !sleep(ctx, 50*time.Millisecond) {
			return context.Cause(ctx)
		}
	}
}
