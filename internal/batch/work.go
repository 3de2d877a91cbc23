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

	"globalmart/internal/warehouse"
)

// work is a run in progress.
type work struct {
	runner  *Runner
	request Request
	out     warehouse.Publication
	base    *warehouse.Manifest
	next    warehouse.Manifest    // what will be published
	changed bool                  // next differs from base
	views   map[string]string     // what the engine's views are of
	index   map[string][]lakeFile // files of the lake, by path of the index's file
	now     *JobResult            // of the job that runs
}

func newWork(r *Runner, q Request, out warehouse.Publication) *work {
	base := out.Base()
	return &work{
		runner: r, request: q, out: out, base: base, next: base.Clone(),
		views: map[string]string{}, index: map[string][]lakeFile{},
	}
}

// takeArrivals brings the tables that say which files hold which days up to date.
func (w *work) takeArrivals(ctx context.Context) (files int, err error) {
	a, err := arrivals(w.runner.Lake, w.base.Cut)
	if err != nil {
		return 0, err
	}
	for _, name := range slices.Sorted(maps.Keys(lakeColumns)) {
		found, err := datesOf(ctx, w.runner.Engine, w.runner.Lake, name, a.files[strings.TrimPrefix(name, lakePrefix)])
		if err != nil {
			return 0, err
		}
		delete(w.views, name)
		for _, date := range slices.Sorted(maps.Keys(found)) {
			if err := w.addToIndex(ctx, name, date, found[date]); err != nil {
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
func (w *work) addToIndex(ctx context.Context, name string, date Date, files []lakeFile) error {
	table := w.next.Tables[name]
	if i, there := w.partition(name, date); there {
		old, err := w.lakeFiles(ctx, table.Files[i])
		if err != nil {
			return err
		}
		files = append(slices.Clone(old), files...)
	}
	f, err := w.write(ctx, name, string(date), indexQuery(files), indexColumns, 0, nil)
	if err != nil {
		return err
	}
	w.index[f.Path] = files
	table.Put(f)
	w.next.Tables[name] = table
	return nil
}

// lakeFiles returns what a file of an index says.
func (w *work) lakeFiles(ctx context.Context, f warehouse.File) ([]lakeFile, error) {
	if files, known := w.index[f.Path]; known {
		return files, nil
	}
	const name = "lake_index"
	if err := w.runner.Engine.View(ctx, name, View{Columns: indexColumns, Parts: []Part{{Files: []string{w.out.Path(f)}}}}); err != nil {
		return nil, err
	}
	rows, err := w.runner.Engine.Query(ctx, "select lake_source, path, records from "+name+" order by lake_source, path")
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
func (w *work) key(t *Table, definition string, from, to Date) string {
	h := sha256.New()
	fmt.Fprintln(h, definition)
	if t.Grain == Whole {
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
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// view makes the view of an input.
func (w *work) view(ctx context.Context, name string, in Input, files []warehouse.File) error {
	v := View{}
	if in.isLake() {
		found := map[string]map[string]bool{}
		for _, f := range files {
			entries, err := w.lakeFiles(ctx, f)
			if err != nil {
				return err
			}
			for _, e := range entries {
				if found[e.Source] == nil {
					found[e.Source] = map[string]bool{}
				}
				found[e.Source][e.Path] = true
				w.now.RowsIn += e.Rows
			}
		}
		return w.setView(ctx, name, w.lakeView(in.Name, found))
	}
	table, there := Find(in.Name)
	if !there {
		return fmt.Errorf("batch: no table is called %s", in.Name)
	}
	v.Columns = table.Columns
	part := Part{}
	for _, f := range files {
		part.Files = append(part.Files, w.out.Path(f))
		w.now.RowsIn += f.Rows
	}
	v.Parts = []Part{part}
	return w.setView(ctx, name, v)
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

// setView makes a view unless it is as it should be.
func (w *work) setView(ctx context.Context, name string, v View) error {
	sign := fmt.Sprint(v.Parts)
	if w.views[name] == sign {
		return nil
	}
	delete(w.views, name)
	if err := w.runner.Engine.View(ctx, name, v); err != nil {
		return err
	}
	w.views[name] = sign
	return nil
}

// write writes a partition, with so many rows in a row group; 0 is the engine's own
// size. If it comes out as old, that one is returned.
func (w *work) write(ctx context.Context, table, date, query string, columns []Column, rowGroup int, old *warehouse.File) (warehouse.File, error) {
	path, err := w.out.Create(table, date)
	if err != nil {
		return warehouse.File{}, err
	}
	if _, err := w.runner.Engine.Write(ctx, query, path, rowGroup); err != nil {
		return warehouse.File{}, err
	}
	return w.out.Add(table, date, columns, old)
}
