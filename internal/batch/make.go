package batch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"globalmart/internal/warehouse"
)

// span is the days [from, to) of a partition; date is "" for a whole table.
type span struct {
	date     string
	from, to Date
}

// table brings a table up to date. What it reads is.
func (w *work) table(ctx context.Context, t Table, done *TableResult) error {
	definition, err := t.definition(w.runner.Values)
	if err != nil {
		return err
	}
	done.Table = t.Name
	if t.Grain == Whole {
		err = w.whole(ctx, t, definition, done)
	} else {
		err = w.partitions(ctx, t, definition, done)
	}
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.next.Tables[t.Name]
	done.Rows, done.Bytes = now.Rows(), now.Bytes()
	return nil
}

// partitions makes those partitions whose inputs have changed: several at the same
// time, but of a table that reads itself one after the other, the oldest first.
func (w *work) partitions(ctx context.Context, t Table, definition string, done *TableResult) error {
	w.mu.Lock()
	spans := w.spans(t)
	w.drop(t.Name, spans)
	w.mu.Unlock()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(w.lanes.size())
	if slices.ContainsFunc(t.Inputs, func(in Input) bool { return in.Name == t.Name }) {
		g.SetLimit(1)
	}
	for _, s := range spans {
		g.Go(func() error {
			if err := w.part(ctx, t, definition, s, done, len(spans)); err != nil {
				return fmt.Errorf("%s: %w", s.date, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settle(t.Name, definition)
	return nil
}

// part makes one of so many partitions, if its inputs have changed.
func (w *work) part(ctx context.Context, t Table, definition string, s span, done *TableResult, of int) error {
	w.mu.Lock()
	key, err := w.key(&t, definition, s.from, s.to)
	at, there := w.partition(t.Name, Date(s.date))
	fresh := there && w.next.Tables[t.Name].Files[at].Key == key
	w.mu.Unlock()
	if err != nil || fresh {
		return err
	}
	lane, err := w.lanes.take(ctx)
	if err != nil {
		return err
	}
	defer w.lanes.give(lane)
	return w.make(ctx, lane, making{table: t, sql: t.SQL, span: s, key: key, of: of}, done)
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

// making is a file of a table that is to be made.
type making struct {
	table Table
	sql   string // file of sql/
	span
	key    string
	merged []namedView // that it reads beside its inputs
	of     int         // how many files the table has
}

// make makes a file on a session.
func (w *work) make(ctx context.Context, s *session, m making, done *TableResult) error {
	started, views, path, err := w.begin(ctx, s, m)
	if err != nil {
		return err
	}
	params := partParams(m.from, m.to, w.request.Date)
	if m.table.Grain == Whole {
		params = WholeParams(m.table, w.request.Date)
	}
	maps.Copy(params, w.runner.Values)
	query, err := SQL(m.sql, params)
	if err != nil {
		return err
	}
	err = s.write(ctx, views, query, path, m.table.rowGroup())
	if errors.Is(err, ErrMemory) && s.engine == w.runner.Engine {
		err = w.writeOnOneCore(ctx, views, query, path, m.table.rowGroup())
	}
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.keep(m, done); err != nil {
		return err
	}
	done.took(started.Sub(w.began), w.runner.Now().Sub(w.began))
	if w.runner.Progress != nil {
		w.runner.Progress(m.table.Name, done.Made, m.of)
	}
	return nil
}

// writeOnOneCore writes a file on one core with all the memory that there is. What it
// cannot hold it spills, and several cores hold more at a time: they fail at the order
// of some millions of customers, one does not.
func (w *work) writeOnOneCore(ctx context.Context, views []namedView, query, path string, rowGroup int) error {
	lane, err := w.runner.Engine.Lane(ctx, 1)
	if err != nil {
		return err
	}
	return errors.Join(newSession(lane).write(ctx, views, query, path, rowGroup), lane.Close())
}

// begin returns what the query of a file reads, and where to write it.
func (w *work) begin(ctx context.Context, s *session, m making) (started time.Time, views []namedView, path string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	started, views = w.runner.Now(), slices.Clone(m.merged)
	for _, in := range m.table.Inputs {
		v, err := w.view(ctx, s, in.view(), in, w.files(in, m.from, m.to))
		if err != nil {
			return started, nil, "", err
		}
		views = append(views, v)
	}
	path, err = w.out.Create(m.table.Name, m.date)
	return started, views, path, err
}

// keep takes a file that was written into the next manifest. If it is as the one that
// was there, that one stays.
func (w *work) keep(m making, done *TableResult) error {
	table := w.next.Tables[m.table.Name]
	var old *warehouse.File
	if at, there := w.partition(m.table.Name, Date(m.date)); there {
		file := table.Files[at]
		old = &file
	}
	f, err := w.out.Add(m.table.Name, m.date, m.table.Columns, old)
	if err != nil {
		return err
	}
	done.Made++
	if old == nil || f.Path != old.Path {
		done.Changed++
		w.now.RowsOut += f.Rows
		w.now.Bytes += f.Bytes
	}
	f.Key = m.key
	table.Put(f)
	w.next.Tables[m.table.Name], w.changed = table, true
	return nil
}

// settle notes what a table was made as of.
func (w *work) settle(name, definition string) {
	table := w.next.Tables[name]
	table.AsOf, table.Definition = string(w.request.Date), definition
	w.next.Tables[name] = table
}
