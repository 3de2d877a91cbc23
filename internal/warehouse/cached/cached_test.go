package cached_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/cache"
	"globalmart/internal/cache/memory"
	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/cached"
)

// source answers products with a row that tells what was asked.
type source struct {
	cached.Source
	run   atomic.Value // string: the newest
	gone  atomic.Value // string: a run that is not kept
	asked atomic.Int64
	wait  chan struct{} // if not nil, an answer waits for its end
}

func newSource(run string) *source {
	s := &source{}
	s.run.Store(run)
	s.gone.Store("")
	return s
}

func (s *source) State(context.Context) (warehouse.State, error) {
	run := s.run.Load().(string)
	if run == "" {
		return warehouse.State{}, warehouse.ErrNone
	}
	return warehouse.State{Run: run}, nil
}

func (s *source) Products(_ context.Context, q warehouse.ProductQuery) (warehouse.Answer[warehouse.Product], error) {
	s.asked.Add(1)
	if s.wait != nil {
		<-s.wait
	}
	if q.Run == "" {
		q.Run = s.run.Load().(string)
	}
	if q.Run == s.gone.Load() {
		return warehouse.Answer[warehouse.Product]{}, fmt.Errorf("run %s: %w", q.Run, warehouse.ErrGone)
	}
	rate, name := 1.0/3, "Name"
	return warehouse.Answer[warehouse.Product]{
		State: warehouse.State{Run: q.Run, AsOf: "2026-03-02", Created: time.Date(2026, 3, 2, 1, 2, 3, 4, time.UTC), Seam: 5},
		Rows:  []warehouse.Product{{ID: fmt.Sprintf("%s %d %d %d %s %q", q.Run, q.Skip, q.Limit, q.Days, q.Sort, q.Category), Name: &name, ReturnRate: &rate, NetMinor: 9007199254740993}},
	}, nil
}

func newReader(t *testing.T, s *source) *cached.Reader {
	t.Helper()
	c, err := memory.New(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return cached.New(s, c)
}

// expect asks r and the source, and compares.
func expect(t *testing.T, r *cached.Reader, s *source, q warehouse.ProductQuery) {
	t.Helper()
	want, err := s.Products(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Products(t.Context(), q)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%+v: %v\n%s", q, err, diff)
	}
}

func TestAnAnswerIsThatOfTheSourceAndAskedForOnce(t *testing.T) {
	s := newSource("1")
	r := newReader(t, s)
	queries := []warehouse.ProductQuery{
		{Days: 7},
		{Days: 30},
		{Days: 7, Category: "a"},
		{Days: 7, Category: `a", Sort:"b`},
		{Days: 7, Sort: "b", Category: "a"},
		{Days: 7, Page: warehouse.Page{Skip: 1}},
		{Days: 7, Page: warehouse.Page{Limit: 1}},
	}
	for range 3 {
		for _, q := range queries {
			expect(t, r, s, q)
		}
	}
	if n := s.asked.Load() - 3*int64(len(queries)); n != int64(len(queries)) {
		t.Errorf("the source was asked %d times for %d answers", n, len(queries))
	}
}

func TestANewRunIsSeenAtOnceAndThePagesOfAnOldOneStay(t *testing.T) {
	s := newSource("1")
	r := newReader(t, s)
	expect(t, r, s, warehouse.ProductQuery{Days: 7})
	s.run.Store("2")
	expect(t, r, s, warehouse.ProductQuery{Days: 7})
	expect(t, r, s, warehouse.ProductQuery{Days: 7, Page: warehouse.Page{Run: "1"}})
}

func TestARunThatGoesWhileItIsAskedIsReplacedByTheNewest(t *testing.T) {
	s := newSource("1")
	r := newReader(t, s)
	racing := &racingSource{s}
	answer, err := cached.New(racing, discard{}).Products(t.Context(), warehouse.ProductQuery{Days: 7})
	if err != nil || answer.State.Run != "2" {
		t.Errorf("got run %q, %v, want 2", answer.State.Run, err)
	}
	if _, err := r.Products(t.Context(), warehouse.ProductQuery{Days: 7, Page: warehouse.Page{Run: "1"}}); !errors.Is(err, warehouse.ErrGone) {
		t.Errorf("a run that is asked for by name and gone: got %v", err)
	}
}

// racingSource loses run 1 to run 2 after it was said to be the newest.
type racingSource struct{ *source }

func (s racingSource) State(ctx context.Context) (warehouse.State, error) {
	state, err := s.source.State(ctx)
	s.run.Store("2")
	s.gone.Store("1")
	return state, err
}

func TestErrorsAreNotKept(t *testing.T) {
	s := newSource("")
	r := newReader(t, s)
	if _, err := r.Products(t.Context(), warehouse.ProductQuery{}); !errors.Is(err, warehouse.ErrNone) {
		t.Errorf("got %v, want %v", err, warehouse.ErrNone)
	}
	s.run.Store("1")
	s.gone.Store("1")
	if _, err := r.Products(t.Context(), warehouse.ProductQuery{}); !errors.Is(err, warehouse.ErrGone) {
		t.Errorf("got %v, want %v", err, warehouse.ErrGone)
	}
	s.gone.Store("")
	expect(t, r, s, warehouse.ProductQuery{})
}

func TestEqualQuestionsAtOneTimeReachTheSourceOnce(t *testing.T) {
	s := newSource("1")
	s.wait = make(chan struct{})
	r := newReader(t, s)
	var asking, all sync.WaitGroup
	for range 20 {
		asking.Add(1)
		all.Go(func() {
			asking.Done()
			if _, err := r.Products(t.Context(), warehouse.ProductQuery{Days: 7}); err != nil {
				t.Error(err)
			}
		})
	}
	asking.Wait()
	impatient, leave := context.WithCancel(t.Context())
	leave()
	if _, err := r.Products(impatient, warehouse.ProductQuery{Days: 7}); !errors.Is(err, context.Canceled) {
		t.Errorf("one that left: got %v", err)
	}
	close(s.wait)
	all.Wait()
	if n := s.asked.Load(); n != 1 {
		t.Errorf("the source was asked %d times", n)
	}
}

// discard is a cache that is down; its answers are of no build.
type discard struct{}

func (discard) Get(context.Context, string) ([]byte, bool)         { return nil, false }
func (discard) Set(context.Context, string, []byte, time.Duration) {}
func (discard) Stats() cache.Stats                                 { return cache.Stats{} }
func (discard) Close() error                                       { return nil }

// foreign is a cache full of what nobody can read.
type foreign struct{ discard }

func (foreign) Get(context.Context, string) ([]byte, bool) { return []byte("{"), true }

func TestWithoutACacheAnswersAreTheSame(t *testing.T) {
	for name, c := range map[string]cache.Cache{"down": discard{}, "of another build": foreign{}} {
		t.Run(name, func(t *testing.T) {
			s := newSource("1")
			r := cached.New(s, c)
			for days := range 3 {
				expect(t, r, s, warehouse.ProductQuery{Days: days, Category: strings.Repeat("x", days)})
			}
		})
	}
}
