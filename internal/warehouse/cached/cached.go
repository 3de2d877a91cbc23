// Package cached keeps the answers of a warehouse in a cache. A run never changes, so an
// answer is right for as long as its run is the one that is asked: there is nothing to
// invalidate, and a cache that is down costs time only.
package cached

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/singleflight"

	"globalmart/internal/cache"
	"globalmart/internal/store"
	"globalmart/internal/warehouse"
)

const (
	// ttl is about how long a run is the newest one, when trends are made anew every hour.
	ttl = time.Hour
	// longest bounds a question that others wait for as well.
	longest = 30 * time.Second
)

// Source is the warehouse that is asked when the cache has no answer.
type Source interface {
	State(ctx context.Context) (warehouse.State, error)
	Segments(ctx context.Context, run string) (warehouse.Answer[warehouse.Segment], error)
	Customers(ctx context.Context, q warehouse.CustomerQuery) (warehouse.Answer[warehouse.Customer], error)
	Categories(ctx context.Context, run string) (warehouse.Answer[string], error)
	Products(ctx context.Context, q warehouse.ProductQuery) (warehouse.Answer[warehouse.Product], error)
	Trend(ctx context.Context, q warehouse.TrendQuery) (warehouse.Answer[warehouse.TrendPoint], error)
	Cohorts(ctx context.Context, q warehouse.CohortQuery) (warehouse.Answer[warehouse.CohortCell], error)
	SalesDays(ctx context.Context, q warehouse.SalesDaysQuery) (warehouse.Answer[warehouse.SalesDay], error)
	SalesDaysSplit(ctx context.Context, q warehouse.SalesDaysQuery, by store.Split) (warehouse.Answer[store.SalesPart], error)
	SalesSplit(ctx context.Context, q warehouse.SalesQuery, by store.Split) (warehouse.Answer[store.SalesPart], error)
	SessionDays(ctx context.Context, q warehouse.DaysQuery) (warehouse.Answer[warehouse.SessionDay], error)
	Payments(ctx context.Context, q warehouse.DaysQuery) (warehouse.Answer[warehouse.Payment], error)
	Buyers(ctx context.Context, q warehouse.DaysQuery) (warehouse.Answer[int64], error)
	Countries(ctx context.Context, run string) (warehouse.Answer[string], error)
	RFMCells(ctx context.Context, run string) (warehouse.Answer[warehouse.RFMCell], error)
	Worth(ctx context.Context, q warehouse.WorthQuery) (warehouse.Answer[warehouse.Worth], error)
	Migration(ctx context.Context, q warehouse.MigrationQuery) (warehouse.Answer[warehouse.Move], error)
	PriceHistory(ctx context.Context, run, productID string) (warehouse.Answer[warehouse.PriceChange], error)
	Pairs(ctx context.Context, q warehouse.PairQuery) (warehouse.Answer[warehouse.Pair], error)
	Pareto(ctx context.Context, q warehouse.ParetoQuery) (warehouse.Answer[warehouse.ParetoStep], error)
	SalesWindows(ctx context.Context, q warehouse.SalesQuery, step time.Duration) (warehouse.Answer[warehouse.SalesWindow], error)
}

// Reader answers as its source does, from the cache where it can. Of equal questions at
// one time only one reaches the source. It is safe for concurrent use.
type Reader struct {
	Source // answers what has no method here: its state, what mostly is asked once, and single customers and products
	cache  cache.Cache
	asked  singleflight.Group
}

// New returns a reader of s that keeps answers in c.
func New(s Source, c cache.Cache) *Reader { return &Reader{Source: s, cache: c} }

// Segments returns every segment, the best first.
func (r *Reader) Segments(ctx context.Context, run string) (warehouse.Answer[warehouse.Segment], error) {
	return kept(ctx, r, "segments", run, r.Source.Segments)
}

// Customers returns customers, by segment and falling monetary value.
func (r *Reader) Customers(ctx context.Context, q warehouse.CustomerQuery) (warehouse.Answer[warehouse.Customer], error) {
	return about(ctx, r, "customers", &q, &q.Run, r.Source.Customers)
}

// Categories returns the names of all categories, by name.
func (r *Reader) Categories(ctx context.Context, run string) (warehouse.Answer[string], error) {
	return kept(ctx, r, "categories", run, r.Source.Categories)
}

// Products returns products in the order asked for.
func (r *Reader) Products(ctx context.Context, q warehouse.ProductQuery) (warehouse.Answer[warehouse.Product], error) {
	return about(ctx, r, "products", &q, &q.Run, r.Source.Products)
}

// Trend returns a series, the newest period first.
func (r *Reader) Trend(ctx context.Context, q warehouse.TrendQuery) (warehouse.Answer[warehouse.TrendPoint], error) {
	return about(ctx, r, "trend", &q, &q.Run, r.Source.Trend)
}

// Cohorts returns cohorts by month, each by age.
func (r *Reader) Cohorts(ctx context.Context, q warehouse.CohortQuery) (warehouse.Answer[warehouse.CohortCell], error) {
	return about(ctx, r, "cohorts", &q, &q.Run, r.Source.Cohorts)
}

// SalesDays returns the days with sales or refunds, the newest first.
func (r *Reader) SalesDays(ctx context.Context, q warehouse.SalesDaysQuery) (warehouse.Answer[warehouse.SalesDay], error) {
	return about(ctx, r, "sales-days", &q, &q.Run, r.Source.SalesDays)
}

// question names a question with all that its answer depends on but the run.
// Texts are quoted in it, so that no two questions look the same.
func question(name string, q any) string { return fmt.Sprintf("%s %#v", name, q) }

// about returns the answer to q, whose run is at run, from the cache or from ask.
func about[Q, T any](ctx context.Context, r *Reader, name string, q *Q, run *string, ask func(context.Context, Q) (warehouse.Answer[T], error)) (warehouse.Answer[T], error) {
	at := *run
	*run = "" // the answers of each run have a name of their own
	return kept(ctx, r, question(name, *q), at, func(ctx context.Context, at string) (warehouse.Answer[T], error) {
		*run = at
		return ask(ctx, *q)
	})
}

// kept returns the answer of a run, "" being the newest one, from the cache or from ask.
func kept[T any](ctx context.Context, r *Reader, question, run string, ask func(ctx context.Context, run string) (warehouse.Answer[T], error)) (answer warehouse.Answer[T], err error) {
	at := run
	if at == "" {
		state, err := r.State(ctx)
		if err != nil {
			return answer, err
		}
		at = state.Run
	}
	text, err := r.text(ctx, at+" "+question, func(ctx context.Context) (any, error) { return ask(ctx, at) })
	if errors.Is(err, warehouse.ErrGone) && run == "" {
		return ask(ctx, "") // a newer run came, and this one went
	}
	if err != nil {
		return answer, err
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return ask(ctx, run) // not of this build
	}
	return answer, nil
}

// text returns the answer that has a key, as JSON.
func (r *Reader) text(ctx context.Context, key string, ask func(ctx context.Context) (any, error)) ([]byte, error) {
	if text, found := r.cache.Get(ctx, key); found {
		return text, nil
	}
	asked := r.asked.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longest) // others wait for it
		defer cancel()
		if text, found := r.cache.Get(ctx, key); found { // it came while nobody asked
			return text, nil
		}
		answer, err := ask(ctx)
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(answer)
		if err != nil {
			return nil, fmt.Errorf("warehouse/cached: %w", err)
		}
		r.cache.Set(ctx, key, text, ttl)
		return text, nil
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case result := <-asked:
		text, _ := result.Val.([]byte)
		return text, result.Err
	}
}
