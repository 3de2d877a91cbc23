package parquet_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	parquetgo "github.com/parquet-go/parquet-go"

	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/parquet"
)

// row is what the tables of these tests hold: who wrote it.
type row struct {
	Run int64 `parquet:"run,optional"`
}

var rowColumns = []warehouse.Column{{Name: "run", Type: "bigint"}}

// clock is moved by the test.
type clock struct{ now atomic.Int64 }

func (c *clock) Now() time.Time        { return time.Unix(c.now.Load(), 0) }
func (c *clock) pass(by time.Duration) { c.now.Add(int64(by / time.Second)) }

// put writes a partition that holds n.
func put(t testing.TB, p warehouse.Publication, table, date string, n int64, old *warehouse.File) warehouse.File {
	t.Helper()
	path, err := p.Create(table, date)
	if err != nil {
		t.Fatal(err)
	}
	if err := parquetgo.WriteFile(path, []row{{n}}); err != nil {
		t.Fatal(err)
	}
	f, err := p.Add(table, date, rowColumns, old)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// publishRun publishes run n: table whole, and the day of n in table days.
func publishRun(t testing.TB, w *parquet.Warehouse, n int) error {
	t.Helper()
	p, err := w.Begin(t.Context(), fmt.Sprintf("run-%04d", n))
	if err != nil {
		return err
	}
	defer p.Close()
	next := p.Base().Clone()
	next.Tables["whole"] = warehouse.Table{Files: []warehouse.File{put(t, p, "whole", "", int64(n), nil)}}
	days := next.Tables["days"]
	days.Put(put(t, p, "days", fmt.Sprintf("2026-01-%02d", 1+n%7), int64(n), nil))
	next.Tables["days"] = days
	next.Created = w.Now()
	return p.Publish(t.Context(), next)
}

// read returns what the newest run says of itself.
func read(w *parquet.Warehouse) (run int64, err error) {
	m, err := w.Current()
	if err != nil {
		return 0, err
	}
	err = readAll(w, m, &run)
	return run, err
}

// readAll reads every file of m, and fails if they are not of one run.
func readAll(w *parquet.Warehouse, m *warehouse.Manifest, run *int64) error {
	if _, err := fmt.Sscanf(m.Run, "run-%d", run); err != nil {
		return err
	}
	newest := int64(0)
	for name, table := range m.Tables {
		for _, f := range table.Files {
			rows, err := parquetgo.ReadFile[row](w.Path(f))
			if err != nil {
				return fmt.Errorf("run %s: %s: %w", m.Run, name, err)
			}
			if len(rows) != 1 || rows[0].Run > *run || name == "whole" && rows[0].Run != *run {
				return fmt.Errorf("run %s: %s has %v", m.Run, name, rows)
			}
			newest = max(newest, rows[0].Run)
		}
	}
	if newest != *run {
		return fmt.Errorf("run %s: the newest rows are of run %d", m.Run, newest)
	}
	return nil
}

// TestReadersSeeOneRun publishes 100 times while readers read: each sees the whole of
// one run, and never an older one than before, while old files are removed under it.
func TestReadersSeeOneRun(t *testing.T) {
	const publishes, readers, lag = 100, 3, 5
	var c clock
	w := parquet.New(t.TempDir(), c.Now)
	if err := publishRun(t, w, 1); err != nil {
		t.Fatal(err)
	}
	var at [readers]atomic.Int64 // the run that a reader has read last
	done := make(chan struct{})
	var g sync.WaitGroup
	for i := range readers {
		g.Go(func() {
			for last := int64(0); ; {
				run, err := read(w)
				if err != nil || run < last {
					t.Errorf("reader %d, after run %d: run %d, %v", i, last, run, err)
					at[i].Store(publishes)
					return
				}
				last = run
				at[i].Store(run)
				select {
				case <-done:
					if run != publishes {
						continue // it began before the last one
					}
					return
				default:
				}
			}
		})
	}
	for n := 2; n <= publishes; n++ {
		// A reader has Grace to go on, here ten publishes.
		c.pass(warehouse.Grace / 10)
		for i := range at {
			for at[i].Load() < int64(n-lag) {
				time.Sleep(time.Millisecond)
			}
		}
		if err := publishRun(t, w, n); err != nil {
			t.Errorf("publish %d: %v", n, err)
			break
		}
	}
	close(done)
	g.Wait()
	if kept := files(t, w.Dir, "runs"); kept < 2 || kept > 13 {
		t.Errorf("%d manifests are kept, want those of the last ten minutes", kept)
	}
	if kept := files(t, w.Dir, "tables/whole"); kept < 2 || kept > 13 {
		t.Errorf("%d files of a whole table are kept", kept)
	}
}

func files(t *testing.T, dir, sub string) int {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, sub))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestOfTwoPublishersTheSecondFails(t *testing.T) {
	var c clock
	w := parquet.New(t.TempDir(), c.Now)
	first, err := w.Begin(t.Context(), "run-0001")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Begin(t.Context(), "run-0002"); !errors.Is(err, warehouse.ErrBusy) || !strings.Contains(err.Error(), "run-0001") {
		t.Errorf("the second began: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := publishRun(t, w, 2); err != nil {
		t.Errorf("after the first has ended: %v", err)
	}
}

// TestAConflictIsNoticedWithoutLocks: where the lock does nothing, as on some shared
// file systems, the manifest that a run began with must still be the newest.
func TestAConflictIsNoticedWithoutLocks(t *testing.T) {
	var c clock
	w := parquet.New(t.TempDir(), c.Now)
	if err := publishRun(t, w, 1); err != nil {
		t.Fatal(err)
	}
	slow, err := w.Begin(t.Context(), "run-0002")
	if err != nil {
		t.Fatal(err)
	}
	next := slow.Base().Clone()
	lost := put(t, slow, "lost", "", 2, nil)
	next.Tables["lost"] = warehouse.Table{Files: []warehouse.File{lost}}
	if err := os.Remove(filepath.Join(w.Dir, "LOCK")); err != nil { // another one locks another file
		t.Fatal(err)
	}
	if err := publishRun(t, w, 3); err != nil {
		t.Fatal(err)
	}
	if err := slow.Publish(t.Context(), next); !errors.Is(err, warehouse.ErrConflict) {
		t.Errorf("published over another run: %v", err)
	}
	if err := slow.Close(); err != nil {
		t.Error(err)
	}
	if run, err := read(w); run != 3 || err != nil {
		t.Errorf("the newest run is %d, %v", run, err)
	}
}

func TestWhatIsNotPublishedIsRemoved(t *testing.T) {
	var c clock
	w := parquet.New(t.TempDir(), c.Now)
	if err := publishRun(t, w, 1); err != nil {
		t.Fatal(err)
	}
	p, err := w.Begin(context.WithoutCancel(t.Context()), "run-0002")
	if err != nil {
		t.Fatal(err)
	}
	f := put(t, p, "whole", "", 2, nil)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(w.Path(f)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file of a run that gave up: %v", err)
	}
	// A run that was killed removes nothing; the next one does.
	left := filepath.Join(w.Dir, "tables", "whole", "run-0009.parquet")
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := publishRun(t, w, 3); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file of a run that was killed: %v", err)
	}
	if run, err := read(w); run != 3 || err != nil {
		t.Errorf("the newest run is %d, %v", run, err)
	}
}

func TestEqualBytesKeepTheOldFile(t *testing.T) {
	var c clock
	w := parquet.New(t.TempDir(), c.Now)
	if err := publishRun(t, w, 1); err != nil {
		t.Fatal(err)
	}
	p, err := w.Begin(t.Context(), "run-0002")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	old := p.Base().Tables["whole"].Files[0]
	if same := put(t, p, "whole", "", 1, &old); same != old {
		t.Errorf("equal rows came out as %v", same)
	}
	if other := put(t, p, "whole", "", 2, &old); other.Path == old.Path {
		t.Error("other rows are said to be those of before")
	}
}

func TestAFileWithOtherColumnsIsRefused(t *testing.T) {
	var c clock
	w := parquet.New(t.TempDir(), c.Now)
	p, err := w.Begin(t.Context(), "run-0001")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for name, write := range map[string]func(path string) error{
		"a double":         func(path string) error { return parquetgo.WriteFile(path, []struct{ Run float64 }{{1}}) },
		"another name":     func(path string) error { return parquetgo.WriteFile(path, []struct{ Ran int64 }{{1}}) },
		"a column more":    func(path string) error { return parquetgo.WriteFile(path, []struct{ Run, Z int64 }{{1, 2}}) },
		"an unsigned one":  func(path string) error { return parquetgo.WriteFile(path, []struct{ Run uint64 }{{1}}) },
		"32 bits":          func(path string) error { return parquetgo.WriteFile(path, []struct{ Run int32 }{{1}}) },
		"no Parquet file":  func(path string) error { return os.WriteFile(path, []byte("PAR1 but no more PAR1"), 0o600) },
		"nothing was made": func(string) error { return nil },
	} {
		path, err := p.Create("whole", "")
		if err != nil {
			t.Fatal(err)
		}
		if err := write(path); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Add("whole", "", rowColumns, nil); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
}
