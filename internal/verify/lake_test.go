package verify

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/lake"
	"globalmart/internal/store"
)

// writeLake writes the log of p to a lake, several files to a partition.
func (p platform) writeLake(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	p.extendLake(t, dir, 1)
	return dir
}

// extendLake writes what a lake lacks of the first records of the log, as a share of
// each partition.
func (p platform) extendLake(t *testing.T, dir string, share float64) {
	t.Helper()
	w, err := lake.Open(lake.Config{Dir: dir, Calendar: testRules().Calendar()}, noon.Std())
	if err != nil {
		t.Fatal(err)
	}
	for at, records := range p.log.records {
		if !slices.Contains(lake.Topics, at.topic) {
			continue
		}
		for i, r := range records[:int(share*float64(len(records)))] {
			if r.Offset < w.Next(r.Topic, r.Partition) {
				continue
			}
			if err := w.Append(r); err != nil {
				t.Fatal(err)
			}
			if i%20 == 19 {
				if err := w.Flush(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// trim takes the first records out of the log, as a share of each partition.
func (l *memoryLog) trim(share float64) {
	for at, records := range l.records {
		if at.topic != event.TopicDeadLetters {
			n := int(share * float64(len(records)))
			l.records[at], l.starts[at] = records[n:], int64(n)
		}
	}
}

func lakeFiles(t *testing.T, dir, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern)))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no file like %s: %v", pattern, err)
	}
	return paths
}

func TestATrimmedLogIsProvedWholeByTheLake(t *testing.T) {
	for name, deep := range map[string]bool{"by footers": false, "deep": true} {
		t.Run(name, func(t *testing.T) {
			p := newPlatform(t)
			dir := p.writeLake(t)
			whole := run(t, p.world()).Cut.Records
			p.log.trim(0.6)
			w := p.world()
			w.Lake = &Lake{Dir: dir, Deep: deep}
			r := run(t, w)
			if !r.OK || r.Cut.Since != nil || r.Cut.Records != whole {
				t.Fatalf("ok %v, since %v, %d records of %d\n%s", r.OK, r.Cut.Since, r.Cut.Records, whole, differences(r))
			}
			for _, v := range r.Invariants[:5] {
				for _, note := range v.Notes {
					if strings.Contains(note, "trimmed") {
						t.Errorf("%s: %s", v.Name, note)
					}
				}
			}
			p.view.sales[store.HourBySplit][0].Sales.RevenueMinor++ // of the first hour, which the log no longer has
			if r := run(t, w); !slices.Equal(failedIDs(r), []int{1}) {
				t.Errorf("a cent in the first hour: failed %v\n%s", failedIDs(r), differences(r))
			}
		})
	}
}

func TestWhatALakeHoldsIsShownBySource(t *testing.T) {
	p := newPlatform(t)
	dir := p.writeLake(t)
	w := p.world()
	w.Lake = &Lake{Dir: dir, Deep: true}
	r := run(t, w)
	if !r.OK || len(r.Sources) != 1 {
		t.Fatalf("sources %+v\n%s", r.Sources, differences(r))
	}
	got := r.Sources[0]
	var want Source
	for _, s := range p.log.records {
		for _, record := range s {
			if record.Topic == event.TopicDeadLetters {
				continue
			}
			want.Records++
			var decoder event.Decoder
			var e event.Event
			if decoder.Decode(record.Value, event.TimeOf(record.Timestamp), &e) != nil || e.Type.Topic() != record.Topic {
				want.Dead++
				continue
			}
			want.Valid++
			for _, item := range e.Items {
				switch e.Status {
				case event.StatusCompleted:
					want.Units += item.Quantity
					want.RevenueMinor += item.BaseAmountMinor
				case event.StatusRefunded:
					want.UnitsReturned += item.Quantity
					want.RefundedMinor += item.BaseAmountMinor
				}
			}
			switch e.Status {
			case event.StatusCompleted:
				want.Orders++
			case event.StatusRefunded:
				want.Refunds++
			}
		}
	}
	want.Name, want.OK, want.Days, want.FirstDay, want.LastDay, want.InLog = "raw", true, 2, "2026-05-28", "2026-05-29", want.Records
	want.Files, want.Bytes, want.Decoded = got.Files, got.Bytes, got.Decoded
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-log +lake):\n%s", diff)
	}
	if got.Files < 20 || got.Bytes < 20_000 || got.Decoded < got.Records {
		t.Errorf("%d files, %d bytes, %d rows", got.Files, got.Bytes, got.Decoded)
	}
}

// TestDamageOfALakeIsFoundAndNamed damages the lake of a platform whose log was
// trimmed, so that the lake is needed too.
func TestDamageOfALakeIsFoundAndNamed(t *testing.T) {
	for name, tt := range map[string]struct {
		damage func(t *testing.T, dir string) (says string)
		want   []int
	}{
		"a flipped byte": {func(t *testing.T, dir string) string {
			t.Helper()
			path := lakeFiles(t, dir, "raw/transactions/*/p0-0.parquet")[0]
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			b[len(b)/3] ^= 8
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}, []int{7}},
		"cut short": {func(t *testing.T, dir string) string {
			t.Helper()
			path := lakeFiles(t, dir, "raw/transactions/*/p0-0.parquet")[0]
			if err := os.Truncate(path, 500); err != nil {
				t.Fatal(err)
			}
			return path
		}, []int{7}},
		"the first file missing": {func(t *testing.T, dir string) string {
			t.Helper()
			if err := os.Remove(lakeFiles(t, dir, "raw/transactions/*/p0-0.parquet")[0]); err != nil {
				t.Fatal(err)
			}
			return "transactions[0]: records are missing: offsets 0 to 19, before "
		}, []int{7}},
		"a file in the middle missing": {func(t *testing.T, dir string) string {
			t.Helper()
			path := lakeFiles(t, dir, "raw/transactions/*/p0-20.parquet")[0]
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			return "transactions[0]: records are missing: offsets 20 to 31, between "
		}, []int{7}},
		"all files of a partition missing": {func(t *testing.T, dir string) string {
			t.Helper()
			for _, path := range lakeFiles(t, dir, "raw/transactions/*/p0-*.parquet") {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			}
			return "raw transactions[0]: end: want at least "
		}, []int{7}},
		"a stray file": {func(t *testing.T, dir string) string {
			t.Helper()
			path := filepath.Join(dir, "raw", "transactions", "copy of p0-0.parquet")
			if err := os.WriteFile(path, []byte("PAR1"), 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}, []int{7}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlatform(t)
			dir := p.writeLake(t)
			p.log.trim(0.6)
			says := tt.damage(t, dir)
			w := p.world()
			w.Lake = &Lake{Dir: dir}
			r := run(t, w)
			if diff := cmp.Diff(tt.want, failedIDs(r)); diff != "" || r.Sources[0].OK || r.Sources[0].Differences == 0 {
				t.Errorf("failed invariants (-want +got):\n%s\nsource %+v\n%s", diff, r.Sources[0], differences(r))
			}
			if !strings.Contains(differences(r), says) {
				t.Errorf("differences:\n%s\nwant one that says %q", differences(r), says)
			}
			// Without the lake as without one: what is left of the log is still proved.
			if r.Cut.Since == nil && name != "a stray file" {
				t.Error("nothing is in doubt")
			}
		})
	}
}

func TestALeftoverOfAWriterIsNamedAndDoesNoHarm(t *testing.T) {
	p := newPlatform(t)
	dir := p.writeLake(t)
	torn := filepath.Join(filepath.Dir(lakeFiles(t, dir, "raw/transactions/*/p0-0.parquet")[0]), ".p0-90.parquet.123.tmp")
	if err := os.WriteFile(torn, []byte("PAR1 torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := p.world()
	w.Lake = &Lake{Dir: dir}
	r := run(t, w)
	last := r.Invariants[len(r.Invariants)-1]
	if !r.OK || r.Sources[0].Unfinished != 1 || len(last.Notes) != 1 || !strings.Contains(last.Notes[0], torn) {
		t.Errorf("ok %v, source %+v, notes %q", r.OK, r.Sources[0], last.Notes)
	}
}

func TestALakeThatIsNotThatOfTheLogIsFound(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(r *kgo.Record)
		deep   bool
		says   string
	}{
		"a cent": {func(r *kgo.Record) {
			r.Value = []byte(strings.Replace(string(r.Value), `"base_amount_minor":1`, `"base_amount_minor":2`, 1))
		}, false, "completed orders: want"},
		"a time":  {func(r *kgo.Record) { r.Timestamp = noon.Add(-time.Hour).Std() }, false, "lowest record time"},
		"a state": {func(r *kgo.Record) { r.Value = []byte("{") }, false, "dead records by reason"},
		"a letter": {func(r *kgo.Record) {
			r.Value = []byte(strings.Replace(string(r.Value), `"visitor_id":"v`, `"visitor_id":"w`, 1))
		}, true, "records: want those of the log, got others"},
		"a key":    {func(r *kgo.Record) { r.Key = nil }, true, "records: want those of the log, got others"},
		"a header": {func(r *kgo.Record) { r.Headers = []kgo.RecordHeader{{Key: "x"}} }, true, "records: want those of the log, got others"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlatform(t)
			dir := p.writeLake(t)
			changed := *p.log.records[orders][0]
			tt.change(&changed)
			p.log.records[orders][0] = &changed
			w := p.world()
			w.Lake = &Lake{Dir: dir, Deep: tt.deep}
			text := differences(run(t, w))
			if !strings.Contains(text, tt.says) || !strings.Contains(text, "p0-0.parquet") {
				t.Errorf("differences:\n%s\nwant one of p0-0.parquet that says %q", text, tt.says)
			}
		})
	}
}

func TestALakeBeyondTheLogIsFound(t *testing.T) {
	p := newPlatform(t)
	dir := p.writeLake(t)
	delete(p.log.records, place{event.TopicCustomers, 1})
	p.log.records[place{event.TopicProducts, 0}] = p.log.records[place{event.TopicProducts, 0}][:5]
	w := p.world()
	w.Lake = &Lake{Dir: dir}
	text := differences(run(t, w))
	for _, says := range []string{"raw customers[1]: partition: want one of the log, got none", "raw products[0]: end: want at most 5, where the log ends"} {
		if !strings.Contains(text, says) {
			t.Errorf("differences:\n%s\nwant %q", text, says)
		}
	}
}

// bulk writes days of orders to a source of a lake, so many a day.
func bulk(t *testing.T, dir, source string, manifest lake.Manifest, days, orders int) {
	t.Helper()
	b, err := lake.OpenBulk(lake.BulkConfig{Dir: dir, Source: source, Calendar: testRules().Calendar(), Manifest: manifest})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for d := range days {
		at := noon + event.Time(d)*dayMS
		day, err := b.Day(at.Std().Format(time.DateOnly))
		if err != nil {
			t.Fatal(err)
		}
		part, err := day.Part(0)
		if err != nil {
			t.Fatal(err)
		}
		for i := range orders {
			e := shopOrder(d*orders+i, at)
			if err := part.Add(&e); err != nil {
				t.Fatal(err)
			}
		}
		if err := day.Commit(); err != nil {
			t.Fatal(err)
		}
	}
}

// alone is a world that is a lake and nothing else.
func alone(dir string, deep bool) World {
	return World{Rules: testRules(), Now: func() time.Time { return noon.Std() }, Lake: &Lake{Dir: dir, Deep: deep}}
}

func TestALakeAloneIsProvedSourceBySource(t *testing.T) {
	dir := t.TempDir()
	bulk(t, dir, lake.SourceHistory, lake.Manifest{"seed": "1"}, 3, 40)
	bulk(t, dir, "import/shop-1", lake.Manifest{"events": "14"}, 2, 7)
	for name, deep := range map[string]bool{"by footers": false, "deep": true} {
		t.Run(name, func(t *testing.T) {
			r := run(t, alone(dir, deep))
			if !r.OK || r.Empty || len(r.Sources) != 2 {
				t.Fatalf("%+v\n%s", r, differences(r))
			}
			for i, want := range []Source{
				{Name: "history", Days: 3, FirstDay: "2026-05-28", LastDay: "2026-05-30", Records: 120},
				{Name: "import/shop-1", Days: 2, FirstDay: "2026-05-28", LastDay: "2026-05-29", Records: 14},
			} {
				got := r.Sources[i]
				want.OK, want.Valid, want.Orders, want.Units = true, want.Records, want.Records, 3*want.Records
				for n := range int(want.Records) {
					for _, item := range shopOrder(n, noon).Items {
						want.RevenueMinor += item.BaseAmountMinor
					}
				}
				want.Files, want.Bytes = int64(want.Days), got.Bytes
				if deep {
					want.Decoded = 2 * want.Records // of orders with two lines
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
			if decoded := r.Invariants[0].Checked; deep != (decoded == 134) {
				t.Errorf("%d records decoded", decoded)
			}
		})
	}
}

func TestDamageOfOneSourceIsThatSources(t *testing.T) {
	for name, tt := range map[string]struct {
		damage func(t *testing.T, dir string)
		source int
		says   string
	}{
		"a day of the history gone": {func(t *testing.T, dir string) {
			t.Helper()
			if err := os.RemoveAll(filepath.Join(dir, "history", "date=2026-05-29")); err != nil {
				t.Fatal(err)
			}
		}, 0, "history files: state: want whole and contiguous, got lake: transactions[0]: records are missing: offsets 40 to 79"},
		"the last day of an import gone": {func(t *testing.T, dir string) {
			t.Helper()
			if err := os.RemoveAll(filepath.Join(dir, "import", "shop-1", "date=2026-05-29")); err != nil {
				t.Fatal(err)
			}
		}, 1, "source.json: want 14, got 7: files are missing, or the import was not finished"},
		"what an import says of itself": {func(t *testing.T, dir string) {
			t.Helper()
			if err := os.WriteFile(filepath.Join(dir, "import", "shop-1", "source.json"), []byte("{"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, 1, "source.json: state: want readable"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			bulk(t, dir, lake.SourceHistory, lake.Manifest{"seed": "1"}, 3, 40)
			bulk(t, dir, "import/shop-1", lake.Manifest{"events": strconv.Itoa(14)}, 2, 7)
			tt.damage(t, dir)
			r := run(t, alone(dir, false))
			if diff := cmp.Diff([]int{7}, failedIDs(r)); diff != "" || !strings.Contains(differences(r), tt.says) {
				t.Errorf("failed (-want +got):\n%s\n%s\nwant %q", diff, differences(r), tt.says)
			}
			if r.Sources[tt.source].OK || !r.Sources[1-tt.source].OK {
				t.Errorf("sources %+v", r.Sources)
			}
		})
	}
}
