package batch

import (
	"context"
	"slices"

	"globalmart/internal/warehouse"
)

// mergeShare is how much of a table's days may have changed for them to be added and
// taken away: above, it is quicker to begin anew.
const mergeShare = 4 // a quarter

// whole brings a table that is kept in one file up to date.
func (w *work) whole(ctx context.Context, t Table, definition string, done *TableResult) error {
	s, err := w.main.take(ctx)
	if err != nil {
		return err
	}
	defer w.main.give(s)
	m := making{table: t, sql: t.SQL, span: span{from: w.request.Date, to: w.request.Date}, of: 1}
	fresh, err := w.decide(ctx, s, definition, &m, done)
	if err != nil || fresh {
		return err
	}
	if err := w.make(ctx, s, m, done); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settle(t.Name, definition)
	if t.Merge != "" {
		table := w.next.Tables[t.Name]
		table.Inputs = map[string][]warehouse.File{}
		for _, in := range t.Inputs {
			if files := w.files(in, m.from, m.to); !isWhole(files) {
				table.Inputs[in.view()] = files
			}
		}
		w.next.Tables[t.Name] = table
	}
	return nil
}

// decide looks whether a table is up to date, and otherwise how to make it.
func (w *work) decide(ctx context.Context, s *session, definition string, m *making, done *TableResult) (fresh bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if m.key, err = w.key(&m.table, definition, m.from, m.to); err != nil {
		return false, err
	}
	table := w.next.Tables[m.table.Name]
	if len(table.Files) == 1 && table.Files[0].Key == m.key {
		w.settle(m.table.Name, definition)
		return true, nil
	}
	if w.canMerge(&m.table, definition) {
		m.merged, err = w.mergeViews(ctx, s, m.table)
		m.sql, done.Merged = m.table.Merge, true
	}
	return false, err
}

func isWhole(files []warehouse.File) bool { return len(files) == 1 && files[0].Date == "" }

// canMerge reports whether t can be made of what it was.
func (w *work) canMerge(t *Table, definition string) bool {
	table := w.next.Tables[t.Name]
	if t.Merge == "" || len(table.Files) != 1 || table.Definition != definition {
		return false
	}
	for _, in := range t.Inputs {
		now := w.files(in, w.request.Date, w.request.Date)
		if isWhole(now) {
			continue
		}
		was, noted := table.Inputs[in.view()]
		if !noted {
			return false
		}
		if came, left := difference(was, now); mergeShare*max(len(came), len(left)) > len(now)+mergeShare {
			return false
		}
	}
	return true
}

// mergeViews returns the views of what t is, of what came and of what left.
func (w *work) mergeViews(ctx context.Context, s *session, t Table) ([]namedView, error) {
	table := w.next.Tables[t.Name]
	views := []namedView{{t.Name + "_prev", View{Columns: t.Columns, Parts: []Part{{Files: []string{w.out.Path(table.Files[0])}}}}}}
	for _, in := range t.Inputs {
		now := w.files(in, w.request.Date, w.request.Date)
		if isWhole(now) {
			continue
		}
		came, left := difference(table.Inputs[in.view()], now)
		if in.isLake() {
			v, err := w.newRecords(ctx, s, in, came, left)
			if err != nil {
				return nil, err
			}
			views = append(views, v)
			continue
		}
		for name, files := range map[string][]warehouse.File{in.view() + "_in": came, in.view() + "_out": left} {
			v, err := w.view(ctx, s, name, in, files)
			if err != nil {
				return nil, err
			}
			views = append(views, v)
		}
	}
	return views, nil
}

// difference returns the files that are only in now, and those that are only in was.
func difference(was, now []warehouse.File) (came, left []warehouse.File) {
	return without(now, was), without(was, now)
}

func without(files, others []warehouse.File) []warehouse.File {
	paths := map[string]bool{}
	for _, f := range others {
		paths[f.Path] = true
	}
	return slices.DeleteFunc(slices.Clone(files), func(f warehouse.File) bool { return paths[f.Path] })
}

// newRecords returns the view of the files of the lake that came: those that the new
// index files name and the old ones do not.
func (w *work) newRecords(ctx context.Context, s *session, in Input, came, left []warehouse.File) (namedView, error) {
	old := map[string]bool{}
	for _, f := range left {
		files, err := w.lakeFiles(ctx, s, f)
		if err != nil {
			return namedView{}, err
		}
		for _, l := range files {
			old[f.Date+l.Path] = true
		}
	}
	found := map[string]map[string]bool{}
	for _, f := range came {
		files, err := w.lakeFiles(ctx, s, f)
		if err != nil {
			return namedView{}, err
		}
		for _, l := range files {
			if old[f.Date+l.Path] {
				continue
			}
			if found[l.Source] == nil {
				found[l.Source] = map[string]bool{}
			}
			found[l.Source][l.Path] = true
			w.now.RowsIn += l.Rows
		}
	}
	return namedView{in.view() + "_in", w.lakeView(in.Name, found)}, nil
}
