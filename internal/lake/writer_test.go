package lake_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/lake"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestSchemaIsGolden(t *testing.T) {
	const path = "testdata/schema.txt"
	got := lake.SchemaText()
	if *update {
		mustWrite(t, path, []byte(got))
	}
	if diff := cmp.Diff(string(mustRead(t, path)), got); diff != "" {
		t.Errorf("the columns have changed, which files of before do not follow (-want +got):\n%s", diff)
	}
}

func TestRecordsComeBackAsTheyWere(t *testing.T) {
	dir := t.TempDir()
	w := open(t, config(dir))
	view := event.Event{
		ID: "e", Type: event.TypeProductView, SchemaVersion: "1.0", Timestamp: event.TimeOf(start), ReceivedAt: event.TimeOf(start),
		VisitorID: "v", ProductID: "p",
	}
	at := view.ReceivedAt.Std()
	value := view.AppendJSON(nil)
	topic := event.TopicProductViews
	want := []*kgo.Record{
		{Key: []byte("v"), Value: value},
		{Key: nil, Value: value},
		{Key: []byte{}, Value: value},
		{Key: []byte("other"), Value: value},
		{Key: []byte("\xff\xfe"), Value: value},
		{Key: nil, Value: []byte("{")},
		{Key: []byte{}, Value: []byte("")},
		{Key: []byte("v"), Value: nil},
		{Key: []byte("\xff"), Value: []byte("\xff\x00")},
		{Key: []byte("v"), Value: value, Headers: []kgo.RecordHeader{{Key: "redriven", Value: []byte("\x00\xff")}, {Key: "empty", Value: []byte{}}}},
		{Key: []byte("v"), Value: value, Timestamp: time.UnixMilli(-1)},
		{Key: []byte("v"), Value: value, Timestamp: time.UnixMilli(1 << 60)},
		{Key: []byte("v"), Value: []byte(strings.Repeat("x", 700_000))},
	}
	for i, r := range want {
		r.Topic, r.Offset = topic, int64(i)
		if r.Timestamp.IsZero() {
			r.Timestamp = at
		}
	}
	add(t, w, want...)
	closeLake(t, w)
	sameRecords(t, want, read(t, dir, lake.SourceRaw, lake.Place{Topic: topic}))
	sound(t, dir, lake.SourceRaw)
}

func TestFootersAddUp(t *testing.T) {
	dir := t.TempDir()
	w := open(t, config(dir))
	add(t, w, orders(0, 0, 3)...)
	flush(t, w)
	refund := order(3)
	refund.Status, refund.RefundID = event.StatusRefunded, "r"
	failed := order(4)
	failed.Status = event.StatusFailed
	add(t, w, recordOf(refund, 0, 3), recordOf(failed, 0, 4))
	bad := recordOf(order(5), 0, 5)
	bad.Value = []byte("{")
	add(t, w, bad)
	closeLake(t, w)
	r := sound(t, dir, lake.SourceRaw)
	if len(r.Parts) != 1 || r.Parts[0].Files != 2 || r.Parts[0].Next != 6 {
		t.Fatalf("found %+v", r.Parts)
	}
	sum := r.Parts[0].Sum
	type figures struct {
		Records, Rows       int64
		Events              map[event.Type]int64
		Invalid             map[event.Reason]int64
		Completed, Refunded lake.Sums
	}
	want := figures{
		6, 16,
		map[event.Type]int64{event.TypeTransaction: 5},
		map[event.Reason]int64{event.BadJSON: 1},
		lake.Sums{Events: 3, Units: 12, BaseLinesMinor: 30000, BaseTotalMinor: 31500},
		lake.Sums{Events: 1, Units: 4, BaseLinesMinor: 10000, BaseTotalMinor: 10500},
	}
	got := figures{sum.Records, sum.Rows, sum.Events, sum.Invalid, sum.Completed, sum.Refunded}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sums differ (-want +got):\n%s", diff)
	}
}

func TestWriterRolls(t *testing.T) {
	at := lake.Place{Topic: event.TopicTransactions}
	t.Run("after its time", func(t *testing.T) {
		dir := t.TempDir()
		w := open(t, config(dir))
		add(t, w, orders(0, 0, 2)...)
		tick(t, w, start.Add(lake.RollAfter-time.Second))
		if n := len(files(t, dir)); n != 0 {
			t.Errorf("found %d files before their time", n)
		}
		tick(t, w, start.Add(lake.RollAfter))
		if n := len(files(t, dir)); n != 1 {
			t.Errorf("found %d files, want 1", n)
		}
		if floor := w.Floor()[at]; floor != 2 {
			t.Errorf("floor is %d, want 2", floor)
		}
	})
	t.Run("at its size", func(t *testing.T) {
		dir := t.TempDir()
		cfg := config(dir)
		cfg.RollBytes = 1 << 10
		w := open(t, cfg)
		add(t, w, orders(0, 0, 2000)...)
		closeLake(t, w)
		if n := len(files(t, dir)); n < 3 {
			t.Errorf("found %d files, want several", n)
		}
		sound(t, dir, lake.SourceRaw)
	})
	t.Run("where memory runs out, to another row group", func(t *testing.T) {
		dir := t.TempDir()
		cfg := config(dir)
		cfg.HoldBytes = 10 << 10
		w := open(t, cfg)
		want := orders(0, 0, 3000)
		add(t, w, want...)
		closeLake(t, w)
		only(t, dir)
		sameRecords(t, want, read(t, dir, lake.SourceRaw, at))
		sound(t, dir, lake.SourceRaw)
	})
	t.Run("where the date changes, but not for stragglers", func(t *testing.T) {
		dir := t.TempDir()
		w := open(t, config(dir))
		midnight := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
		for i, after := range []int64{-2, -1, 1, -1, 2, -1, 3} {
			r := recordOf(order(i), 0, int64(i))
			r.Timestamp = time.UnixMilli(midnight.UnixMilli() + after)
			add(t, w, r)
		}
		far := recordOf(order(7), 0, 7)
		far.Timestamp = midnight.AddDate(0, 0, -2)
		add(t, w, far)
		closeLake(t, w)
		var got []string
		for _, f := range files(t, dir) {
			got = append(got, filepath.Base(filepath.Dir(f))+"/"+filepath.Base(f))
		}
		want := []string{"date=2026-03-01/p0-7.parquet", "date=2026-03-02/p0-0.parquet", "date=2026-03-03/p0-2.parquet"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("files differ (-want +got):\n%s", diff)
		}
		sound(t, dir, lake.SourceRaw)
	})
}

func tick(t *testing.T, w *lake.Writer, now time.Time) {
	t.Helper()
	if err := w.Tick(now); err != nil {
		t.Fatal(err)
	}
}

func TestControlRecordsLeaveNoHole(t *testing.T) {
	dir := t.TempDir()
	w := open(t, config(dir))
	marker := &kgo.Record{Topic: event.TopicTransactions, Offset: 1, Timestamp: start, Attrs: kgo.NewRecordAttrs(kgo.RecordAttrsOpts{Control: true})}
	add(t, w, orders(0, 0, 1)[0], marker, orders(0, 2, 1)[0])
	flush(t, w)
	marker.Offset = 3
	add(t, w, marker)
	closeLake(t, w)
	r := sound(t, dir, lake.SourceRaw)
	if s := r.Parts[0].Sum; s.Skipped != 2 || s.Records != 2 || r.Parts[0].Next != 4 {
		t.Errorf("found %d skipped, %d records, next %d", s.Skipped, s.Records, r.Parts[0].Next)
	}
	if got := read(t, dir, lake.SourceRaw, lake.Place{Topic: event.TopicTransactions}); len(got) != 2 || got[1].Offset != 2 {
		t.Errorf("read %d records", len(got))
	}
}

func TestOffsetsMustFollow(t *testing.T) {
	w := open(t, config(t.TempDir()))
	add(t, w, orders(0, 0, 1)...)
	for name, offset := range map[string]int{"again": 0, "skipped": 2} {
		if err := w.Append(orders(0, offset, 1)[0]); err == nil {
			t.Errorf("%s: offset %d was taken after 0", name, offset)
		}
	}
	if err := w.Append(&kgo.Record{Topic: "alerts"}); err == nil {
		t.Error("a topic that is not the lake's was taken")
	}
}

func TestTwoWritersDoNotOverlap(t *testing.T) {
	dir := t.TempDir()
	a, b := open(t, config(dir)), open(t, config(dir))
	add(t, a, orders(0, 0, 10)...)
	add(t, b, orders(0, 0, 15)...)
	flush(t, a)
	if err := b.Flush(); !errors.Is(err, lake.ErrConflict) {
		t.Fatalf("the second writer got %v, want a conflict", err)
	}
	if len(files(t, dir)) != 1 {
		t.Errorf("found files %v", files(t, dir))
	}
	c := open(t, config(dir))
	if next := c.Next(event.TopicTransactions, 0); next != 10 {
		t.Errorf("a third goes on at %d, want 10", next)
	}
	sound(t, dir, lake.SourceRaw)
}

func TestLivingWritersFilesAreLeft(t *testing.T) {
	dir := t.TempDir()
	cfg := config(dir)
	cfg.HoldBytes = 1
	a := open(t, cfg)
	add(t, a, orders(0, 0, 600)...)
	if len(leftovers(t, dir)) != 1 {
		t.Fatal("want one temporary file")
	}
	b := open(t, cfg)
	if len(leftovers(t, dir)) != 1 {
		t.Error("the file of a living writer was removed")
	}
	closeLake(t, b)
	a.Kill()
	open(t, cfg)
	if found := leftovers(t, dir); len(found) != 0 {
		t.Errorf("what a dead writer left was not removed: %v", found)
	}
}

func TestOpenRefuses(t *testing.T) {
	two := func(t *testing.T) (dir string, paths []string) {
		dir = t.TempDir()
		w := open(t, config(dir))
		for i := range 3 {
			add(t, w, orders(0, 2*i, 2)...)
			flush(t, w)
		}
		return dir, files(t, dir)
	}
	for name, c := range map[string]struct {
		harm func(t *testing.T, paths []string)
		want error
	}{
		"a file that ends early": {func(t *testing.T, p []string) { mustWrite(t, p[2], mustRead(t, p[2])[:900]) }, lake.ErrCorrupt},
		"an empty file":          {func(t *testing.T, p []string) { mustWrite(t, p[2], nil) }, lake.ErrCorrupt},
		"a file of something":    {func(t *testing.T, p []string) { mustWrite(t, p[2], []byte(strings.Repeat("x", 5000))) }, lake.ErrCorrupt},
		"a missing file":         {func(t *testing.T, p []string) { remove(t, p[1]) }, lake.ErrHole},
		"a file under another name": {func(t *testing.T, p []string) {
			mustWrite(t, strings.Replace(p[2], "p0-4", "p0-6", 1), mustRead(t, p[2]))
		}, lake.ErrCorrupt},
	} {
		t.Run(name, func(t *testing.T) {
			dir, paths := two(t)
			c.harm(t, paths)
			_, err := lake.Open(config(dir), start)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), "p0-") {
				t.Errorf("got %v, want %v with the file's name", err, c.want)
			}
			if r := check(t, dir, lake.SourceRaw, false); r.Found == 0 {
				t.Error("the check found nothing")
			}
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func TestStrayFilesAreReported(t *testing.T) {
	dir, path := written(t, 3)
	folder := filepath.Dir(path)
	mustWrite(t, filepath.Join(folder, "p0-007.parquet"), mustRead(t, path))
	mustWrite(t, filepath.Join(folder, "_SUCCESS"), nil)
	mustWrite(t, filepath.Join(dir, "raw", "p0-0.parquet"), mustRead(t, path))
	open(t, config(dir))
	if r := check(t, dir, lake.SourceRaw, false); r.Found != 2 {
		t.Errorf("found %d problems, want the 2 that a reader would take for files of the lake: %v", r.Found, r.Problems)
	}
}

func TestAcceptedLoss(t *testing.T) {
	dir := t.TempDir()
	w := open(t, config(dir))
	add(t, w, orders(0, 0, 5)...)
	closeLake(t, w)
	at := lake.Place{Topic: event.TopicTransactions}
	for name, r := range map[string][2]int64{"held": {3, 8}, "not the next": {7, 8}, "backwards": {9, 8}} {
		if err := lake.AcceptLoss(dir, at, r[0], r[1], "", start); err == nil {
			t.Errorf("%s: the loss of %v was accepted", name, r)
		}
	}
	if err := lake.AcceptLoss(dir, at, 5, 8, "disk failed", start); err != nil {
		t.Fatal(err)
	}
	if err := lake.AcceptLoss(dir, at, 5, 8, "again", start); !errors.Is(err, lake.ErrConflict) {
		t.Errorf("the same loss again: %v", err)
	}
	w = open(t, config(dir))
	if next := w.Next(at.Topic, 0); next != 9 {
		t.Fatalf("goes on at %d, want 9", next)
	}
	add(t, w, orders(0, 9, 2)...)
	closeLake(t, w)
	r := sound(t, dir, lake.SourceRaw)
	if p := r.Parts[0]; p.Lost != 4 || p.Sum.Records != 7 || p.Next != 11 {
		t.Errorf("found %d lost, %d records, next %d", p.Lost, p.Sum.Records, p.Next)
	}
	if got := read(t, dir, lake.SourceRaw, at); len(got) != 7 || got[5].Offset != 9 {
		t.Errorf("read %d records", len(got))
	}
}

func TestArchiveIsTheLog(t *testing.T) {
	dir := t.TempDir()
	w := open(t, config(dir))
	var want []*kgo.Record
	for p := range int32(2) {
		records := orders(p, 0, 1000)
		want = append(want, records[100:900]...)
		for i, r := range records {
			add(t, w, r)
			if i%300 == 0 {
				flush(t, w)
			}
		}
	}
	closeLake(t, w)
	a, err := lake.OpenArchive(dir)
	if err != nil {
		t.Fatal(err)
	}
	topic := event.TopicTransactions
	starts, ends, err := a.Bounds(t.Context(), topic, event.TopicProducts)
	if diff := cmp.Diff([]lake.Offsets{{topic: {0: 0, 1: 0}}, {topic: {0: 1000, 1: 1000}}}, []lake.Offsets{starts, ends}); diff != "" || err != nil {
		t.Errorf("bounds differ (-want +got):\n%s%v", diff, err)
	}
	var got []*kgo.Record
	keep := func(r *kgo.Record) error { got = append(got, r); return nil }
	if err := a.Scan(t.Context(), lake.Offsets{topic: {0: 100, 1: 100}}, lake.Offsets{topic: {0: 900, 1: 900}}, keep); err != nil {
		t.Fatal(err)
	}
	sameRecords(t, want, got)
	if err := a.Scan(t.Context(), nil, lake.Offsets{topic: {1: 1001}}, keep); !errors.Is(err, lake.ErrHole) {
		t.Errorf("read over the end: %v", err)
	}
	stop := errors.New("enough")
	if err := a.Scan(t.Context(), nil, lake.Offsets{topic: {1: 1000}}, func(*kgo.Record) error { return stop }); !errors.Is(err, stop) || errors.Is(err, lake.ErrCorrupt) {
		t.Errorf("the caller's error came back as %v", err)
	}
	remove(t, files(t, dir)[1])
	if a, err = lake.OpenArchive(dir); err != nil {
		t.Fatal(err)
	}
	if err := a.Scan(t.Context(), nil, lake.Offsets{topic: {0: 1000}}, keep); !errors.Is(err, lake.ErrHole) {
		t.Errorf("read over a hole: %v", err)
	}
}

func TestReadOnlyLakeIsRefused(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write anywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := lake.Open(config(dir), start); err == nil {
		t.Error("a read-only lake was opened")
	}
}
