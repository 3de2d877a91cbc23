package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sys/unix"

	"globalmart/internal/api"
	"globalmart/internal/console"
	"globalmart/internal/kafka"
	"globalmart/internal/lake"
)

// errLakeTaken reports that another process writes the lake. One that writes it
// from another machine is not seen: lake.ErrConflict tells of that.
var errLakeTaken = errors.New("another process writes it")

// Pauses before another attempt to open a lake that cannot be opened.
const (
	lakePause    = time.Second
	maxLakePause = 15 * time.Second
)

// lakeWriter keeps a lake up with the log. What passes, as a full disk, it waits
// out: the log keeps what the lake lacks.
type lakeWriter struct {
	platform *platform
	log      lake.Log
	cfg      lake.Config

	mu     sync.Mutex
	runner *lake.Runner // nil while the lake is not open
	writer *lake.Writer // of runner
	past   lake.Status  // as the attempts before left it
}

// newLakeWriter returns a writer of the lake in dir. Files are finished when they
// are as old as rollAfter, 0 = the lake's default.
func (p *platform) newLakeWriter(dir string, rollAfter time.Duration) *lakeWriter {
	return &lakeWriter{
		platform: p, log: lakeLog{brokerLog{p.kafka}},
		cfg: lake.Config{Dir: dir, Calendar: p.rules.Calendar(), RollAfter: rollAfter, Failpoint: failpoint(p.env.Getenv)},
	}
}

// run writes until ctx ends, and finishes the open files. It returns early only
// with an error that needs an operator.
func (w *lakeWriter) run(ctx context.Context) error {
	wait := lakePause
	for {
		err := w.write(ctx)
		if lakeFinal(err) {
			return w.platform.lakeFault(w.cfg.Dir, err)
		}
		if ctx.Err() != nil {
			if err != nil {
				w.platform.env.Log.WarnContext(ctx, "the last records are not in the lake; the next start writes them", "error", err)
			}
			return nil
		}
		w.platform.env.Log.WarnContext(ctx, "the lake cannot be written; trying again", "error", err, "in", wait)
		if !sleep(ctx, wait) {
			return nil
		}
		wait = min(2*wait, maxLakePause)
	}
}

// write opens the lake and writes it until ctx ends or something fails.
func (w *lakeWriter) write(ctx context.Context) (err error) {
	defer func() { w.end(err) }()
	unlock, err := lockLake(w.cfg.Dir)
	if err != nil {
		return err
	}
	defer unlock()
	writer, err := lake.Open(w.cfg, time.Now())
	if err != nil {
		return err
	}
	r := &lake.Runner{Log: w.log, Writer: writer, Now: time.Now, Logger: w.platform.env.Log}
	w.mu.Lock()
	w.runner, w.writer = r, writer
	w.mu.Unlock()
	return r.Run(ctx)
}

// end remembers what an attempt did.
func (w *lakeWriter) end(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.past = w.now()
	w.past.Following, w.past.Down = false, err
	w.runner, w.writer = nil, nil
}

// status is how the writer does, over all its attempts.
func (w *lakeWriter) status() lake.Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now()
}

// now is status; the caller holds w.mu.
func (w *lakeWriter) now() lake.Status {
	if w.runner == nil {
		return w.past
	}
	s := w.runner.Status()
	s.Files += w.past.Files
	s.Records += w.past.Records
	s.Bytes += w.past.Bytes
	return s
}

// floor returns the offsets below which the lake holds everything, by partition,
// and whether the lake is written at all and known to be that of this log.
func (w *lakeWriter) floor() (floor map[lake.Place]int64, sound bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.runner == nil {
		return nil, false
	}
	s := w.runner.Status()
	return w.writer.Floor(), s.Following && s.Down == nil
}

// roll makes the writer finish its open files soon, if it can.
func (w *lakeWriter) roll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.runner != nil {
		w.runner.Roll()
	}
}

// settle waits, for drainTime at most, until the writer has read all that the log
// holds.
func (w *lakeWriter) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	if _, sound := w.floor(); !sound {
		return
	}
	ends, err := kafka.LogEnds(ctx, w.platform.kafka, lake.Topics...)
	for err == nil && !w.reached(ends) && sleep(ctx, 10*time.Millisecond) {
		_, sound := w.floor()
		if !sound {
			return
		}
	}
}

// await waits until every record below ends is in a file, finished or not, or ctx ends.
func (w *lakeWriter) await(ctx context.Context, ends lake.Offsets) {
	for !w.reached(ends) {
		if !sleep(ctx, 10*time.Millisecond) {
			return
		}
	}
}

func (w *lakeWriter) reached(ends lake.Offsets) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.runner != nil && w.runner.Reached(ends)
}

// lockLake takes the lake in dir for this process, or fails with errLakeTaken. A
// file system without locks is no hindrance: writers cannot overlap on any.
func lockLake(dir string) (unlock func(), err error) {
	raw := filepath.Join(dir, lake.SourceRaw)
	if err := os.MkdirAll(raw, 0o755); err != nil { //nolint:gosec // as the lake's other folders: it is for any tool to read
		return nil, fmt.Errorf("make the lake: %w", err)
	}
	folder, err := os.Open(raw)
	if err != nil {
		return nil, fmt.Errorf("open the lake: %w", err)
	}
	if err := unix.Flock(int(folder.Fd()), unix.LOCK_EX|unix.LOCK_NB); errors.Is(err, unix.EWOULDBLOCK) {
		_ = folder.Close()
		return nil, errLakeTaken
	}
	return func() { _ = folder.Close() }, nil
}

// lakeCounts are what was added to a lake.
type lakeCounts struct {
	Records int64  `json:"records"`
	Files   int64  `json:"files"`
	Bytes   int64  `json:"bytes"`
	Behind  int64  `json:"behind"`         // records that are in the log and in no file yet
	Down    string `json:"down,omitempty"` // why nothing can be written
}

// counts is the status as people and programs are told it.
func (w *lakeWriter) counts() lakeCounts {
	s := w.status()
	c := lakeCounts{Records: s.Records, Files: s.Files, Bytes: s.Bytes, Behind: s.Behind}
	if s.Down != nil {
		c.Down = s.Down.Error()
	}
	return c
}

// String is for people.
func (c lakeCounts) String() string {
	text := console.Count(c.Records) + " records in " + console.Count(c.Files) + " files"
	if c.Behind > 0 {
		text += ", " + console.Count(c.Behind) + " behind"
	}
	if c.Down != "" {
		text += ", cannot write: " + c.Down
	}
	return text
}

// component is the writer as health shows it. The live side goes on without it.
func (w *lakeWriter) component() api.Component {
	switch s := w.status(); {
	case s.Down != nil:
		return api.Component{Name: "lake", Status: api.StatusDegraded, Detail: s.Down.Error()}
	default:
		return api.Component{Name: "lake", Status: api.StatusOK, Detail: w.counts().String()}
	}
}

// metrics are the counters of the writer.
func (w *lakeWriter) metrics() []prometheus.Collector {
	counter := func(name, help string, value func(lake.Status) float64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return value(w.status()) })
	}
	gauge := func(name, help string, value func(lake.Status) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return value(w.status()) })
	}
	return []prometheus.Collector{
		counter("globalmart_lake_records_total", "Records in finished files of the lake.", func(s lake.Status) float64 { return float64(s.Records) }),
		counter("globalmart_lake_files_total", "Files of the lake that were finished.", func(s lake.Status) float64 { return float64(s.Files) }),
		counter("globalmart_lake_bytes_total", "Bytes of those files.", func(s lake.Status) float64 { return float64(s.Bytes) }),
		gauge("globalmart_lake_behind_records", "Records of the log that are not added to a file of the lake yet.", func(s lake.Status) float64 { return float64(s.Behind) }),
		gauge("globalmart_lake_up", "1 while the lake can be written.", func(s lake.Status) float64 {
			if s.Down != nil {
				return 0
			}
			return 1
		}),
	}
}
