package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"globalmart/internal/store/sqlite"
	"globalmart/internal/store/storetest"
)

// crashFile names the file that a child of this test binary writes to until it
// is killed.
const crashFile = "GLOBALMART_TEST_CRASH_FILE"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashFile); path != "" {
		if err := writeForEver(path, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// writeForEver commits from several goroutines that fence each other, and writes
// a line with the number of records after each commit.
func writeForEver(path string, out io.Writer) error {
	s, err := sqlite.Open(context.Background(), path)
	if err != nil {
		return err
	}
	var writing sync.Mutex
	failed := make(chan error)
	for range 3 {
		go func() {
			l := &storetest.Load{Store: s, Rand: rand.New(rand.NewPCG(rand.Uint64(), 0)), Tasks: 3}
			for {
				n, err := l.Step(context.Background())
				if err != nil {
					failed <- err
				}
				writing.Lock()
				fmt.Fprintln(out, n)
				writing.Unlock()
			}
		}()
	}
	return <-failed
}

func TestKilledAtAnyMomentNothingIsLostOrTorn(t *testing.T) {
	path := migrated(t)
	var before int64
	for round := range 10 {
		acknowledged := killWriter(t, path, 20+rand.IntN(150), func() { records(t, path) })
		now := records(t, path)
		if now < before+acknowledged {
			t.Errorf("round %d: %d records after %d and %d that were acknowledged", round, now, before, acknowledged)
		}
		if acknowledged == 0 {
			t.Errorf("round %d: nothing was acknowledged", round)
		}
		before = now
	}
}

// records opens the file, checks it and returns how many records it holds.
func records(t *testing.T, path string) int64 {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	v, err := s.View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	n, err := storetest.Consistent(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// killWriter starts a writer, calls halfway after some lines of its output, kills
// it at a random moment after more, and returns how many records it said were
// committed.
func killWriter(t *testing.T, path string, lines int, halfway func()) (records int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0])
	child.Env = append(os.Environ(), crashFile+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	scanner := bufio.NewScanner(out)
	for i := 0; scanner.Scan(); i++ {
		n, err := strconv.ParseInt(scanner.Text(), 10, 64)
		if err != nil {
			break // cut off by the kill
		}
		records += n
		if i == lines/2 {
			halfway() // another process reads while this one writes
		}
		if i == lines {
			after := time.Duration(rand.IntN(5000)) * time.Microsecond
			time.AfterFunc(after, func() { _ = child.Process.Kill() })
		}
	}
	if err := child.Wait(); err == nil || ctx.Err() != nil {
		t.Errorf("the writer ended by itself or hung: %v", err)
	}
	return records
}
