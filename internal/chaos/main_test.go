package chaos_test

import (
	"flag"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"globalmart/internal/testenv/process"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		os.Exit(m.Run()) // every test skips itself
	}
	os.Exit(process.Main(m))
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
