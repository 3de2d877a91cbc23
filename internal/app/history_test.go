package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/fault"
	"globalmart/internal/lake"
	"globalmart/internal/rules"
	"globalmart/internal/shop"
)

func day(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestTheDaysOfAHistoryFollowFromWhatIsThere(t *testing.T) {
	limit := day("2026-03-10")
	have := historyDays{day("2026-03-01"), day("2026-03-05")}
	for name, tc := range map[string]struct {
		have     historyDays
		days     int
		end      string
		from, to string // the day after the last; "" = refused
	}{
		"new":                       {historyDays{}, 3, "", "2026-03-07", "2026-03-10"},
		"new, with an end":          {historyDays{}, 3, "2026-03-04", "2026-03-01", "2026-03-04"},
		"new, into live data":       {historyDays{}, 3, "2026-03-11", "", ""},
		"the same":                  {have, 4, "", "2026-03-01", "2026-03-05"},
		"the same, with its end":    {have, 4, "2026-03-05", "2026-03-01", "2026-03-05"},
		"fewer":                     {have, 2, "", "2026-03-01", "2026-03-05"},
		"more":                      {have, 9, "", "2026-03-01", "2026-03-10"},
		"more than fit":             {have, 10, "", "", ""},
		"a later end":               {have, 4, "2026-03-08", "2026-03-01", "2026-03-08"},
		"an earlier end":            {have, 2, "2026-03-04", "2026-03-01", "2026-03-05"},
		"days before":               {have, 5, "2026-03-05", "", ""},
		"a later end in live data":  {have, 4, "2026-03-11", "", ""},
		"as many as before the end": {have, 9, "2026-03-10", "2026-03-01", "2026-03-10"},
	} {
		t.Run(name, func(t *testing.T) {
			wish := historyWish{days: tc.days}
			if tc.end != "" {
				wish.end = day(tc.end)
			}
			got, err := wish.resolve(tc.have, limit)
			if tc.from == "" {
				if err == nil || fault.FixOf(err) == "" {
					t.Fatalf("got %v, %v, want a refusal that says what to do", got, err)
				}
				return
			}
			if err != nil || !got.start.Equal(day(tc.from)) || !got.end.Equal(day(tc.to)) {
				t.Errorf("got %v, %v, want the days from %s to before %s", got, err, tc.from, tc.to)
			}
		})
	}
}

func TestAHistoryThatIsThereMayEndAfterLiveDataBegan(t *testing.T) {
	have := historyDays{day("2026-03-01"), day("2026-03-05")}
	got, err := historyWish{days: 4}.resolve(have, day("2026-03-04"))
	if err != nil || got != have {
		t.Errorf("got %v, %v, want what is there", got, err)
	}
}

func TestDaysAreWrittenWithTheirUnit(t *testing.T) {
	for text, want := range map[string]int{"0d": 0, "0": 0, "7d": 7, "3660d": 3660, "7": -1, "3661d": -1, "-1d": -1, "1.5d": -1, "24h": -1, "": -1} {
		d := Days(-1)
		err := d.UnmarshalText([]byte(text))
		if (err == nil) != (want >= 0) || int(d) != want {
			t.Errorf("%q is %d, %v, want %d", text, d, err, want)
		}
	}
}

// testSpec is a small history below a fresh directory.
func testSpec(t *testing.T) *historySpec {
	t.Helper()
	small := shop.Default()
	small.Products, small.Shoppers = 1_000, 5_000
	return &historySpec{lake: t.TempDir(), seed: 3, orders: 400, rules: rules.Default(), shop: small}
}

var testWish = historyWish{days: 7, end: day("2026-03-09")} // from a Monday on

// write writes a history until it ends or stop days are complete, and returns
// what it wrote.
func (s *historySpec) testWrite(t *testing.T, workers, stop int) error {
	t.Helper()
	h, _, err := s.open(testWish, day("2026-04-01"))
	if err != nil {
		t.Fatal(err)
	}
	defer h.bulk.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	h.workers = make(chan struct{}, workers)
	done := 0
	h.completed = func(string) {
		if done++; done == stop {
			cancel()
		}
	}
	return h.run(ctx)
}

// hashes returns what every file below a folder is.
func hashes(t *testing.T, root string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		sum := sha256.Sum256(b)
		found[path[len(root):]] = hex.EncodeToString(sum[:])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestAHistoryThatIsCutShortEndsUpTheSame compares bytes with one that was written
// at a stretch, by another number of workers.
func TestAHistoryThatIsCutShortEndsUpTheSame(t *testing.T) {
	whole, cut := testSpec(t), testSpec(t)
	if err := whole.testWrite(t, 4, 0); err != nil {
		t.Fatal(err)
	}
	for _, stop := range []int{2, 1} {
		if err := cut.testWrite(t, 2, stop); !errors.Is(err, context.Canceled) {
			t.Fatalf("a history that was stopped: %v", err)
		}
	}
	before, err := os.ReadDir(filepath.Join(cut.lake, "history"))
	if err != nil || len(before) >= 7+1 || len(before) < 3+1 {
		t.Fatalf("after 2 and 1 days there are %d entries, %v", len(before), err)
	}
	if err := cut.testWrite(t, 1, 0); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(hashes(t, whole.lake), hashes(t, cut.lake)); diff != "" {
		t.Errorf("files differ (-whole +cut):\n%.2000s", diff)
	}
	r, err := lake.Check(t.Context(), cut.lake, lake.SourceHistory, lake.CheckOptions{Deep: true})
	if err != nil || r.Found > 0 || len(r.Temps) > 0 {
		t.Errorf("it is not sound: %v, %v, %v", r.Problems, r.Temps, err)
	}
}

// TestAHistoryIsAShopsPast looks at what analysts look at: every day has about its
// orders, refunds come after their orders, some on later days, and customers come
// back.
func TestAHistoryIsAShopsPast(t *testing.T) {
	s := testSpec(t)
	if err := s.testWrite(t, 2, 0); err != nil {
		t.Fatal(err)
	}
	l, err := lake.List(s.lake, lake.SourceHistory)
	if err != nil {
		t.Fatal(err)
	}
	perDay := map[string]float64{}
	bought := map[string]string{}    // the day of each order
	customers := map[string]string{} // the day on which each was seen first
	late, back := 0, 0
	var decoder event.Decoder
	for p := range int32(historyShards) {
		for _, entry := range l.Entries[lake.Place{Topic: event.TopicTransactions, Partition: p}] {
			err := entry.Scan(0, 1<<40, func(r *kgo.Record) error {
				var e event.Event
				if err := decoder.Decode(r.Value, event.TimeOf(r.Timestamp), &e); err != nil {
					return err
				}
				date := r.Timestamp.UTC().Format(time.DateOnly)
				perDay[date]++
				if e.Status == event.StatusRefunded {
					switch first, known := bought[e.TransactionID]; {
					case !known:
						t.Errorf("order %s was refunded before it was made", e.TransactionID)
					case first != date:
						late++
					}
				}
				if e.Status == event.StatusCompleted {
					bought[e.TransactionID] = date
					if first := customers[e.UserID]; first == "" {
						customers[e.UserID] = date
					} else if first != date && e.UserID != "" {
						back++
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	var sum float64
	for date, n := range perDay {
		if sum += n; n < 0.8*400 || n > 1.25*400 {
			t.Errorf("%s has %.0f orders, want about 400", date, n)
		}
	}
	if len(perDay) != 7 || sum < 0.98*7*400 || sum > 1.02*7*400 {
		t.Errorf("%.0f orders on %d days, want about 2800 on 7", sum, len(perDay))
	}
	if late < 10 || back < 200 {
		t.Errorf("%d refunds came on a later day than their order and %d orders from customers of an earlier day, want more", late, back)
	}
}

func TestOrdersAloneAreTheSameOrders(t *testing.T) {
	all, alone := testSpec(t), testSpec(t)
	alone.ordersOnly = true
	var totals [2]lake.Totals
	for i, s := range []*historySpec{all, alone} {
		if err := s.testWrite(t, 2, 0); err != nil {
			t.Fatal(err)
		}
		var err error
		if totals[i], err = lake.Total(s.lake, lake.SourceHistory); err != nil {
			t.Fatal(err)
		}
	}
	if totals[0].Completed != totals[1].Completed || totals[0].Refunded != totals[1].Refunded || totals[0].Completed.Events == 0 {
		t.Errorf("orders come to %+v with views and to %+v alone", totals[0], totals[1])
	}
	if totals[1].Records > totals[0].Records-7*400*14 {
		t.Errorf("%d records with views and %d without", totals[0].Records, totals[1].Records)
	}
}
