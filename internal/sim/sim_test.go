package sim

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"globalmart/internal/testenv"
)

// shortSeeds is how many simulations a normal test run makes, and leastDays how
// many virtual days they are at least, together.
const (
	shortSeeds = 18
	leastDays  = 30
)

// TestSimulation lets a cluster live through what its seeds draw, and proves the
// numbers after each. SIM_SEEDS is how many seeds to try, from a random one on;
// GLOBALMART_SEED=N repeats one.
func TestSimulation(t *testing.T) {
	switch {
	case testing.Short():
		t.Skip("simulates days")
	case !tagged && os.Getenv(testenv.RequireVariable) != "":
		t.Fatalf("needs -tags synctests, and %s is set", testenv.RequireVariable)
	case !tagged:
		t.Skip("needs -tags synctests (make sim)")
	}
	first, n, campaign := seedsOf(t)
	total, days := &tally{}, &lived{}
	t.Run("seeds", func(t *testing.T) {
		for i := range n {
			seed := first + uint64(i)
			t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
				t.Parallel()
				simulate(t, seed, total, days)
			})
		}
	})
	t.Logf("%d seeds from %d, %.1f virtual days\n%s", n, first, days.total().Hours()/24, total)
	if got := days.total().Hours() / 24; campaign && !t.Failed() && got < leastDays {
		t.Errorf("%.1f virtual days, want at least %d", got, leastDays)
	}
	if missing := total.missing(); campaign && !t.Failed() && len(missing) > 0 {
		t.Errorf("never happened, so nothing is known of it: %q", missing)
	}
}

// seedsOf returns which seeds to run, and whether they are a campaign in which
// everything has to happen.
func seedsOf(t *testing.T) (first uint64, n int, campaign bool) {
	t.Helper()
	if text := os.Getenv("GLOBALMART_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("GLOBALMART_SEED: %v", err)
		}
		return seed, 1, false
	}
	text := os.Getenv("SIM_SEEDS")
	if text == "" {
		return 1, shortSeeds, true
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("SIM_SEEDS=%s: want a number above 0", text)
	}
	return rand.Uint64N(1 << 40), n, n >= shortSeeds
}

// simulate runs one seed in a bubble of virtual time.
func simulate(t *testing.T, seed uint64, total *tally, days *lived) {
	t.Helper()
	dir := logDir(t)
	synctest.Test(t, func(t *testing.T) {
		var trace trace
		log := slog.New(slog.NewTextHandler(&trace, nil))
		mine := &tally{}
		err := live(t, drawPlan(seed), dir, mine, log, nil)
		days.add(time.Since(opening))
		total.merge(mine)
		if err != nil {
			t.Errorf("%v\nGLOBALMART_SEED=%d runs this again; the end of what happened:\n%s\n%s", err, seed, trace.tail(), mine)
		}
	})
}

// live lets a plan happen and proves the numbers. record may be nil.
func live(t *testing.T, p plan, dir string, mine *tally, log *slog.Logger, record func(operation)) error {
	t.Helper()
	w, err := newWorld(t.Context(), p, dir, mine, log, record)
	defer w.close()
	if err == nil {
		err = w.run()
	}
	if err == nil {
		err = w.finish()
	}
	return err
}

// lived adds up virtual time.
type lived struct {
	mu sync.Mutex
	d  time.Duration
}

func (l *lived) add(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.d += d
}

func (l *lived) total() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.d
}

// trace keeps the log of a simulation.
type trace struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (t *trace) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.Write(b)
}

// tail is the end of it.
func (t *trace) tail() string {
	const enough = 16 << 10
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.buf.Bytes()
	return string(b[max(0, len(b)-enough):])
}

// logDir returns a directory for the brokers' log: not on a disk if that can be
// had, for a disk that others use would only make the tests slow.
func logDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "sim") //nolint:usetesting // t.TempDir is on the disk
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}
