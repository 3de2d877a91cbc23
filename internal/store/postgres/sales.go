package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// SalesWindows returns the windows of q that have sales or refunds, newest
// first. Days are not kept: they are the caller's sums of hours.
func (s *Store) SalesWindows(ctx context.Context, q store.SalesQuery) ([]store.SalesWindow, error) {
	text, err := windowsOf(q)
	if err != nil {
		return nil, fmt.Errorf("postgres: sales windows: %w", err)
	}
	args := named{
		"from": int64(q.From), "to": int64(store.Until(q.To)), "country": q.Country,
		"category": q.Category, "limit": nil, // no limit
	}
	if q.Limit > 0 {
		args["limit"] = int64(q.Limit)
	}
	windows, err := list(ctx, s, func(row pgx.Rows) (w store.SalesWindow, err error) {
		return w, row.Scan(append([]any{&w.Start}, measures(&w.Sales)...)...)
	}, text, args)
	if err != nil {
		return nil, fmt.Errorf("postgres: sales windows: %w", err)
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
	err := s.readRow(ctx, measures(&total), text, named{
		"from": int64(from), "to": int64(store.Until(to)), "country": country, "category": category,
	})
	if err != nil {
		return store.Sales{}, fmt.Errorf("postgres: sales totals: %w", err)
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
		return nil, fmt.Errorf("postgres: sales by %q: no such split", q.By)
	}
	parts, err := list(ctx, s, func(row pgx.Rows) (p store.SalesPart, err error) {
		return p, row.Scan(append([]any{&p.Name}, measures(&p.Sales)...)...)
	}, text, named{"from": int64(q.From), "to": int64(store.Until(q.To)), "country": q.Country, "category": q.Category})
	if err != nil {
		return nil, fmt.Errorf("postgres: sales by %s: %w", q.By, err)
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
	names, err := list(ctx, s, func(row pgx.Rows) (name string, err error) { return name, row.Scan(&name) }, text)
	if err != nil {
		return nil, fmt.Errorf("postgres: list names: %w", err)
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

// measures returns where to scan the columns of sales, in the order of every
// statement.
func measures(s *store.Sales) []any {
	return []any{
		&s.Orders, &s.Units, &s.RevenueMinor, &s.Refunds,
		&s.UnitsReturned, &s.RefundedMinor, &s.TaxMinor, &s.ShippingMinor,
	}
}
