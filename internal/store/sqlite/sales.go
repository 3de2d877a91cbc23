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

// SalesTotals returns the sums over [from, to); to 0 is no end. from and to are
// on minutes and the answer is exact to the minute, as long as the minutes at
// both ends are kept; of those that are not (see PruneMinutes), and always when
// both country and category are given, only the hours count that lie wholly
// within. "" is all. Orders of one category are those that touch it.
func (s *Store) SalesTotals(ctx context.Context, from, to event.Time, country, category string) (store.Sales, error) {
	text := getTotalsByCountry
	switch {
	case country != "" && category != "":
		text = getTotalsOfHours
	case category != "":
		text = getTotalsByCategory
	}
	var total store.Sales
	err := s.readers.QueryRowContext(ctx, text,
		sql.Named("from", int64(from)), sql.Named("to", int64(end(to))),
		sql.Named("country", country), sql.Named("category", category),
	).Scan(measures(&total)...)
	if err != nil {
		return store.Sales{}, fmt.Errorf("sqlite: sales totals: %w", classify(err))
	}
	return total, nil
}

// SalesSplit returns the sums of the hours of q by country or category, by name.
func (s *Store) SalesSplit(ctx context.Context, q store.SplitQuery) ([]store.SalesPart, error) {
	text := getSplitByCountry
	switch q.By {
	case store.ByCountry:
	case store.ByCategory:
		text = getSplitByCategory
	default:
		return nil, fmt.Errorf("sqlite: sales by %q: no such split", q.By)
	}
	var parts []store.SalesPart
	err := s.read(ctx, text, []any{
		sql.Named("from", int64(q.From)), sql.Named("to", int64(end(q.To))), sql.Named("country", q.Country), sql.Named("category", q.Category),
	}, func(rows *sql.Rows) error {
		var p store.SalesPart
		err := rows.Scan(append([]any{&p.Name}, measures(&p.Sales)...)...)
		parts = append(parts, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: sales by %s: %w", q.By, err)
	}
	return parts, nil
}

// Countries lists the countries with sales or refunds, by code.
func (s *Store) Countries(ctx context.Context) ([]string, error) {
	return s.names(ctx, listCountries)
}

// Categories lists the categories with sales or refunds, by name.
func (s *Store) Categories(ctx context.Context) ([]string, error) {
	return s.names(ctx, listCategories)
}

func (s *Store) names(ctx context.Context, text string) ([]string, error) {
	var names []string
	err := s.read(ctx, text, nil, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		names = append(names, name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: list names: %w", err)
	}
	return names, nil
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
