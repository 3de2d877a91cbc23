package lake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/parquet-go/parquet-go"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"globalmart/internal/event"
	"globalmart/internal/lake/flat"
	"globalmart/internal/rules"
)

// CheckOptions say how closely to look.
type CheckOptions struct {
	// Deep reads every row, makes the file anew from the records in it, and
	// compares: so every column and the footer are what the JSON says.
	Deep    bool
	Workers int // files at a time; 0 = 2
	// Progress is told of the records of each file that was looked at. It is called
	// by several goroutines at once, and may be nil.
	Progress func(records int64)
}

// Report is what a check of one source found.
type Report struct {
	Source   string
	Parts    []Part
	Problems []error  // ErrCorrupt, ErrHole, ErrOverlap and others, at most maxProblems
	Found    int      // problems, of which the first are listed
	Temps    []string // files being written, or left by a writer that died
	Files    int64
	Rows     int64 // read, if deep
}

// Part is what a source holds of one partition.
type Part struct {
	Place
	First, Next int64 // offsets: of the first record, and after the last
	Files       int64
	Lost        int64  // offsets whose loss was accepted
	Sum         Footer // of its files, added up
	Spans       []Span // its entries, in order
}

const (
	maxProblems    = 100
	defaultWorkers = 2
)

// Check reads every file of a source: that it is whole and every checksum agrees,
// that its footer agrees with its name, its schema and its row groups, and that the
// files of each partition follow one another without a hole. Imports and history begin at offset
// 0, as does the log. Files that are written meanwhile do no harm.
func Check(ctx context.Context, dir, source string, o CheckOptions) (Report, error) {
	l, err := List(dir, source)
	if err != nil {
		return Report{}, err
	}
	r := Report{Source: source, Temps: l.Temps}
	for _, path := range l.Strays {
		r.problem(fmt.Errorf("lake: %s: %w: no file of the lake is called so", path, ErrCorrupt))
	}
	spans, err := r.look(ctx, l, o)
	if err != nil {
		return Report{}, err
	}
	for _, at := range l.Places() {
		r.part(at, spans[at])
	}
	return r, nil
}

func (r *Report) problem(err error) {
	if r.Found++; len(r.Problems) < maxProblems {
		r.Problems = append(r.Problems, err)
	}
}

// look reads every file, several at a time.
func (r *Report) look(ctx context.Context, l *Listing, o CheckOptions) (map[Place][]Span, error) {
	if o.Workers == 0 {
		o.Workers = defaultWorkers
	}
	var mu sync.Mutex
	spans := map[Place][]Span{}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(o.Workers)
	checkers := make(chan *checker, o.Workers)
	for range o.Workers {
		checkers <- &checker{}
	}
	for _, at := range l.Places() {
		all := make([]Span, len(l.Entries[at])) // the map is not for the workers
		spans[at] = all
		for i, e := range l.Entries[at] {
			g.Go(func() error {
				if err := ctx.Err(); err != nil {
					return fmt.Errorf("lake: check: %w", err)
				}
				c := <-checkers
				defer func() { checkers <- c }()
				s, err := e.span()
				switch {
				case err != nil || e.Gap:
				case o.Deep:
					err = c.check(e)
				default:
					err = e.checkPages()
				}
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil:
					r.problem(err)
				case !e.Gap:
					r.Files++
					if o.Deep {
						r.Rows += s.Footer.Rows
					}
					if o.Progress != nil {
						o.Progress(s.Footer.Records)
					}
				}
				all[i] = s
				return nil
			})
		}
	}
	return spans, g.Wait()
}

// part adds up the spans of a partition; those that could not be read are zero.
func (r *Report) part(at Place, all []Span) {
	p := Part{Place: at, Sum: newFooter(r.Source, at.Topic, at.Partition, "", 0)}
	known := true // how far the files reach
	for i, s := range all {
		if s.Path == "" {
			known = false
			continue
		}
		switch {
		case i == 0 && s.First > 0:
			r.problem(fmt.Errorf("%w, before %s", hole(at, 0, s.First-1), s.Path))
		case known && i > 0 && s.First != p.Next:
			r.problem(discontinuity(p.Spans[len(p.Spans)-1], s))
		}
		if s.Gap {
			p.Lost += s.Last - s.First + 1
		} else {
			if p.Files == 0 {
				p.Sum.From, p.Sum.To = s.Footer.From, s.Footer.To
			}
			p.Files++
			p.Sum.Add(s.Footer)
		}
		p.Spans = append(p.Spans, s)
		p.Next, known = max(p.Next, s.Last+1), true
	}
	if len(p.Spans) > 0 {
		p.First = p.Spans[0].First
	}
	r.Parts = append(r.Parts, p)
}

// checkPages reads every page of e and compares it with its checksum.
func (e Entry) checkPages() error {
	f, err := openFile(e)
	if err != nil {
		return err
	}
	defer f.close()
	if err := f.checkPages(); err != nil {
		return corrupt(e.Path, err)
	}
	return nil
}

// checkPages is that of an open file. The library that reads the headers is not
// proof against every damage.
func (f *file) checkPages() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the pages cannot be read: %v", p)
		}
	}()
	for i := range f.parquet.Metadata().RowGroups {
		for k := range f.schema {
			if err := flat.CheckPages(f.os, &f.parquet.Metadata().RowGroups[i].Columns[k].MetaData); err != nil {
				return err
			}
		}
	}
	return nil
}

// checker makes files anew. It is for one goroutine.
type checker struct {
	pack  *flat.Packer
	rows  map[string]*flat.Writer // by topic
	rower map[string]*rower       // by zone
}

// errDiffers reports a file whose columns are not what its records say.
var errDiffers = errors.New("a column differs from the record")

// check compares the file of e with one made anew from its records: first byte by
// byte, then, if it was written by another version, value by value.
func (c *checker) check(e Entry) error {
	f, err := openFile(e)
	if err != nil {
		return err
	}
	defer f.close()
	same := &comparison{file: f.os}
	footer, err := c.rewrite(f, same)
	if err != nil {
		return err
	}
	if !footer.equal(&f.footer) {
		return corrupt(e.Path, fmt.Errorf("%w: the footer's %s", errDiffers, footer.differ(&f.footer)))
	}
	if !same.differs {
		return nil
	}
	var anew bytes.Buffer
	if _, err := c.rewrite(f, &anew); err != nil {
		return err
	}
	return f.compare(anew.Bytes())
}

// rewrite writes the file f anew to out, in the same row groups, and returns its
// footer.
func (c *checker) rewrite(f *file, out io.Writer) (Footer, error) {
	rower, rows, err := c.tools(f)
	if err != nil {
		return Footer{}, corrupt(f.Path, err)
	}
	defer rows.Reset()
	footer := newFooter(f.Source, f.Topic, f.Partition, f.footer.Zone, f.First)
	var value []byte
	for _, g := range f.parquet.RowGroups() {
		_, err := f.scanGroup(g, f.First, f.footer.Last+1, func(r *kgo.Record) error {
			if r.Offset <= footer.Last {
				return fmt.Errorf("offset %d after %d", r.Offset, footer.Last)
			}
			for footer.Last+1 < r.Offset {
				footer.skip(footer.Last + 1)
			}
			rower.add(rows, &footer, f.Topic, &record{f.Partition, r.Offset, event.TimeOf(r.Timestamp), r.Key, r.Value, r.Headers})
			value = r.Value
			return nil
		})
		if err != nil {
			return footer, corrupt(f.Path, err)
		}
		if err := rows.EndGroup(out); err != nil {
			return footer, err
		}
	}
	for footer.Last < f.footer.Last {
		footer.skip(footer.Last + 1)
	}
	footer.LastHash = valueHash(value)
	return footer, rows.Finish(out, footerKey, footer.text())
}

// tools returns what rows of f are made with.
func (c *checker) tools(f *file) (*rower, *flat.Writer, error) {
	if c.pack == nil {
		c.pack, c.rows, c.rower = flat.NewPacker(), map[string]*flat.Writer{}, map[string]*rower{}
	}
	m := c.rower[f.footer.Zone]
	if m == nil {
		calendar, err := rules.NewCalendar(f.footer.Zone)
		if err != nil {
			return nil, nil, err
		}
		m = &rower{calendar: calendar}
		c.rower[f.footer.Zone] = m
	}
	w := c.rows[f.Topic]
	if w == nil {
		w = flat.NewWriter(schemas[f.Topic], c.pack)
		c.rows[f.Topic] = w
	}
	return m, w, nil
}

// comparison compares what is written to it with a file.
type comparison struct {
	file    *os.File
	at      int64
	buf     []byte
	differs bool
}

func (c *comparison) Write(b []byte) (int, error) {
	if c.differs {
		return len(b), nil
	}
	if cap(c.buf) < len(b) {
		c.buf = make([]byte, len(b))
	}
	got := c.buf[:len(b)]
	if _, err := c.file.ReadAt(got, c.at); err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	c.differs = !bytes.Equal(got, b)
	c.at += int64(len(b))
	return len(b), nil
}

// compare compares the values of f with those of the file anew.
func (f *file) compare(anew []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the rows cannot be read: %v", p)
		}
		if err != nil {
			err = corrupt(f.Path, err)
		}
	}()
	want, err := parquet.OpenFile(bytes.NewReader(anew), int64(len(anew)), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return err
	}
	for i, g := range f.parquet.RowGroups() {
		if i >= len(want.RowGroups()) {
			return fmt.Errorf("%w: %d row groups", errDiffers, len(f.parquet.RowGroups()))
		}
		for k := range f.schema {
			if err := f.compareColumn(g, want.RowGroups()[i], k); err != nil {
				return err
			}
			if err := flat.CheckPages(f.os, &f.parquet.Metadata().RowGroups[i].Columns[k].MetaData); err != nil {
				return err
			}
		}
	}
	return nil
}

// compareColumn compares the values of column k of two row groups.
func (f *file) compareColumn(got, want parquet.RowGroup, k int) error {
	a, err := values(got, k)
	if err != nil {
		return err
	}
	b, err := values(want, k)
	if err != nil {
		return err
	}
	if len(a) != len(b) {
		return fmt.Errorf("%w: %d values of %s, want %d", errDiffers, len(a), f.schema[k].Name, len(b))
	}
	for i := range a {
		if !parquet.Equal(a[i], b[i]) {
			return fmt.Errorf("%w: %s of row %d is %v, want %v", errDiffers, f.schema[k].Name, i, a[i], b[i])
		}
	}
	return nil
}

// values reads column k of a row group.
func values(g parquet.RowGroup, k int) ([]parquet.Value, error) {
	pages := g.ColumnChunks()[k].Pages()
	defer pages.Close()
	var all []parquet.Value
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		n := len(all)
		all = append(all, make([]parquet.Value, page.NumValues())...)
		read, err := page.Values().ReadValues(all[n:])
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		all = all[:n+read]
	}
}

// Err returns what a report found, as one error, or nil.
func (r *Report) Err() error {
	if r.Found == 0 {
		return nil
	}
	return fmt.Errorf("lake: %s: %d problems, the first: %w", filepath.FromSlash(r.Source), r.Found, r.Problems[0])
}
