package batch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"globalmart/internal/warehouse"
)

// work is a run in progress. The tables of a job are made beside one another, each by
// a goroutine of its own, which runs its queries on the sessions of the pools.
type work struct {
	runner  *Runner
	request Request
	base    *warehouse.Manifest
	main    *pool // of the runner's engine alone: for whole tables
	lanes   *pool // for partitions

	mu      sync.Mutex // for all that follows; nobody holds it while a table's query runs
	out     warehouse.Publication
	next    warehouse.Manifest    // what will be published
	changed bool                  // next differs from base
	index   map[string][]lakeFile // files of the lake, by path of the index's file
	now     *JobResult            // of the job that runs
	began   time.Time             // when it did
}

func newWork(r *Runner, q Request, out warehouse.Publication) *work {
	base := out.Base()
	w := &work{
		runner: r, request: q, out: out, base: base, next: base.Clone(),
		index: map[string][]lakeFile{}, main: newPool(1, nil),
	}
	w.main.idle = []*session{newSession(r.Engine)}
	w.lanes = w.main
	if r.Lanes > 1 {
		w.lanes = newPool(r.Lanes, func(ctx context.Context) (Engine, error) { return r.Engine.Lane(ctx, r.Lanes) })
	}
	return w
}

// closeLanes closes what the run has opened; the runner's engine is the caller's.
func (w *work) closeLanes() error {
	if w.lanes == w.main {
		return nil
	}
	return w.lanes.close()
}

// takeArrivals brings the tables that say which files hold which days up to date.
func (w *work) takeArrivals(ctx context.Context) (files int, err error) {
	a, err := arrivals(w.runner.Lake, w.base.Cut)
	if err != nil {
		return 0, err
	}
	s, err := w.main.take(ctx)
	if err != nil {
		return 0, err
	}
	defer w.main.give(s)
	for _, name := range slices.Sorted(maps.Keys(lakeColumns)) {
		found, err := datesOf(ctx, s.engine, w.runner.Lake, name, a.files[strings.TrimPrefix(name, lakePrefix)])
		if err != nil {
			return 0, err
		}
		delete(s.views, name)
		for _, date := range slices.Sorted(maps.Keys(found)) {
			if err := w.addToIndex(ctx, s, name, date, found[date]); err != nil {
				return 0, err
			}
		}
	}
	if a.count > 0 {
		w.next.Cut, w.changed = a.cut, true
	}
	return a.count, nil
}

// addToIndex adds files that hold records of a day.
func (w *work) addToIndex(ctx context.Context, s *session, name string, date Date, files []lakeFile) error {
	table := w.next.Tables[name]
	if i, there := w.partition(name, date); there {
		old, err := w.lakeFiles(ctx, s, table.Files[i])
		if err != nil {
			return err
		}
		files = append(slices.Clone(old), files...)
	}
	path, err := w.out.Create(name, string(date))
	if err != nil {
		return err
	}
	if _, err := s.engine.Write(ctx, indexQuery(files), path, 0); err != nil {
		return err
	}
	f, err := w.out.Add(name, string(date), indexColumns, nil)
	if err != nil {
		return err
	}
	w.index[f.Path] = files
	table.Put(f)
	w.next.Tables[name] = table
	return nil
}

// lakeFiles returns what a file of an index says.
func (w *work) lakeFiles(ctx context.Context, s *session, f warehouse.File) ([]lakeFile, error) {
	if files, known := w.index[f.Path]; known {
		return files, nil
	}
	const name = "lake_index"
	if err := s.engine.View(ctx, name, View{Columns: indexColumns, Parts: []Part{{Files: []string{w.out.Path(f)}}}}); err != nil {
		return nil, err
	}
	rows, err := s.engine.Query(ctx, "select lake_source, path, records from "+name+" order by lake_source, path")
	if err != nil {
		return nil, err
	}
	files := make([]lakeFile, len(rows))
	for i, row := range rows {
		files[i] = lakeFile{row[0].(string), row[1].(string), row[2].(int64)}
	}
	w.index[f.Path] = files
	return files, nil
}

// partition finds the file of a partition of a table in the next manifest.
func (w *work) partition(name string, date Date) (int, bool) {
	return slices.BinarySearchFunc(w.next.Tables[name].Files, string(date), func(f warehouse.File, date string) int {
		return strings.Compare(f.Date, date)
	})
}

// files returns the files of an input for the days [from, to) of a query.
func (w *work) files(in Input, from, to Date) []warehouse.File {
	table := w.next.Tables[in.Name]
	if len(table.Files) == 1 && table.Files[0].Date == "" {
		return table.Files
	}
	start, end := in.window(from, to)
	return table.Between(string(start), string(end))
}

// key is the key of what is made of the inputs for [from, to).
func (w *work) key(t *Table, definition string, from, to Date) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, definition)
	dated, err := t.dated()
	if err != nil {
		return "", err
	}
	if dated && t.Grain == Whole {
		fmt.Fprintln(h, w.request.Date)
	}
	for _, in := range t.Inputs {
		if in.Loose {
			continue
		}
		fmt.Fprintln(h, in.Name)
		for _, f := range w.files(in, from, to) {
			fmt.Fprintln(h, f.Path)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}

// view returns the view of an input.
func (w *work) view(ctx context.Context, s *session, name string, in Input, files []warehouse.File) (namedView, error) {
	if in.isLake() {
		found := map[string]map[string]bool{}
		for _, f := range files {
			entries, err := w.lakeFiles(ctx, s, f)
			if err != nil {
				return namedView{}, err
			}
			for _, e := range entries {
				if found[e.Source] == nil {
					found[e.Source] = map[string]bool{}
				}
				found[e.Source][e.Path] = true
				w.now.RowsIn += e.Rows
			}
		}
		return namedView{name, w.lakeView(in.Name, found)}, nil
	}
	table, there := Find(in.Name)
	if !there {
		return namedView{}, fmt.Errorf("batch: no table is called %s", in.Name)
	}
	part := Part{}
	for _, f := range files {
		part.Files = append(part.Files, w.out.Path(f))
		w.now.RowsIn += f.Rows
	}
	return namedView{name, View{Columns: table.Columns, Parts: []Part{part}}}, nil
}

// lakeView is a view of files of the lake, given by source and path.
func (w *work) lakeView(topic string, found map[string]map[string]bool) View {
	v := View{Columns: lakeColumns[topic], Origin: true}
	for _, source := range slices.Sorted(maps.Keys(found)) {
		paths := slices.Sorted(maps.Keys(found[source]))
		for i, p := range paths {
			paths[i] = filepath.Join(w.runner.Lake, filepath.FromSlash(p))
		}
		v.Parts = append(v.Parts, Part{source, paths})
	}
	return v
}
