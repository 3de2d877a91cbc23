package processor_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/processor"
	"globalmart/internal/rules"
	"globalmart/internal/shop"
	"globalmart/internal/store"
)

// touchy are rules under which a few orders already make baselines and findings.
func touchy() rules.Rules {
	r := quick()
	r.Anomaly.Baseline = rules.Baseline{Samples: 3, PerProduct: 2, Days: 2}
	r.Anomaly.HighValue.Threshold, r.Anomaly.HighValue.MinSpread = 1000, 200
	r.Anomaly.UnusualQuantity.Threshold, r.Anomaly.UnusualQuantity.MinSpread = 1000, 200
	return r
}

// drawLog draws orders of a few visitors and categories over some days, in the
// order of a log.
func drawLog(t *rapid.T) []event.Event {
	var log []event.Event
	now := 0
	for i := range rapid.IntRange(0, 80).Draw(t, "orders") {
		now += rapid.SampledFrom([]int{0, 1, 20, 20, 50, 600, 40_000}).Draw(t, "later")
		p := placed{rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "visitor"), now - rapid.SampledFrom([]int{0, 0, 30, 4000}).Draw(t, "late"), now}
		e := p.event(i)
		e.Items = nil
		for range rapid.IntRange(1, 3).Draw(t, "lines") {
			category := rapid.SampledFrom([]string{"", "Books", "Toys"}).Draw(t, "category")
			quantity := rapid.SampledFrom([]int64{1, 1, 1, 2, 7}).Draw(t, "quantity")
			e.Items = append(e.Items, item(category, quantity, event.Minor(rapid.SampledFrom([]int{0, 800, 1000, 1300, 9000}).Draw(t, "amount"))))
			e.Items[len(e.Items)-1].ProductID = rapid.SampledFrom([]string{"p", "q", "r"}).Draw(t, "product")
		}
		if rapid.IntRange(0, 9).Draw(t, "status") == 0 {
			e.Status = event.StatusFailed
		}
		log = append(log, e)
	}
	return log
}

// judged folds a log in one go.
func judged(r rules.Rules, log []event.Event) (*processor.Anomalies, *store.Changes) {
	a, out := processor.NewAnomalies(1, r), store.NewChanges()
	for i := range log {
		a.Apply(&log[i], out)
	}
	return a, out
}

func TestFindingsAreTheSameInEveryInterleavingAndAfterEveryRestart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, log := touchy(), drawLog(t)
		whole, want := judged(r, log)

		a, got := processor.NewAnomalies(1, r), store.NewChanges()
		kept, keptAt := a.Snapshot(nil), 0
		for i := range log {
			switch rapid.IntRange(0, 11).Draw(t, "what happens") {
			case 0: // a restart: what came after the snapshot is folded again, without ticks
				a = processor.NewAnomalies(1, r)
				if err := a.Restore(kept); err != nil {
					t.Fatal(err)
				}
				for j := keptAt; j < i; j++ {
					a.Apply(&log[j], got)
				}
			case 1:
				kept, keptAt = a.Snapshot(nil), i
			case 2:
				a.Tick(log[i].ReceivedAt+event.Time(rapid.IntRange(-100, 100_000_000).Draw(t, "ahead")), got)
			case 3: // another topic is ahead
				a.Apply(&event.Event{Type: event.TypeProductView, VisitorID: "a", ReceivedAt: log[i].ReceivedAt + 100_000_000, Timestamp: log[i].ReceivedAt}, got)
			}
			a.Apply(&log[i], got)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("rows (-in one go +with restarts):\n%s", diff)
		}
		if !bytes.Equal(whole.Snapshot(nil), a.Snapshot(nil)) {
			t.Fatal("the states differ")
		}
	})
}

func TestADamagedStateIsRefused(t *testing.T) {
	state := stateOfAShop(t, 6000)
	tests := map[string][]byte{
		"nothing":           nil,
		"another form":      append([]byte{99}, state[1:]...),
		"its beginning":     state[:len(state)/2],
		"less the last":     state[:len(state)-1],
		"more than all":     append(slices.Clone(state), 0),
		"another's":         bytes.Repeat([]byte{1}, 100),
		"nothing but 0xff":  append([]byte{2}, bytes.Repeat([]byte{0xff}, 100)...),
		"a time before all": {2, 1, 0, 0, 0, 0, 0},
	}
	for name, b := range tests {
		t.Run(name, func(t *testing.T) {
			if err := processor.NewAnomalies(0, rules.Default()).Restore(b); err == nil || !strings.HasPrefix(err.Error(), "processor: state is damaged") {
				t.Errorf("got %v, want that it is damaged", err)
			}
		})
	}
}

// stateOfAShop returns the state after the first n emissions of a shop.
func stateOfAShop(t testing.TB, n int) []byte {
	r := rules.Default()
	a, out := processor.NewAnomalies(0, r), store.NewChanges()
	for e := range newShop(t, 1, r).Events() {
		if n--; n < 0 {
			break
		}
		if e.Event != nil {
			a.Apply(e.Event, out)
		}
	}
	return a.Snapshot(nil)
}

// FuzzRestoreAnomalies holds that no bytes make Restore, or what is folded after
// it, panic, and that what it takes can be kept and restored again.
func FuzzRestoreAnomalies(f *testing.F) {
	r := touchy()
	f.Add(stateOfAShop(f, 300))
	f.Add(processor.NewAnomalies(0, r).Snapshot(nil))
	a, _ := judged(r, []event.Event{placed{"a", 0, 0}.event(0), placed{"a", 1, 0}.event(1), placed{"b", 100_000, 0}.event(2)})
	f.Add(a.Snapshot(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		a := processor.NewAnomalies(0, r)
		if a.Restore(b) != nil {
			return
		}
		state := a.Snapshot(nil)
		again := processor.NewAnomalies(0, r)
		if err := again.Restore(state); err != nil {
			t.Fatalf("what it took is refused: %v", err)
		}
		if !bytes.Equal(state, again.Snapshot(nil)) {
			t.Fatal("what it took is not what it kept")
		}
		out := store.NewChanges()
		for i := range 10 {
			e := placed{"a", 100_000 * (i / 4), 0}.event(i)
			a.Apply(&e, out)
		}
	})
}

// TestAShopOfASeedHasTheseFindings notices any change of what is found. Look at
// the difference; if it is meant, go test ./internal/processor -update writes it.
func TestAShopOfASeedHasTheseFindings(t *testing.T) {
	r := rules.Default()
	cfg := shop.Default()
	cfg.Seed, cfg.Start, cfg.Convert, cfg.Products, cfg.Shoppers, cfg.Categories = 7, noon, r.Convert, 2000, 5_000, 12
	cfg.Rate = shop.Business(4000)
	cfg.Faults = shop.Faults{Anomalies: 0.005, Late: 0.05, Duplicates: 0.05}
	s, err := shop.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	_, out := run(t, s, r, 150_000)
	got := []byte(written(out))
	path := filepath.Join("testdata", "anomalies.txt")
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// written returns findings by time, and how many baselines there are.
func written(out *store.Changes) string {
	var lines []string
	for k, f := range out.Findings {
		lines = append(lines, fmt.Sprintf("%s %s %s: %d, usual %d, score %d of %d by %s", f.At, k.EventID, k.Rule, f.Value, f.Expected, f.ScoreMilli, f.ThresholdMilli, f.Baseline))
	}
	slices.Sort(lines)
	measures := map[store.Measure]int{}
	for k := range out.Baselines {
		measures[k.Measure]++
	}
	for _, m := range slices.Sorted(maps.Keys(measures)) {
		lines = append(lines, fmt.Sprintf("%d baselines of %s", measures[m], m))
	}
	return strings.Join(lines, "\n") + "\n"
}

// BenchmarkAnomalies measures orders as they come at 100 a second, with what is
// forgotten of them, and the state that there is in the end.
func BenchmarkAnomalies(b *testing.B) {
	r := rules.Default()
	cfg := shop.Default()
	cfg.Start, cfg.Convert, cfg.Products = noon, r.Convert, 10_000
	s, err := shop.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	var orders []event.Event
	for e := range s.Select(shop.Selection{OrdersOnly: true}) {
		if e.Event != nil && e.Event.Type == event.TypeTransaction {
			o := *e.Event
			o.Items = slices.Clone(o.Items)
			if orders = append(orders, o); len(orders) == 1<<15 {
				break
			}
		}
	}
	a, out := processor.NewAnomalies(0, r), store.NewChanges()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		o := &orders[n%len(orders)]
		o.ReceivedAt = noon + event.Time(n)*10
		o.Timestamp, o.ClockSkewMS = o.ReceivedAt, 0
		a.Apply(o, out)
		if n++; n%len(orders) == 0 {
			out = store.NewChanges()
		}
	}
	b.StopTimer()
	started := time.Now()
	state := a.Snapshot(nil)
	b.ReportMetric(float64(len(state))/float64(n), "state-B/op")
	b.ReportMetric(float64(time.Since(started).Milliseconds()), "snapshot-ms")
}
