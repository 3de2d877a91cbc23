package importer_test

import (
	"encoding/json"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/event/eventtest"
	"globalmart/internal/ingest/importer"
)

func TestEveryValidEventComesBackInOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var text strings.Builder
		var want []event.Event
		for range rapid.IntRange(1, 10).Draw(rt, "events") {
			e := eventtest.Draw(rt)
			e.ReceivedAt += event.Time(rapid.IntRange(0, 3).Draw(rt, "later"))
			want = append(want, e)
			text.Write(e.AppendJSON(nil))
			text.WriteString(rapid.SampledFrom([]string{"\n", "\r\n", "\n\n"}).Draw(rt, "end"))
		}
		slices.SortStableFunc(want, func(a, b event.Event) int { return int(a.ReceivedAt - b.ReceivedAt) })
		var records []string
		for i := range want {
			records = append(records, string(want[i].AppendJSON(nil)))
		}
		im, rejected := loadJSONL(t, text.String())
		checkEvents(rt, im)
		var got []string
		for e := range im.Events() {
			got = append(got, string(e.AppendJSON(nil)))
		}
		if diff := cmp.Diff(records, got); diff != "" || len(rejected) > 0 {
			rt.Fatalf("rejected %+v; %s", rejected, diff)
		}
	})
}

func TestBaseAmountsThatAreMissingMakeAnyOrderValid(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		e := eventtest.Transaction(rt)
		e.Currency = rapid.SampledFrom([]string{"USD", "EUR", "JPY"}).Draw(rt, "currency")
		e.BaseTotalMinor = event.NoAmount
		im, rejected := loadJSONL(t, string(e.AppendJSON(nil)))
		if len(rejected) > 0 || im.Summary.NoRate > 0 {
			rt.Fatalf("rejected %+v, %d without a rate", rejected, im.Summary.NoRate)
		}
		checkEvents(rt, im)
	})
}

// checkEvents checks what holds for every import of events.
func checkEvents(t fatal, im *importer.Import) {
	t.Helper()
	s := &im.Summary
	rejected, n, rateless := 0, 0, 0
	for _, count := range s.Rejected {
		rejected += count
	}
	topics := map[string]int{}
	var last event.Time
	for e := range im.Events() {
		n++
		topics[e.Type.Topic()]++
		if n == 1 && e.ReceivedAt != s.First || e.ReceivedAt < last {
			t.Fatalf("%s is out of order: %s after %s, the first at %s", e.ID, e.ReceivedAt, last, s.First)
		}
		last = e.ReceivedAt
		err := e.Validate()
		if noRate(err) {
			rateless++
		} else if err != nil {
			t.Fatalf("%s: %v", e.ID, err)
		}
	}
	if n != s.Events || s.Rows != n+rejected || last != s.Last || rateless != s.NoRate {
		t.Fatalf("%d events, %d without a rate, the last at %s; the summary says %+v", n, rateless, last, s)
	}
	if diff := cmp.Diff(topics, s.Topics); diff != "" {
		t.Fatalf("topics: %s", diff)
	}
}

// An import of events must not need much more memory than they have text.
func TestEventsAreKeptAsTextAlone(t *testing.T) {
	const n = 60_000
	record := order("a", "EUR", "", "")
	text := strings.Repeat(record+"\n", n)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	im, _ := loadJSONL(t, text)
	runtime.GC()
	runtime.ReadMemStats(&after)
	kept, most := int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(len(records(im)[0])*n)+60*n+(8<<20)
	if im.Summary.Events != n || kept > most {
		t.Errorf("%d events take %d bytes, want at most %d", im.Summary.Events, kept, most)
	}
	runtime.KeepAlive(text)
}

// FuzzJSONL reads arbitrary lines: none panics, each is taken or rejected, and
// what is taken is valid JSON, sorted and counted.
func FuzzJSONL(f *testing.F) {
	for _, text := range []string{
		view("a", at10+receivedAt5) + "\n\n" + view("b", at10) + "\r\nx",
		order("a", "CHF", "", "") + "\n" + order("b", "EUR", "", "") + "\n" + order("c", "USD", `,"base_total_minor":330`, ""),
		"\ufeff{}\n" + view("a", `,"clock_skew_ms":-600000,"timestamp":"2000-01-01T00:00:00Z"`) + "\n" + view("é\u2028", at10),
		strings.Replace(order("a", "USD", "", ""), `"subtotal_minor":350`, `"subtotal_minor":-9223372036854775807`, 1),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		im, err := importer.JSONL(t.Context(), strings.NewReader(text), importer.Options{Convert: pounds().Convert})
		if err != nil {
			return
		}
		checkEvents(t, im)
		for _, r := range records(im) {
			if !json.Valid([]byte(r)) {
				t.Errorf("not JSON: %s", r)
			}
		}
	})
}
