package batch

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"globalmart/internal/warehouse"
)

// span is the days [from, to) of a partition; date is "" for a whole table.
type span struct {
	date     string
	from, to Date
}

// table brings a table up to date.
func (w *work) table(ctx context.Context, t Table) (*TableResult, error) {
	started := w.runner.Now()
	definition, err := t.definition(w.runner.Values)
	if err != nil {
		return nil, err
	}
	done := &TableResult{Table: t.Name}
	if t.Grain == Whole {
		err = w.whole(ctx, t, definition, done)
	} else {
		err = w.partitions(ctx, t, definition, done)
	}
	if err != nil {
		return nil, err
	}
	now := w.next.Tables[t.Name]
	done.Rows, done.Bytes = now.Rows(), now.Bytes()
	done.Seconds = w.runner.Now().Sub(started).Seconds()
	return done, nil
}

// partitions makes those partitions whose inputs have changed, oldest first.
func (w *work) partitions(ctx context.Context, t Table, definition string, done *TableResult) error {
	spans := w.spans(t)
	w.drop(t.Name, spans)
	for i, s := range spans {
		key := w.key(&t, definition, s.from, s.to)
		if at, there := w.partition(t.Name, Date(s.date)); there && w.next.Tables[t.Name].Files[at].Key == key {
			continue
		}
		if err := w.make(ctx, t, t.SQL, s, key, done); err != nil {
			return fmt.Errorf("%s: %w", s.date, err)
		}
		w.progress(t.Name, i+1, len(spans))
	}
	w.settle(t.Name, definition)
	return nil
}

func (w *work) progress(table string, done, due int) {
	if w.runner.Progress != nil {
		w.runner.Progress(table, done, due)
	}
}

// spans returns the partitions that t has to have: the days, or months, that its
// inputs by day have.
func (w *work) spans(t Table) []span {
	dates := map[Date]bool{}
	for _, in := range t.Inputs {
		if in.Name == t.Name {
			continue
		}
		for _, f := range w.next.Tables[in.Name].Files {
			if f.Date == "" {
				continue
			}
			if t.Grain == Month {
				dates[Date(f.Date).Month()] = true
			} else {
				dates[Date(f.Date)] = true
			}
		}
	}
	spans := make([]span, 0, len(dates))
	for _, d := range slices.Sorted(maps.Keys(dates)) {
		to := d.Add(1)
		if t.Grain == Month {
			to = d.NextMonth()
		}
		spans = append(spans, span{string(d), d, to})
	}
	return spans
}

// drop drops the partitions that are not in spans.
func (w *work) drop(name string, spans []span) {
	keep := map[string]bool{}
	for _, s := range spans {
		keep[s.date] = true
	}
	table := w.next.Tables[name]
	before := len(table.Files)
	table.Files = slices.DeleteFunc(table.Files, func(f warehouse.File) bool { return !keep[f.Date] })
	if len(table.Files) != before {
		w.next.Tables[name], w.changed = table, true
	}
}

// make makes one file of t.
func (w *work) make(ctx context.Context, t Table, sql string, s span, key string, done *TableResult) error {
	for _, in := range t.Inputs {
		if err := w.view(ctx, in.view(), in, w.files(in, s.from, s.to)); err != nil {
			return err
		}
	}
	params := partParams(s.from, s.to, w.request.Date)
	if t.Grain == Whole {
		params = WholeParams(t, w.request.Date)
	}
	maps.Copy(params, w.runner.Values)
	query, err := SQL(sql, params)
	if err != nil {
		return err
	}
	table := w.next.Tables[t.Name]
	var old *warehouse.File
	if at, there := w.partition(t.Name, Date(s.date)); there {
		file := table.Files[at]
		old = &file
	}
	f, err := w.write(ctx, t.Name, s.date, query, t.Columns, t.rowGroup(), old)
	if err != nil {
		return err
	}
	done.Made++
	if old == nil || f.Path != old.Path {
		done.Changed++
		w.now.RowsOut += f.Rows
		w.now.Bytes += f.Bytes
	}
	f.Key = key
	table.Put(f)
	w.next.Tables[t.Name], w.changed = table, true
	return nil
}

// settle notes what a table was made as of.
func (w *work) settle(name, definition string) {
	table := w.next.Tables[name]
	table.AsOf, table.Definition = string(w.request.Date), definition
	w.next.Tables[name] = table
}
