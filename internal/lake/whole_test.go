package lake_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/lake"
)

// shortLog is a log of one partition that was trimmed.
type shortLog struct {
	records []*kgo.Record // from offset 0 on
	start   int64         // of what it still holds
	trim    func(*shortLog, int64)
}

var errTrimmed = errors.New("trimmed")

func (l *shortLog) Bounds(context.Context, ...string) (starts, ends lake.Offsets, err error) {
	return lake.Offsets{"transactions": {0: l.start}}, lake.Offsets{"transactions": {0: int64(len(l.records))}}, nil
}

func (l *shortLog) Scan(_ context.Context, from, to lake.Offsets, fn func(*kgo.Record) error) error {
	for o := from["transactions"][0]; o < to["transactions"][0]; o++ {
		if o < l.start {
			return errTrimmed
		}
		if err := fn(l.records[o]); err != nil {
			return err
		}
		if l.trim != nil {
			l.trim(l, o)
		}
	}
	return nil
}

// halves is a lake of the first n records of a log of m, in files of ten, and the
// log, trimmed to start.
func halves(t *testing.T, n, m int, start int64) (dir string, log *shortLog) {
	t.Helper()
	log = &shortLog{records: orders(0, 0, m), start: start}
	dir = t.TempDir()
	w := open(t, config(dir))
	for i := 0; i < n; i += 10 {
		add(t, w, log.records[i:min(i+10, n)]...)
		flush(t, w)
	}
	closeLake(t, w)
	return dir, log
}

func TestLakeAndLogAreOneLog(t *testing.T) {
	dir, log := halves(t, 60, 100, 45)
	whole := lake.NewWhole(dir, log)
	starts, ends, err := whole.Bounds(t.Context(), "transactions")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{0, 100}, []int64{starts["transactions"][0], ends["transactions"][0]}); diff != "" {
		t.Errorf("bounds (-want +got):\n%s", diff)
	}
	for _, span := range [][2]int64{{0, 100}, {0, 45}, {0, 20}, {44, 46}, {45, 100}, {70, 70}} {
		got := scanWhole(t, whole, span[0], span[1])
		sameRecords(t, log.records[span[0]:span[1]], got)
	}
}

func scanWhole(t *testing.T, whole *lake.Whole, from, to int64) (got []*kgo.Record) {
	t.Helper()
	err := whole.Scan(t.Context(), lake.Offsets{"transactions": {0: from}}, lake.Offsets{"transactions": {0: to}}, func(r *kgo.Record) error {
		got = append(got, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestALogThatIsTrimmedWhileItIsReadGoesOnInTheLake(t *testing.T) {
	dir, log := halves(t, 80, 100, 10)
	log.trim = func(l *shortLog, read int64) {
		if read == 30 {
			l.start = 70
		}
	}
	sameRecords(t, log.records, scanWhole(t, lake.NewWhole(dir, log), 0, 100))
}

func TestAnErrorOfTheReaderEndsTheScan(t *testing.T) {
	dir, log := halves(t, 60, 100, 45)
	errOwn := errors.New("enough")
	for _, last := range []int64{5, 50} {
		calls := 0
		err := lake.NewWhole(dir, log).Scan(t.Context(), nil, lake.Offsets{"transactions": {0: 100}}, func(r *kgo.Record) error {
			calls++
			if r.Offset == last {
				return errOwn
			}
			return nil
		})
		if !errors.Is(err, errOwn) || calls != int(last)+1 {
			t.Errorf("after offset %d: %v, %d calls", last, err, calls)
		}
	}
}

func TestWhatNeitherHoldsIsNotWithinTheBounds(t *testing.T) {
	for name, tt := range map[string]struct {
		start  int64
		damage func(t *testing.T, dir string)
		want   int64
	}{
		"the lake ends before the log begins": {65, func(*testing.T, string) {}, 65},
		"a file is missing": {45, func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Remove(files(t, dir)[2]); err != nil { // offsets 20 to 29
				t.Fatal(err)
			}
		}, 30},
		"a file is damaged": {45, func(t *testing.T, dir string) {
			t.Helper()
			mustWrite(t, files(t, dir)[1], []byte("x")) // offsets 10 to 19
		}, 20},
		"the file that joins them is missing": {45, func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Remove(files(t, dir)[4]); err != nil { // offsets 40 to 49
				t.Fatal(err)
			}
		}, 45},
		"a loss was accepted": {45, func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Remove(files(t, dir)[0]); err != nil {
				t.Fatal(err)
			}
			if err := lake.AcceptLoss(dir, lake.Place{Topic: "transactions"}, 0, 9, "", start); err != nil {
				t.Fatal(err)
			}
		}, 10},
	} {
		t.Run(name, func(t *testing.T) {
			dir, log := halves(t, 60, 100, tt.start)
			tt.damage(t, dir)
			starts, _, err := lake.NewWhole(dir, log).Bounds(t.Context(), "transactions")
			if err != nil || starts["transactions"][0] != tt.want {
				t.Errorf("begins at %d (%v), want %d", starts["transactions"][0], err, tt.want)
			}
			sameRecords(t, log.records[tt.want:], scanWhole(t, lake.NewWhole(dir, log), tt.want, 100))
		})
	}
}

func TestAHoleOnTheWayIsAnError(t *testing.T) {
	dir, log := halves(t, 60, 100, 45)
	if err := os.Remove(files(t, dir)[2]); err != nil {
		t.Fatal(err)
	}
	err := lake.NewWhole(dir, log).Scan(t.Context(), nil, lake.Offsets{"transactions": {0: 100}}, func(*kgo.Record) error { return nil })
	if !errors.Is(err, lake.ErrHole) {
		t.Errorf("got %v, want %v", err, lake.ErrHole)
	}
}
