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
	SalesWindows(ctx context.Context, q warehouse.SalesQuery, step time.Duration) (warehouse.Answer[warehouse.SalesWindow], error)
}

// Reader answers as its source does, from the cache where it can. Of equal questions at
// one time only one reaches the source. It is safe for concurrent use.
type Reader struct {
	Source // answers what has no method here: its state, and windows, which mostly are asked once
	cache  cache.Cache
	asked  singleflight.Group
}

// New returns a reader of s that keeps answers in c.
func New(s Source, c cache.Cache) *Reader { return &Reader{Source: s, cache: c} }

// Segments returns every segment, the best first.
func (r *Reader) Segments(ctx context.Context, run string) (warehouse.Answer[warehouse.Segment], error) {
	return kept(ctx, r, "segments", run, func(ctx context.Context, run string) (warehouse.Answer[warehouse.Segment], error) {
		return r.Source.Segments(ctx, run)
	})
}

// Customers returns customers, by segment and falling monetary value.
func (r *Reader) Customers(ctx context.Context, q warehouse.CustomerQuery) (warehouse.Answer[warehouse.Customer], error) {
	run := q.Run
	q.Run = ""
	return kept(ctx, r, question("customers", q), run, func(ctx context.Context, run string) (warehouse.Answer[warehouse.Customer], error) {
		q.Run = run
		return r.Source.Customers(ctx, q)
	})
}

// Categories returns the names of all categories, by name.
func (r *Reader) Categories(ctx context.Context, run string) (warehouse.Answer[string], error) {
	return kept(ctx, r, "categories", run, func(ctx context.Context, run string) (warehouse.Answer[string], error) {
		return r.Source.Categories(ctx, run)
	})
}

// Products returns products in the order asked for.
func (r *Reader) Products(ctx context.Context, q warehouse.ProductQuery) (warehouse.Answer[warehouse.Product], error) {
	run := q.Run
	q.Run = ""
	return kept(ctx, r, question("products", q), run, func(ctx context.Context, run string) (warehouse.Answer[warehouse.Product], error) {
		q.Run = run
		return r.Source.Products(ctx, q)
	})
}

// Trend returns a series, the newest period first.
func (r *Reader) Trend(ctx context.Context, q warehouse.TrendQuery) (warehouse.Answer[warehouse.TrendPoint], error) {
	run := q.Run
	q.Run = ""
	return kept(ctx, r, question("trend", q), run, func(ctx context.Context, run string) (warehouse.Answer[warehouse.TrendPoint], error) {
		q.Run = run
		return r.Source.Trend(ctx, q)
	})
}

// Cohorts returns cohorts by month, each by age.
func (r *Reader) Cohorts(ctx context.Context, q warehouse.CohortQuery) (warehouse.Answer[warehouse.CohortCell], error) {
	run := q.Run
	q.Run = ""
	return kept(ctx, r, question("cohorts", q), run, func(ctx context.Context, run string) (warehouse.Answer[warehouse.CohortCell], error) {
		q.Run = run
		return r.Source.Cohorts(ctx, q)
	})
}

// SalesDays returns the days with sales or refunds, the newest first.
func (r *Reader) SalesDays(ctx context.Context, q warehouse.SalesDaysQuery) (warehouse.Answer[warehouse.SalesDay], error) {
	run := q.Run
	q.Run = ""
	return kept(ctx, r, question("sales-days", q), run, func(ctx context.Context, run string) (warehouse.Answer[warehouse.SalesDay], error) {
		q.Run = run
		return r.Source.SalesDays(ctx, q)
	})
}

// question names a question with all that its answer depends on but the run.
// Texts are quoted in it, so that no two questions look the same.
func question(name string, q any) string { return fmt.Sprintf("%s %#v", name, q) }

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
