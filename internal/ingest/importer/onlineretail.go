package importer

import (
	"bufio"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"globalmart/internal/event"
)

const (
	// onlineRetailCurrency is the currency of the Online Retail data set.
	onlineRetailCurrency = "GBP"

	// maxRows bounds a file, as it is held in memory.
	maxRows = 10_000_000

	rowsPerCheck = 1024 // of the context
)

// OnlineRetail reads the Online Retail data set, as CSV with a header, plain or
// compressed by xz or gzip. See the package comment for what becomes of it.
//
// It fails if r fails, if a column is missing (the error names it), if there
// are no rows or over 10 million, or when ctx ends. Rows that cannot be read do
// not fail it: they are rejected.
func OnlineRetail(ctx context.Context, r io.Reader, o Options) (*Import, error) {
	b := newBook(o)
	return b.load(r, func(f *file) (iter.Seq[*event.Event], error) {
		if err := b.read(ctx, f); err != nil {
			return nil, err
		}
		return b.events(), nil
	})
}

// read reads every row of f into b.
func (b *book) read(ctx context.Context, f *file) error {
	text := csv.NewReader(bufio.NewReader(f))
	text.ReuseRecord = true
	header, err := text.Read()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the file is empty")
		}
		return fmt.Errorf("importer: read header: %w", err)
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	at, err := columnsOf(header)
	if err != nil {
		return err
	}
	f.nextRow()
	parser := rowParser{at: at, zone: cmp.Or(b.options.Zone, time.UTC)}
	for {
		if b.summary.Rows%rowsPerCheck == 0 && ctx.Err() != nil {
			return fmt.Errorf("importer: read rows: %w", context.Cause(ctx))
		}
		record, err := text.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		f.nextRow()
		if b.summary.Rows++; b.summary.Rows > maxRows {
			return fmt.Errorf("importer: read rows: over %d rows, more than one import takes; split the file by date", maxRows)
		}
		if err := b.take(&parser, text, record, err); err != nil {
			return err
		}
	}
	if b.summary.Rows == 0 {
		return errors.New("importer: read rows: the file has a header and no rows")
	}
	return nil
}

// take takes one record, which was read with err, or rejects it. It fails if
// the file cannot be read on.
func (b *book) take(parser *rowParser, text *csv.Reader, record []string, err error) error {
	if parseError, ok := errors.AsType[*csv.ParseError](err); ok {
		detail := parseError.Err.Error()
		if parseError.Line > parseError.StartLine {
			detail = fmt.Sprintf("lines %d to %d: %s", parseError.StartLine, parseError.Line, detail)
		}
		b.reject(Rejection{Line: parseError.StartLine, Rows: 1, Reason: BadCSV, Detail: detail, Row: shown(strings.Join(record, ","))})
		return nil
	}
	if err != nil {
		return fmt.Errorf("importer: read row %d: %w", b.summary.Rows, err)
	}
	line, _ := text.FieldPos(0)
	r, bad := parser.parse(record)
	if bad == nil {
		bad = b.add(&r, line)
	}
	if bad != nil {
		b.reject(Rejection{Line: line, Rows: 1, Reason: bad.reason, Detail: bad.detail, Row: shown(strings.Join(record, ","))})
	}
	return nil
}
