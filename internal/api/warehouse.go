package api

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/warehouse"
)

// warehouseReader answers named questions from the last batch run, or from an
// earlier one that is still kept. Its errors are [warehouse.ErrNone] before the
// first run, [warehouse.ErrGone] for one that is not kept, and
// [warehouse.ErrUnavailable] while it cannot be reached.
type warehouseReader interface {
	pastReader
	// Segments returns every segment, the best first.
	Segments(ctx context.Context, run string) (warehouse.Answer[warehouse.Segment], error)
	// Customers returns customers, by segment and falling monetary value.
	Customers(ctx context.Context, q warehouse.CustomerQuery) (warehouse.Answer[warehouse.Customer], error)
	// Categories returns the names of all categories, by name.
	Categories(ctx context.Context, run string) (warehouse.Answer[string], error)
	// Products returns products in the order asked for.
	Products(ctx context.Context, q warehouse.ProductQuery) (warehouse.Answer[warehouse.Product], error)
	// Trend returns a series, the newest period first.
	Trend(ctx context.Context, q warehouse.TrendQuery) (warehouse.Answer[warehouse.TrendPoint], error)
	// Cohorts returns cohorts by month, each by age.
	Cohorts(ctx context.Context, q warehouse.CohortQuery) (warehouse.Answer[warehouse.CohortCell], error)
	// RFMCells returns the cells with customers, the highest scores first.
	RFMCells(ctx context.Context, run string) (warehouse.Answer[warehouse.RFMCell], error)
	// Worth returns the classes with customers, the lowest first.
	Worth(ctx context.Context, q warehouse.WorthQuery) (warehouse.Answer[warehouse.Worth], error)
	// Migration returns the moves between segments, by name.
	Migration(ctx context.Context, q warehouse.MigrationQuery) (warehouse.Answer[warehouse.Move], error)
	// Pareto returns the steps of the products that sold something, the best first.
	Pareto(ctx context.Context, q warehouse.ParetoQuery) (warehouse.Answer[warehouse.ParetoStep], error)
	// Pairs returns pairs in the order asked for.
	Pairs(ctx context.Context, q warehouse.PairQuery) (warehouse.Answer[warehouse.Pair], error)
	// PriceHistory returns what the catalogue said of a product, the newest first.
	PriceHistory(ctx context.Context, run, productID string) (warehouse.Answer[warehouse.PriceChange], error)
	// Countries returns the codes of all countries that were sold to, in order.
	Countries(ctx context.Context, run string) (warehouse.Answer[string], error)
}

// addWarehouse adds the endpoints that read the warehouse.
func (a *API) addWarehouse() {
	a.addSegments()
	a.addProductPerformance()
	a.addTrends()
	a.addPayments()
	a.addCohorts()
	a.addRFMMatrix()
	a.addWorth()
	a.addMigration()
	a.addCustomer()
	a.addProduct()
	a.addPareto()
	a.addAffinity()
	a.addNames()
}

// warehouseProblem is the problem of a question that the warehouse did not answer.
func warehouseProblem(what string, err error) error {
	switch {
	case errors.Is(err, warehouse.ErrNone):
		return huma.ErrorWithHeaders(huma.Error503ServiceUnavailable("The batch jobs have not run yet, so there is nothing to show. Try again in a minute, or run `globalmart batch run all`."),
			http.Header{"Retry-After": {"60"}})
	case errors.Is(err, warehouse.ErrUnavailable):
		return huma.ErrorWithHeaders(huma.Error503ServiceUnavailable("The warehouse cannot be reached at the moment; what is live is served. `globalmart health` shows when it is back."),
			http.Header{"Retry-After": {"10"}})
	case errors.Is(err, warehouse.ErrGone):
		return invalid(&huma.ErrorDetail{Location: "query.cursor", Message: "the run it belongs to is no longer kept: begin again without it"})
	default:
		return fmt.Errorf("api: %s: %w", what, err)
	}
}

// fromWarehouse makes a reply of what a run says. Its time is the end of its last
// day in the shop's zone.
func fromWarehouse[T any](a *API, s warehouse.State, data T) (reply[T], error) {
	day, err := time.ParseInLocation(time.DateOnly, s.AsOf, a.zone)
	if err != nil {
		return reply[T]{}, fmt.Errorf("api: as-of date of run %s: %w", s.Run, err)
	}
	return reply[T]{data: data, source: sourceWarehouse, asOf: event.TimeOf(day), made: event.TimeOf(s.Created)}, nil
}

// knownCategory fails if there is no category of that name as of a run. It is asked
// where an answer is empty: names are case-sensitive, and easily mistyped.
func (a *API) knownCategory(ctx context.Context, run, category string) error {
	if category == "" {
		return nil
	}
	known, err := a.deps.Warehouse.Categories(ctx, run)
	if err != nil {
		return warehouseProblem("categories", err)
	}
	if slices.Contains(known.Rows, category) {
		return nil
	}
	for _, name := range known.Rows {
		if strings.EqualFold(name, category) {
			return invalid(wrong("category", category, "no such category; did you mean %s?", name))
		}
	}
	shown := known.Rows[:min(len(known.Rows), maxShownCategories)]
	return invalid(wrong("category", category, "no such category; there are %d, such as %s", len(known.Rows), strings.Join(shown, ", ")))
}

// maxShownCategories are named to those who ask for another one.
const maxShownCategories = 20

// place is where a page of a run begins.
type place struct {
	Run  string `json:"r"`
	Skip int    `json:"s"`
}

// maxSkip is how far lists can be read page by page.
const maxSkip = 1_000_000

// page reads the cursor of p.
func (p Page) page() (warehouse.Page, error) {
	at, err := parseCursor[place](p.Cursor)
	if err == nil && (at.Skip < 0 || at.Skip > maxSkip) {
		err = errCursor
	}
	if err != nil {
		return warehouse.Page{}, invalid(wrong("cursor", p.Cursor, "%v", err))
	}
	return warehouse.Page{Run: at.Run, Skip: at.Skip, Limit: p.Limit}, nil
}

// nextPage returns the cursor after a page of n rows, or nil on the last.
func nextPage(p warehouse.Page, s warehouse.State, n int) *string {
	if n < p.Limit || p.Skip+n > maxSkip {
		return nil
	}
	next := cursorOf(place{Run: s.Run, Skip: p.Skip + n})
	return &next
}

// parseDays reads from and to as days; absent ones are empty.
func parseDays(fromText, toText string) (from, to string, err error) {
	var errs []error
	for _, p := range []struct{ name, text string }{{"from", fromText}, {"to", toText}} {
		if _, err := time.Parse(time.DateOnly, p.text); p.text != "" && err != nil {
			errs = append(errs, wrong(p.name, p.text, "expected a day of the shop (2026-03-01)"))
		}
	}
	if errs == nil && fromText != "" && toText != "" && fromText >= toText {
		errs = append(errs, wrong("from", fromText, "must be before to (%s)", toText))
	}
	if errs != nil {
		return "", "", invalid(errs...)
	}
	return fromText, toText, nil
}

// rounded is a ratio to four decimals, as every ratio is shown.
func rounded(ratio *float64) *float64 {
	if ratio == nil {
		return nil
	}
	r := math.Round(*ratio*1e4) / 1e4
	return &r
}

// exampleState is the run of the examples.
var exampleState = warehouse.State{Run: "20260302T031500Z", AsOf: "2026-03-02"}
