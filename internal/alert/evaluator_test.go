package alert

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shopStore is a store in memory with stock alone.
type shopStore struct {
	mu      sync.Mutex
	term    int64
	owner   string
	expires event.Time
	stock   map[string]int64
	alerts  map[string]store.Alert
	notices []store.AlertChange
	// fail is asked before each change: an error before it is written, or after.
	fail func() (before, after error)
}

func newShopStore() *shopStore {
	return &shopStore{stock: map[string]int64{}, alerts: map[string]store.Alert{}}
}

func (s *shopStore) Lease(_ context.Context, owner string, now event.Time, ttl time.Duration) (int64, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if owner != s.owner && now <= s.expires {
		return 0, false, nil
	}
	if owner != s.owner || now > s.expires {
		s.term++
	}
	s.owner, s.expires = owner, now.Add(ttl)
	return s.term, true, nil
}

func (s *shopStore) OpenAlerts(context.Context) ([]store.Alert, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var open []store.Alert
	for _, a := range s.alerts {
		if a.ClosedAt == 0 {
			open = append(open, a)
		}
	}
	return open, nil
}

func (s *shopStore) ChangeAlerts(_ context.Context, term int64, _ event.Time, changes []store.AlertChange) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if term != s.term {
		return store.ErrFenced
	}
	var after error
	if s.fail != nil {
		var before error
		if before, after = s.fail(); before != nil {
			return before
		}
	}
	for _, c := range changes {
		s.alerts[c.Alert.ID] = c.Alert
		s.notices = append(s.notices, c)
	}
	return after
}

func (s *shopStore) StockAlarms(_ context.Context, unknown store.Demand) ([]store.StockLevel, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var levels []store.StockLevel
	for id, n := range s.stock {
		levels = append(levels, store.StockLevel{ProductID: id, OnHand: n, Demand: unknown})
	}
	return levels, nil
}

func (s *shopStore) DueDemand(context.Context, event.Time, event.Time, int) ([]store.ProductDemand, error) {
	return nil, nil
}
func (s *shopStore) PutDemand(context.Context, int64, []store.ProductDemand) error { return nil }
func (s *shopStore) CartsAtRisk(context.Context, event.Time, time.Duration, time.Duration) (event.Minor, int64, error) {
	return 0, 0, nil
}

func (s *shopStore) SalesWindows(context.Context, store.SalesQuery) ([]store.SalesWindow, error) {
	return nil, nil
}
func (s *shopStore) AsOf(context.Context) (store.AsOf, error) { return store.AsOf{}, nil }
func (s *shopStore) FindingsSince(context.Context, event.Time, int) ([]store.FindingRow, error) {
	return nil, nil
}

func (s *shopStore) set(id string, n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stock[id] = n
}

// expectOnce checks that every alert was opened once and closed at most once, in
// that order, and that of no subject two were open.
func (s *shopStore) expectOnce(t interface {
	Helper()
	Errorf(format string, args ...any)
},
) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	open, seen := map[string]bool{}, map[string]int{}
	for _, n := range s.notices {
		id, subject := n.Alert.ID, n.Alert.Subject
		switch n.Step {
		case store.AlertOpened:
			if seen[id]++; open[subject] || seen[id] > 1 {
				t.Errorf("%s was opened while %s was open, or twice", id, subject)
			}
			open[subject] = true
		case store.AlertChanged:
			if !open[subject] {
				t.Errorf("%s changed and is not open", id)
			}
		case store.AlertClosed:
			if !open[subject] {
				t.Errorf("%s was closed and is not open", id)
			}
			open[subject] = false
		}
	}
}

func run(t testing.TB, s *shopStore, owner string, lead func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	e := New(Config{Store: s, Rules: rules.Default(), Owner: owner, Now: time.Now, Log: slog.New(slog.DiscardHandler), Lead: lead})
	go func() {
		defer close(done)
		if err := e.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	return func() { cancel(); <-done }
}

func TestOneOfTwoEvaluatorsIsAtWorkAndTheOtherTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShopStore()
		s.set("p", 2)
		stopA := run(t, s, "a", nil)
		time.Sleep(time.Second)
		stopB := run(t, s, "b", nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		if s.owner != "a" || len(s.notices) != 1 {
			t.Fatalf("%s is at work, %d notices; want a, and one", s.owner, len(s.notices))
		}
		stopA()
		s.set("p", 100)
		time.Sleep(6 * time.Second) // it was released, so nobody has to wait until it expires
		stopB()
		if s.owner != "b" || len(s.notices) != 2 || s.notices[1].Step != store.AlertClosed {
			t.Errorf("%s is at work, notices %+v; want b, opened and closed", s.owner, s.notices)
		}
		s.expectOnce(t)
	})
}

func TestWhoHasLostTheLeaseWritesNothing(t *testing.T) {
	s := newShopStore()
	now := time.UnixMilli(int64(noon))
	stale := New(Config{Store: s, Rules: rules.Default(), Owner: "stale", Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
	if err := stale.step(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, held, _ := s.Lease(t.Context(), "new", event.TimeOf(now.Add(time.Hour)), time.Minute); !held {
		t.Fatal("an expired lease is not given to another")
	}
	s.set("p", 0)
	now = now.Add(4 * time.Second) // it was frozen, and does not know
	stale.stock = time.Time{}
	if err := stale.step(t.Context()); !errors.Is(err, store.ErrFenced) {
		t.Errorf("got %v, want %v", err, store.ErrFenced)
	}
	if len(s.notices) != 0 {
		t.Errorf("it wrote %+v", s.notices)
	}
}

func TestLeadEndsWithTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShopStore()
		leads := make(chan string, 4)
		stop := run(t, s, "a", func(ctx context.Context) {
			leads <- "begin"
			<-ctx.Done()
			leads <- "end"
		})
		time.Sleep(time.Second)
		stop()
		synctest.Wait()
		if a, b := <-leads, <-leads; a != "begin" || b != "end" {
			t.Errorf("got %s, %s", a, b)
		}
	})
}

// TestEveryAlertIsOpenedAndClosedOnce moves stock about while evaluators come and
// go and the store fails before and after it wrote.
func TestEveryAlertIsOpenedAndClosedOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newShopStore()
		trouble := errors.New("the line is dead")
		s.fail = func() (before, after error) {
			switch rapid.IntRange(0, 5).Draw(rt, "fault") {
			case 0:
				return trouble, nil
			case 1:
				return nil, trouble
			}
			return nil, nil
		}
		now := time.UnixMilli(int64(noon))
		evaluator := func(n int) *Evaluator {
			return New(Config{Store: s, Rules: rules.Default(), Owner: fmt.Sprint(n), Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
		}
		e := evaluator(0)
		for i := range rapid.IntRange(1, 60).Draw(rt, "steps") {
			s.set(rapid.SampledFrom([]string{"p", "q"}).Draw(rt, "product"), rapid.Int64Range(-2, 14).Draw(rt, "stock"))
			now = now.Add(stockEvery)
			if rapid.IntRange(0, 9).Draw(rt, "killed") == 0 {
				e = evaluator(i + 1)
				now = now.Add(2 * leaseTime)
			}
			_ = e.step(context.Background()) // trouble is what this is about
		}
		s.expectOnce(rt)
		s.fail = nil
		s.set("p", 1000)
		s.set("q", 1000)
		for range 3 {
			now = now.Add(stockEvery)
			if err := e.step(context.Background()); err != nil {
				rt.Fatal(err)
			}
		}
		if open, _ := s.OpenAlerts(context.Background()); len(open) != 0 {
			rt.Errorf("there is enough of everything, and %+v is open", open)
		}
	})
}
