package batchtest

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/batch"
	engine "globalmart/internal/batch/duckdb"
	"globalmart/internal/duckdb"
	"globalmart/internal/event"
	"globalmart/internal/lake"
	"globalmart/internal/rules"
	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/parquet"
)

// Shop is a lake and the warehouse that the jobs make of it, in folders of a test.
//
//	shop := batchtest.NewShop(t)
//	shop.Log(events...)                   // one file for each topic-partition
//	shop.Run("2026-03-05", batch.Jobs()...)
//	shop.Text("select * from fact_sales_day order by all")
type Shop struct {
	Lake      string
	Warehouse *parquet.Warehouse
	Mirrors   []warehouse.Mirror // of it; a test may set them

	t       testing.TB
	open    Opener           // of what runs the jobs
	offsets map[string]int64 // next, by topic and partition
	runs    int
}

// partitions is how many the log of a shop has.
const partitions = 2

// Calendar is that of the shop's days: not those of UTC.
func Calendar() rules.Calendar {
	c, err := rules.NewCalendar("America/New_York")
	if err != nil {
		panic(err)
	}
	return c
}

// NewShop returns a shop in whose lake nothing is.
func NewShop(t testing.TB) *Shop {
	t.Helper()
	dir := t.TempDir()
	s := &Shop{Lake: filepath.Join(dir, "lake"), t: t, open: DuckDB, offsets: map[string]int64{}}
	s.Warehouse = parquet.New(filepath.Join(dir, "warehouse"), s.now)
	return s
}

// now is a minute later at each run.
func (s *Shop) now() time.Time {
	return time.Date(2026, 6, 1, 0, s.runs, 0, 0, time.UTC)
}

// Over returns another shop with the same lake, and nothing in its warehouse.
func (s *Shop) Over() *Shop {
	other := NewShop(s.t)
	other.Lake = s.Lake
	return other
}

// On returns another shop with the same lake, and nothing in its warehouse, whose jobs
// another engine runs.
func (s *Shop) On(open Opener) *Shop {
	other := s.Over()
	other.open = open
	return other
}

// Log writes events to the log's part of the lake, in their order, to a file for each
// topic-partition.
func (s *Shop) Log(events ...event.Event) {
	s.t.Helper()
	w, err := lake.Open(lake.Config{Dir: s.Lake, Calendar: Calendar()}, s.now())
	if err != nil {
		s.t.Fatal(err)
	}
	for i := range events {
		if err := w.Append(s.record(&events[i])); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *Shop) record(e *event.Event) *kgo.Record {
	topic, partition := e.Type.Topic(), int32(0)
	for _, b := range []byte(e.Key()) {
		partition = (partition + int32(b)) % partitions
	}
	at := fmt.Sprintf("%s/%d", topic, partition)
	offset := s.offsets[at]
	s.offsets[at] = offset + 1
	return &kgo.Record{
		Topic: topic, Partition: partition, Offset: offset, Key: []byte(e.Key()), Value: e.AppendJSON(nil), Timestamp: e.ReceivedAt.Std(),
	}
}

// History writes events to a day (yyyy-mm-dd, in UTC) of a source that is written in
// whole days: lake.SourceHistory, or an import's.
func (s *Shop) History(source, day string, events ...event.Event) {
	s.t.Helper()
	b, err := lake.OpenBulk(lake.BulkConfig{Dir: s.Lake, Source: source, Calendar: Calendar(), Manifest: lake.Manifest{"made": "by a test"}})
	if err != nil {
		s.t.Fatal(err)
	}
	defer b.Close()
	d, err := b.Day(day)
	if err != nil {
		s.t.Fatal(err)
	}
	p, err := d.Part(0)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := range events {
		if err := p.Add(&events[i]); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := d.Commit(); err != nil {
		s.t.Fatal(err)
	}
}

// Run runs jobs as of a date.
func (s *Shop) Run(date batch.Date, jobs ...batch.Job) *batch.Result {
	s.t.Helper()
	result, err := s.TryRun(date, jobs...)
	if err != nil {
		s.t.Fatal(err)
	}
	return result
}

// TryRun does so, and may fail.
func (s *Shop) TryRun(date batch.Date, jobs ...batch.Job) (*batch.Result, error) {
	s.t.Helper()
	s.runs++
	e := s.open(s.t, s.Lake, s.Warehouse.Dir)
	defer e.Close()
	r := batch.Runner{
		Engine: e, Warehouse: s.Warehouse, Mirrors: s.Mirrors, Lake: s.Lake, Rules: 1, Now: s.now, Lanes: 1 + s.runs%2,
		Values: batch.Params{"segments": rules.Default().RFM.Segments.Cells()},
	}
	return r.Run(s.t.Context(), batch.Request{Run: fmt.Sprintf("run-%04d", s.runs), Jobs: jobs, Date: date})
}

// DuckDB opens the engine that the jobs run on by default.
func DuckDB(t testing.TB, dirs ...string) batch.Engine {
	t.Helper()
	e, err := engine.Open(t.Context(), duckdb.Config{
		Memory: 256 << 20, Threads: 2, Dirs: dirs, TempDir: t.TempDir(), KeepFooters: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Text returns the rows of a query over the tables as they were published last, a
// line each.
func (s *Shop) Text(query string) string {
	s.t.Helper()
	var text strings.Builder
	for _, row := range s.Rows(query) {
		fmt.Fprintln(&text, row...)
	}
	return text.String()
}

// Rows returns those rows. DuckDB reads them, whatever made them.
func (s *Shop) Rows(query string) [][]any {
	s.t.Helper()
	m, err := s.Warehouse.Current()
	if err != nil {
		s.t.Fatal(err)
	}
	e := DuckDB(s.t, s.Warehouse.Dir)
	defer e.Close()
	for _, t := range batch.Graph() {
		var paths []string
		for _, f := range m.Tables[t.Name].Files {
			paths = append(paths, s.Warehouse.Path(f))
		}
		if err := e.View(s.t.Context(), t.Name, batch.View{Columns: t.Columns, Parts: []batch.Part{{Files: paths}}}); err != nil {
			s.t.Fatal(err)
		}
	}
	rows, err := e.Query(s.t.Context(), query)
	if err != nil {
		s.t.Fatal(err)
	}
	return rows
}
