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
	d, err := b.Day(dateOf(day), partition)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		e := order(first + i)
		e.Timestamp = event.TimeOf(start.AddDate(0, 0, day))
		e.ReceivedAt = e.Timestamp
		if err := d.Add(&e); err != nil {
			t.Fatal(err)
		}
	}
	return d
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

func TestDaysOfSeveralPartitionsAreWrittenAtTheSameTime(t *testing.T) {
	dir := t.TempDir()
	cfg := bulkConfig(dir)
	cfg.HoldBytes, cfg.RollBytes = 20_000, 30_000 // many files a day
	b := openBulk(t, cfg)
	var wg sync.WaitGroup
	for p := range 3 {
		wg.Go(func() {
			for day := p; day < 9; day += 3 {
				commit(t, fill(t, b, day, int32(p), 10_000*day, 2000))
			}
		})
	}
	wg.Wait()
	r := sound(t, dir, lake.SourceHistory)
	if len(r.Parts) != 3 || r.Parts[2].Next != 6000 || r.Files < 20 {
		t.Errorf("found %d partitions, %d files", len(r.Parts), r.Files)
	}
}

func TestBulkRefuses(t *testing.T) {
	dir := t.TempDir()
	b := openBulk(t, bulkConfig(dir))
	commit(t, fill(t, b, 0, 0, 0, 3))
	if _, err := b.Day(dateOf(0), 0); err == nil {
		t.Error("a complete day was begun again")
	}
	d := fill(t, b, 1, 0, 0, 3)
	if _, err := b.Day(dateOf(2), 0); err == nil {
		t.Error("a second day of a partition was begun")
	}
	if _, err := b.Day("2026-02-30", 0); err == nil {
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
	d, err := b.Day(dateOf(0), 0)
	if err != nil {
		t.Fatal(err)
	}
	next := map[string]int64{}
	send := func(r *kgo.Record, e *event.Event) {
		r.Offset = next[r.Topic]
		next[r.Topic]++
		add(t, w, r)
		if e != nil {
			err = d.Add(e)
		} else {
			err = d.AddRecord(r.Topic, event.TimeOf(r.Timestamp), r.Key, r.Value)
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
