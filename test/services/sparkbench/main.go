// Command sparkbench takes the figures of the streaming job for Spark beside those of the
// stream engine: both drain the same backlog from one Kafka into one PostgreSQL, one after
// the other; then both follow live events. It needs the endpoints that `services` hands to
// its command, and topics that nobody has made yet.
//
//	services kafka postgres -- sparkbench -globalmart bin/globalmart [-events N] [-rate N] [-live TIME]
//
// It prints the figures as JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"globalmart/test/services/apachekafka"
	"globalmart/test/services/host"
	"globalmart/test/services/postgresql"
	"globalmart/test/services/sparkjob"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "sparkbench: %v\n", err)
		os.Exit(1)
	}
}

// bench is what is measured, and where.
type bench struct {
	program string // globalmart
	cache   string
	dir     string
	events  int
	rate    int
	live    time.Duration
	memory  string

	kafka    apachekafka.Endpoints
	postgres postgresql.Endpoints
	conn     *pgx.Conn
}

func run(ctx context.Context) (err error) {
	var b bench
	flag.StringVar(&b.program, "globalmart", "bin/globalmart", "the program")
	flag.StringVar(&b.cache, "cache", ".cache/services", "directory for what was fetched")
	flag.IntVar(&b.events, "events", 1_000_000, "events of the backlog")
	flag.IntVar(&b.rate, "rate", 500, "live events a second")
	flag.DurationVar(&b.live, "live", 30*time.Second, "how long the latency is watched")
	flag.StringVar(&b.memory, "spark-memory", "2g", "heap of Spark")
	flag.Parse()
	if b.program, err = filepath.Abs(b.program); err != nil {
		return err
	}
	if err := errors.Join(endpoints("GLOBALMART_TEST_KAFKA", &b.kafka), endpoints("GLOBALMART_TEST_POSTGRES", &b.postgres)); err != nil {
		return err
	}
	if b.dir, err = host.NewDir(filepath.Join(b.cache, "sparkbench"), ""); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if b.conn, err = pgx.Connect(ctx, b.store()); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.conn.Close(context.WithoutCancel(ctx))) }()
	return b.run(ctx)
}

// endpoints reads where a service is, from the file that a variable names.
func endpoints(variable string, into any) error {
	text, err := os.ReadFile(os.Getenv(variable))
	if err != nil {
		return fmt.Errorf("%s: want the file of endpoints of a test service: %w", variable, err)
	}
	return json.Unmarshal(text, into)
}

func (b *bench) store() string {
	return b.postgres.URL("postgres", url.Values{"sslmode": {"disable"}})
}

// figures are those of one engine.
type figures struct {
	Events          int64   `json:"events"`
	Seconds         float64 `json:"seconds"`     // from the start of the process until all is written
	CPUSeconds      float64 `json:"cpu_seconds"` // of the process
	EventsPerCPU    float64 `json:"events_per_cpu_second"`
	EventsPerSecond float64 `json:"events_per_second"`
	PeakMiB         int64   `json:"peak_mib"`
	AgeP50          float64 `json:"age_p50_ms"` // live: how old the newest event is that is written
	AgeP99          float64 `json:"age_p99_ms"`
}

func (b *bench) run(ctx context.Context) error {
	for _, args := range [][]string{
		{"migrate", "--store", b.store()},
		{"topics", "create", "--kafka", b.kafka.Plain, "--partitions", "4"},
		{"generate", "--kafka", b.kafka.Plain, "--start", "2026-01-01T00:00:00Z", "--count", strconv.Itoa(b.events), "--late", "0.005", "--duplicates", "0.005"},
	} {
		cmd := exec.CommandContext(ctx, b.program, args...)
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("globalmart %s: %w", args[0], err)
		}
	}
	result := map[string]*figures{}
	for _, e := range b.engines() {
		f, err := b.measure(ctx, e)
		if err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
		result[e.name] = f
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	return out.Encode(result)
}

// engine is one of the two.
type engine struct {
	name   string
	schema string // of its tables
	start  func(ctx context.Context) (*exec.Cmd, error)
}

func (b *bench) engines() []engine {
	return []engine{
		{"globalmart", "public", func(ctx context.Context) (*exec.Cmd, error) {
			return exec.CommandContext(ctx, b.program, "stream", "--kafka", b.kafka.Plain, "--store", b.store(), "--operator-listen", "127.0.0.1:0"), nil
		}},
		{"spark", "spark", func(ctx context.Context) (*exec.Cmd, error) {
			ports, err := host.FreePorts(ctx, 1)
			if err != nil {
				return nil, err
			}
			return sparkjob.Command(ctx, sparkjob.Options{
				Cache: filepath.Join(b.cache, "sparkjob"), SparkCache: filepath.Join(b.cache, "spark"), Memory: b.memory,
				Settings: []string{"GLOBALMART_KAFKA=" + b.kafka.Plain, "GLOBALMART_STORE=" + b.store()},
			}, b.dir, ports[0])
		}},
	}
}

// measure has an engine drain the backlog, and then, started anew, follow live events.
func (b *bench) measure(ctx context.Context, e engine) (*figures, error) {
	f := &figures{}
	began := time.Now()
	err := b.during(ctx, e, f, func(ctx context.Context) error {
		for {
			read, end, err := b.progress(ctx, e)
			if err != nil {
				return err
			}
			if read >= end {
				f.Events, f.Seconds = read, time.Since(began).Seconds()
				return nil
			}
			if err := pause(ctx, 100*time.Millisecond); err != nil {
				return err
			}
		}
	})
	if err != nil {
		return nil, err
	}
	f.EventsPerCPU, f.EventsPerSecond = float64(f.Events)/f.CPUSeconds, float64(f.Events)/f.Seconds
	return f, b.during(ctx, e, &figures{}, func(ctx context.Context) error { return b.follow(ctx, e, f) })
}

// during runs an engine while work does, and notes what it took.
func (b *bench) during(ctx context.Context, e engine, f *figures, work func(context.Context) error) error {
	cmd, err := e.start(ctx)
	if err != nil {
		return err
	}
	service, err := host.Launch(cmd, filepath.Join(b.dir, e.name+".log"))
	if err != nil {
		return err
	}
	err = work(ctx)
	service.End(syscall.SIGTERM)
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		f.CPUSeconds = time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
		f.PeakMiB = usage.Maxrss >> 10
	}
	return err
}
