package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// SalesWindows returns the windows of q that have sales or refunds, newest
// first. Days are not kept: they are the caller's sums of hours.
func (s *Store) SalesWindows(ctx context.Context, q store.SalesQuery) ([]store.SalesWindow, error) {
	text, err := windowsOf(q)
	if err != nil {
		return nil, fmt.Errorf("sqlite: sales windows: %w", err)
	}
	limit := int64(-1) // SQLite's no limit
	if q.Limit > 0 {
		limit = int64(q.Limit)
	}
	args := []any{
		sql.Named("from", int64(q.From)), sql.Named("to", int64(end(q.To))), sql.Named("country", q.Country),
		sql.Named("category", q.Category), sql.Named("limit", limit),
	}
	var windows []store.SalesWindow
	err = s.read(ctx, text, args, func(rows *sql.Rows) error {
		var w store.SalesWindow
		if err := rows.Scan(append([]any{&w.Start}, measures(&w.Sales)...)...); err != nil {
			return err
		}
		windows = append(windows, w)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: sales windows: %w", err)
	}
	return windows, nil
}

// windowsOf chooses the statement for q.
func windowsOf(q store.SalesQuery) (string, error) {
	switch {
	case q.Granularity == store.Hour:
		return getHours, nil
	case q.Granularity != store.Minute:
		return "", fmt.Errorf("granularity %q is not kept", q.Granularity)
	case q.Category == "":
		return getMinutesByCountry, nil
	case q.Country == "":
		return getMinutesByCategory, nil
	}
	return "", errors.New("minutes are not kept by country and category; ask for hours")
}

// end returns to, or for 0 a time after all.
func end(to event.Time) event.Time {
	if to == 0 {
		return math.MaxInt64
	}
	return to
}

// measures returns where to scan the columns of sales, in the order of every
// statement.
func measures(s *store.Sales) []any {
	return []any{
		&s.Orders, &s.Units, &s.RevenueMinor, &s.Refunds,
		&s.UnitsReturned, &s.RefundedMinor, &s.TaxMinor, &s.ShippingMinor,
	}
}

// read runs a statement on a reader and calls scan for every row.
func (s *Store) read(ctx context.Context, text string, args []any, scan func(*sql.Rows) error) error {
	rows, err := s.readers.QueryContext(ctx, text, args...)
	if err != nil {
		return classify(err)
	}
	return classify(each(rows, scan))
}
