package lake_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/lake"
)

var seed1 = lake.Manifest{"seed": "1"}

func bulkConfig(dir string) lake.BulkConfig {
	return lake.BulkConfig{Dir: dir, Source: lake.SourceHistory, Calendar: mustCalendar(), Manifest: seed1}
}

func openBulk(t *testing.T, cfg lake.BulkConfig) *lake.Bulk {
	t.Helper()
	b, err := lake.OpenBulk(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func dateOf(day int) string { return start.AddDate(0, 0, day).Format(time.DateOnly) }

// fill begins a day and adds n orders to it, numbered from first.
func fill(t *testing.T, b *lake.Bulk, day int, partition int32, first, n int) *lake.Day {
	t.Helper()
	d := begin(t, b, day)
	fillPart(t, d, day, partition, first, n)
	return d
}

func begin(t *testing.T, b *lake.Bulk, day int) *lake.Day {
	t.Helper()
	d, err := b.Day(dateOf(day))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// fillPart begins a part of a day and adds n orders to it, numbered from first.
func fillPart(t *testing.T, d *lake.Day, day int, partition int32, first, n int) *lake.DayPart {
	t.Helper()
	p, err := d.Part(partition)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		e := order(first + i)
		e.Timestamp = event.TimeOf(start.AddDate(0, 0, day))
		e.ReceivedAt = e.Timestamp
		if err := p.Add(&e); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func commit(t *testing.T, d *lake.Day) {
	t.Helper()
	if err := d.Commit(); err != nil {
		t.Fatal(err)
	}
}

func days(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "history", "date=*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range paths {
		paths[i] = filepath.Base(paths[i])
	}
	return paths
}

func TestDaysAreCompleteOrAbsent(t *testing.T) {
	dir := t.TempDir()
	b := openBulk(t, bulkConfig(dir))
	commit(t, fill(t, b, 0, 0, 0, 700))
	fill(t, b, 1, 0, 700, 700).Abandon()
	cfg := bulkConfig(dir)
	fill(t, b, 2, 1, 0, 700) // the writer dies
	if diff := cmp.Diff([]string{"date=" + dateOf(0)}, days(t, dir)); diff != "" {
		t.Errorf("days differ (-want +got):\n%s", diff)
	}
	b.Kill()
	b = openBulk(t, cfg)
	if !b.Done(dateOf(0)) || b.Done(dateOf(1)) || b.Done(dateOf(2)) {
		t.Error("days are taken for what they are not")
	}
	commit(t, fill(t, b, 1, 0, 700, 300))
	commit(t, fill(t, b, 2, 1, 0, 5))
	r := sound(t, dir, lake.SourceHistory)
	if len(r.Temps) != 0 || len(r.Parts) != 2 || r.Parts[0].Next != 1000 || r.Parts[1].Next != 5 {
		t.Errorf("found %+v, temporary %v", r.Parts, r.Temps)
	}
	if got := read(t, dir, lake.SourceHistory, lake.Place{Topic: event.TopicTransactions}); len(got) != 1000 || got[999].Offset != 999 {
		t.Errorf("read %d records", len(got))
	}
}

func finish(t *testing.T, p *lake.DayPart) {
	t.Helper()
	if err := p.Finish(); err != nil {
		t.Fatal(err)
	}
}

func TestPartsOfDaysAreWrittenAtTheSameTime(t *testing.T) {
	dir := t.TempDir()
	cfg := bulkConfig(dir)
	cfg.HoldBytes, cfg.RollBytes = 20_000, 30_000 // many files a day
	b := openBulk(t, cfg)
	days := []*lake.Day{begin(t, b, 0), begin(t, b, 1), begin(t, b, 2)}
	var wg sync.WaitGroup
	for p := range 3 {
		wg.Go(func() {
			for i, d := range days {
				finish(t, fillPart(t, d, i, int32(p), 100_000*p+10_000*i, 2000))
			}
		})
	}
	wg.Wait()
	for _, d := range days {
		commit(t, d)
		if d.Bytes() < 10_000 {
			t.Errorf("a day says that it has %d bytes", d.Bytes())
		}
	}
	r := sound(t, dir, lake.SourceHistory)
	if len(r.Parts) != 3 || r.Parts[2].Next != 6000 || r.Files < 20 {
		t.Errorf("found %d partitions, %d files", len(r.Parts), r.Files)
	}
}

// TestADayThatIsGivenUpTakesTheLaterOnesWithIt is about offsets: no day may be
// complete whose offsets follow on those of a day that is not.
func TestADayThatIsGivenUpTakesTheLaterOnesWithIt(t *testing.T) {
	dir := t.TempDir()
	b := openBulk(t, bulkConfig(dir))
	commit(t, fill(t, b, 0, 0, 0, 10))
	first, second := begin(t, b, 1), begin(t, b, 2)
	finish(t, fillPart(t, first, 1, 0, 10, 10))
	finish(t, fillPart(t, second, 2, 0, 20, 10))
	if err := second.Commit(); err == nil {
		t.Error("a day was completed before one that was begun earlier")
	}
	second = begin(t, b, 2)
	finish(t, fillPart(t, second, 2, 0, 20, 10))
	first.Abandon()
	if err := second.Commit(); !errors.Is(err, lake.ErrAbandoned) {
		t.Errorf("a day after one that was given up: %v", err)
	}
	for day := range 2 {
		commit(t, fill(t, b, 1+day, 0, 10+10*day, 10))
	}
	if r := sound(t, dir, lake.SourceHistory); r.Parts[0].Next != 30 {
		t.Errorf("%d records, want 30", r.Parts[0].Next)
	}
}

func TestBulkRefuses(t *testing.T) {
	dir := t.TempDir()
	b := openBulk(t, bulkConfig(dir))
	commit(t, fill(t, b, 0, 0, 0, 3))
	if _, err := b.Day(dateOf(0)); err == nil {
		t.Error("a complete day was begun again")
	}
	d := fill(t, b, 1, 0, 0, 3)
	if _, err := begin(t, b, 2).Part(0); err == nil {
		t.Error("a second part of a partition was begun")
	}
	if _, err := b.Day(dateOf(1)); err == nil {
		t.Error("a day was begun twice")
	}
	if _, err := d.Part(-1); err == nil {
		t.Error("partition -1 was begun")
	}
	if _, err := b.Day("2026-02-30"); err == nil {
		t.Error("30 February was begun")
	}
	d.Abandon()
	if _, err := lake.OpenBulk(bulkConfig(dir)); !errors.Is(err, lake.ErrConflict) {
		t.Errorf("a second writer: %v", err)
	}
	b.Kill()
	other := bulkConfig(dir)
	other.Manifest = lake.Manifest{"seed": "2"}
	if _, err := lake.OpenBulk(other); !errors.Is(err, lake.ErrOtherSource) {
		t.Errorf("another seed: %v", err)
	}
	for _, source := range []string{lake.SourceRaw, "../x", "import/", "import/A", ""} {
		other.Source = source
		if _, err := lake.OpenBulk(other); err == nil {
			t.Errorf("source %q was opened", source)
		}
	}
}

func TestAManifestIsExtended(t *testing.T) {
	dir := t.TempDir()
	b := openBulk(t, bulkConfig(dir))
	more := lake.Manifest{"seed": "1", "end": "2026-03-01"}
	if err := b.Extend(more); err != nil {
		t.Fatal(err)
	}
	b.Kill()
	cfg := bulkConfig(dir)
	if _, err := lake.OpenBulk(cfg); !errors.Is(err, lake.ErrOtherSource) {
		t.Errorf("opened by the manifest before: %v", err)
	}
	cfg.Manifest = more
	openBulk(t, cfg)
	if got := sound(t, dir, lake.SourceHistory).Temps; len(got) > 0 {
		t.Errorf("left %v", got)
	}
}

func TestImportsAreSourcesOfTheirOwn(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"online-retail", "cdnow"} {
		source, err := lake.ImportSource(name)
		if err != nil {
			t.Fatal(err)
		}
		cfg := bulkConfig(dir)
		cfg.Source = source
		commit(t, fill(t, openBulk(t, cfg), 0, 0, 0, 3))
		if m, err := lake.ReadManifest(dir, source); err != nil || m["seed"] != "1" {
			t.Errorf("manifest is %v, %v", m, err)
		}
		sound(t, dir, source)
	}
	got, err := lake.Sources(dir)
	if diff := cmp.Diff([]string{"import/cdnow", "import/online-retail"}, got); diff != "" || err != nil {
		t.Errorf("sources differ (-want +got):\n%s%v", diff, err)
	}
}

// TestBulkWritesWhatTheLogWould compares a day with the same records from the
// log, column by column by way of the deep check of both.
func TestBulkWritesWhatTheLogWould(t *testing.T) {
	dir := t.TempDir()
	w, b := open(t, config(dir)), openBulk(t, bulkConfig(dir))
	d := begin(t, b, 0)
	p, err := d.Part(0)
	if err != nil {
		t.Fatal(err)
	}
	next := map[string]int64{}
	send := func(r *kgo.Record, e *event.Event) {
		r.Offset = next[r.Topic]
		next[r.Topic]++
		add(t, w, r)
		if e != nil {
			err = p.Add(e)
		} else {
			err = p.AddRecord(r.Topic, event.TimeOf(r.Timestamp), r.Key, r.Value)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range 50 {
		e := order(i)
		send(recordOf(e, 0, 0), &e)
		send(&kgo.Record{Topic: event.TopicTransactions, Value: fmt.Append(nil, "{", i), Timestamp: start}, nil)
	}
	for _, e := range catalogue() {
		send(recordOf(e, 0, 0), &e)
	}
	commit(t, d)
	closeLake(t, w)
	for topic := range next {
		at := lake.Place{Topic: topic}
		sameRecords(t, read(t, dir, lake.SourceRaw, at), read(t, dir, lake.SourceHistory, at))
	}
	sound(t, dir, lake.SourceRaw)
	sound(t, dir, lake.SourceHistory)
}
