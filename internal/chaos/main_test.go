package chaos_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// program is the binary under test.
var program string

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		os.Exit(m.Run()) // every test skips itself
	}
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "chaos")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "globalmart")
	args := []string{"build", "-buildvcs=false", "-o", program}
	if raceEnabled {
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, "globalmart/cmd/globalmart")...)
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build of the program: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// long skips the test in a short run.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts and kills processes")
	}
}

// newChance is the source of a test's choices, the same for the same seed.
func newChance(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("GLOBALMART_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("GLOBALMART_SEED: %v", err)
		}
	}
	t.Logf("GLOBALMART_SEED=%d runs this again", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// between draws a time.
func between(chance *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(chance.Int64N(int64(high-low)))
}

// kills is how often a test kills: normally, or CHAOS_KILLS times share where
// that is given.
func kills(t *testing.T, normally int, share float64) int {
	t.Helper()
	text := os.Getenv("CHAOS_KILLS")
	if text == "" {
		return normally
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("CHAOS_KILLS=%s: want a number above 0", text)
	}
	return max(normally, int(float64(n)*share))
}
