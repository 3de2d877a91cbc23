package api

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/store"
	"globalmart/internal/warehouse"
)

type salesSplitInput struct {
	Period
	Compared
	Filters
	Sort  string `query:"sort" default:"-net_revenue" maxLength:"32" example:"-orders" doc:"name, net_revenue, orders or units, with - before it for the highest first."`
	Limit int    `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"Entries, at most."`
}

// SalesPart is what a country or a category sold.
type SalesPart struct {
	Name string `json:"name" doc:"ISO 3166-1 alpha-2 code of the country, ZZ if it is unknown, or the category."`
	Measures
	Share    *float64  `json:"share" doc:"Of the net revenue of all of them; null if that is not above 0."`
	Previous *Measures `json:"previous,omitempty" doc:"Of the period that it is compared with; absent without one."`
	Change   *float64  `json:"change" doc:"Of net revenue over the compared part, 0.12 = 12 % more; null if it was not above 0 before."`
}

// SalesSplit are the sales of a period by country or by category.
type SalesSplit struct {
	From     time.Time   `json:"from"`
	To       time.Time   `json:"to" doc:"Exclusive; ahead of now if the period is not over."`
	Previous *Comparison `json:"compared_with,omitempty" doc:"Absent without compare."`
	Total    Measures    `json:"total" doc:"Of all, with the filter; orders of several categories count once in it."`
	Parts    []SalesPart `json:"parts" nullable:"false"`
}

func (a *API) addSalesSplits() {
	for _, s := range []struct {
		by            store.Split
		of, name, and string
	}{
		{store.ByCountry, "country", "DE", ""},
		{store.ByCategory, "category", "Books", " An order counts in each category that it touches, so orders do not add up to the total."},
	} {
		op := huma.Operation{
			OperationID: "sales-by-" + s.of, Path: "/api/v1/sales/by-" + s.of, Tags: []string{"sales"},
			Summary:     "Sales by " + s.of + ", compared",
			Description: "What each " + s.of + " sold in a period, with its share and the change; without tax and shipping, which are null." + s.and,
		}
		one := 1.0
		example := SalesSplit{From: a.local(exampleNow - dayMS), To: a.local(exampleNow), Total: measures(&exampleSales), Parts: []SalesPart{
			{Name: s.name, Measures: measures(&exampleSales), Share: &one},
		}}
		answer(a, op, example, func(ctx context.Context, in *salesSplitInput) (reply[SalesSplit], error) {
			return a.salesSplit(ctx, in, s.by)
		})
	}
}

func (a *API) salesSplit(ctx context.Context, in *salesSplitInput, by store.Split) (reply[SalesSplit], error) {
	p, errs := a.period(in.Period)
	column, falling, err := order(in.Sort, "name", "net_revenue", "orders", "units")
	if err != nil {
		errs = append(errs, err)
	}
	which, wrongs := in.selection()
	if errs = append(errs, wrongs...); errs != nil {
		return reply[SalesSplit]{}, invalid(errs...)
	}
	before, s, err := a.pastOf(ctx, p, in.Compare)
	if err != nil {
		return reply[SalesSplit]{}, fmt.Errorf("api: sales by %s: %w", by, err)
	}
	q := splitQuestion{s, by, which}
	now, err := a.parts(ctx, q, p.from, p.to)
	if err != nil {
		return reply[SalesSplit]{}, fmt.Errorf("api: sales by %s: %w", by, err)
	}
	then, compared := map[string]*store.Sales(nil), now
	if before.compares() {
		if then, err = a.parts(ctx, q, before.from, before.to); err != nil {
			return reply[SalesSplit]{}, fmt.Errorf("api: sales by %s: previous period: %w", by, err)
		}
		if p.until < p.to {
			if compared, err = a.parts(ctx, q, p.from, p.until); err != nil {
				return reply[SalesSplit]{}, fmt.Errorf("api: sales by %s: compared part: %w", by, err)
			}
		}
	}
	total, err := a.totalsOf(ctx, s, p.from, p.to, which)
	if err != nil {
		return reply[SalesSplit]{}, fmt.Errorf("api: sales by %s: total: %w", by, err)
	}
	data := SalesSplit{
		From: a.local(p.from), To: a.local(p.to), Previous: a.comparedWith(p, before), Total: which.measures(&total, p.from, s),
		Parts: partsOf(now, compared, then, by == store.ByCountry && which.overlaps()),
	}
	sortParts(data.Parts, column, falling)
	data.Parts = data.Parts[:min(in.Limit, len(data.Parts))]
	r, err := replyFrom(a, s, before.from, p.to, data)
	r.partial = p.to > a.now()
	return r, err
}

// splitQuestion is which sales are told apart, and by what.
type splitQuestion struct {
	seam
	by store.Split
	selection
}

// parts are the sales of [from, to) by name. Tax and shipping are left out of them.
func (a *API) parts(ctx context.Context, q splitQuestion, from, to event.Time) (map[string]*store.Sales, error) {
	sums := map[string]*store.Sales{}
	add := func(parts []store.SalesPart, err error) error {
		for i := range parts {
			if sums[parts[i].Name] == nil {
				sums[parts[i].Name] = &store.Sales{}
			}
			sums[parts[i].Name].Add(&parts[i].Sales)
		}
		return ignoreNone(err)
	}
	for _, f := range q.selection {
		if from < q.at {
			if err := a.pastParts(ctx, q, f, from, min(to, q.at), add); err != nil {
				return nil, err
			}
		}
		if since := max(from, q.at); since < to {
			live := store.SplitQuery{From: since, To: to, By: q.by, Country: f.country(), Category: f.Category}
			if err := add(a.deps.Sales.SalesSplit(ctx, live)); err != nil {
				return nil, err
			}
		}
	}
	return sums, nil
}

// pastParts is the warehouse's part: whole days from the facts by day, what is left at
// both ends from order lines.
func (a *API) pastParts(ctx context.Context, q splitQuestion, f Filter, from, to event.Time, add func([]store.SalesPart, error) error) error {
	first, last := a.ceil(from, store.Day), a.calendar.DayStart(to)
	ends := [][2]event.Time{{from, min(first, to)}, {max(first, last), to}}
	if first < last {
		days, err := a.deps.Warehouse.SalesDaysSplit(ctx, a.daysQuery(q.seam, first, last, f), q.by)
		if err := add(days.Rows, err); err != nil {
			return err
		}
	}
	for _, end := range ends {
		if end[0] >= end[1] {
			continue
		}
		lines := warehouse.SalesQuery{Run: q.run.Run, From: end[0], To: end[1], Country: f.country(), Category: f.Category}
		found, err := a.deps.Warehouse.SalesSplit(ctx, lines, q.by)
		if err := add(found.Rows, err); err != nil {
			return err
		}
	}
	return nil
}

// partsOf puts a period and the one before it together, by name. Where orders overlap
// their average is not known.
func partsOf(now, compared, then map[string]*store.Sales, overlap bool) []SalesPart {
	var all int64
	for _, s := range now {
		all += int64(s.NetMinor())
	}
	parts := []SalesPart{}
	none := &store.Sales{}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		p := SalesPart{Name: name, Measures: partMeasures(now[name], overlap)}
		if all > 0 {
			p.Share = rounded(ratio(int64(now[name].NetMinor()), all))
		}
		if then != nil {
			was, is := cmp.Or(then[name], none), cmp.Or(compared[name], none)
			previous := partMeasures(was, overlap)
			p.Previous, p.Change = &previous, change(float64(is.NetMinor()), float64(was.NetMinor()))
		}
		parts = append(parts, p)
	}
	return parts
}

// partMeasures are measures without tax and shipping.
func partMeasures(s *store.Sales, overlap bool) Measures {
	m := measures(s)
	if overlap {
		m.AverageOrderValueMinor = nil
	}
	m.TaxMinor, m.ShippingMinor = nil, nil
	return m
}

// sortParts sorts by a column; equal ones stay sorted by name.
func sortParts(parts []SalesPart, column string, falling bool) {
	slices.SortStableFunc(parts, func(x, y SalesPart) int {
		var c int
		switch column {
		case "net_revenue":
			c = cmp.Compare(x.NetRevenueMinor, y.NetRevenueMinor)
		case "orders":
			c = cmp.Compare(x.Orders, y.Orders)
		case "units":
			c = cmp.Compare(x.Units, y.Units)
		default:
			c = cmp.Compare(x.Name, y.Name)
		}
		if falling {
			return -c
		}
		return c
	})
}
