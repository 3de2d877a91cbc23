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
	s := span{from: w.request.Date, to: w.request.Date}
	key := w.key(&t, definition, s.from, s.to)
	table := w.next.Tables[t.Name]
	if len(table.Files) == 1 && table.Files[0].Key == key {
		return nil
	}
	sql := t.SQL
	if w.canMerge(&t, definition) {
		if err := w.mergeViews(ctx, t); err != nil {
			return err
		}
		sql, done.Merged = t.Merge, true
	}
	if err := w.make(ctx, t, sql, s, key, done); err != nil {
		return err
	}
	w.settle(t.Name, definition)
	if t.Merge != "" {
		table = w.next.Tables[t.Name]
		table.Inputs = map[string][]warehouse.File{}
		for _, in := range t.Inputs {
			if files := w.files(in, s.from, s.to); !isWhole(files) {
				table.Inputs[in.view()] = files
			}
		}
		w.next.Tables[t.Name] = table
	}
	w.progress(t.Name, 1, 1)
	return nil
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

// mergeViews makes the views of what t is, of what came and of what left.
func (w *work) mergeViews(ctx context.Context, t Table) error {
	table := w.next.Tables[t.Name]
	prev := View{Columns: t.Columns, Parts: []Part{{Files: []string{w.out.Path(table.Files[0])}}}}
	if err := w.setView(ctx, t.Name+"_prev", prev); err != nil {
		return err
	}
	for _, in := range t.Inputs {
		now := w.files(in, w.request.Date, w.request.Date)
		if isWhole(now) {
			continue
		}
		came, left := difference(table.Inputs[in.view()], now)
		if in.isLake() {
			if err := w.newRecords(ctx, in, came, left); err != nil {
				return err
			}
			continue
		}
		if err := w.view(ctx, in.view()+"_in", in, came); err != nil {
			return err
		}
		if err := w.view(ctx, in.view()+"_out", in, left); err != nil {
			return err
		}
	}
	return nil
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

// newRecords makes the view of the files of the lake that came: those that the new
// index files name and the old ones do not.
func (w *work) newRecords(ctx context.Context, in Input, came, left []warehouse.File) error {
	old := map[string]bool{}
	for _, f := range left {
		files, err := w.lakeFiles(ctx, f)
		if err != nil {
			return err
		}
		for _, l := range files {
			old[f.Date+l.Path] = true
		}
	}
	found := map[string]map[string]bool{}
	for _, f := range came {
		files, err := w.lakeFiles(ctx, f)
		if err != nil {
			return err
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
	return w.setView(ctx, in.view()+"_in", w.lakeView(in.Name, found))
}
