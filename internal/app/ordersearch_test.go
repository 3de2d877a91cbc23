package app

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/lake/lookup"
)

// slowArchive answers half a minute after it is asked, or fails.
type slowArchive struct {
	asked int
	err   error
}

func (a *slowArchive) query(ctx context.Context) ([]lookup.Order, error) {
	a.asked++
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(30 * time.Second):
		return []lookup.Order{{TransactionID: "order-1"}}, a.err
	}
}

// lookUp asks for an order as a request does, which waits for five seconds.
func lookUp(t *testing.T, s *orderSearches, a *slowArchive, lake int64) (held int64, rows []lookup.Order, err error) {
	t.Helper()
	ids := []string{"order-1", "order-2"}
	search, err := s.of(ids, time.Now(), func() (map[int32]int64, error) { return map[int32]int64{0: lake}, nil })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	rows, err = search.find(ctx, ids, a.query)
	return search.held[0], rows, err
}

func TestWhoAsksAgainHasWhatTheFirstSearchFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s orderSearches
		var a slowArchive
		if _, _, err := lookUp(t, &s, &a, 10); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("a search of half a minute ends after five seconds with %v", err)
		}
		time.Sleep(40 * time.Second)
		held, rows, err := lookUp(t, &s, &a, 20) // the lake has grown meanwhile
		if diff := cmp.Diff([]lookup.Order{{TransactionID: "order-1"}}, rows); err != nil || diff != "" {
			t.Errorf("%v: %s", err, diff)
		}
		if held != 10 || a.asked != 1 {
			t.Errorf("the lake was asked %d times, and is said to go to %d when it was; want once, 10", a.asked, held)
		}
		time.Sleep(orderSearchTime + orderKept)
		if held, _, _ = lookUp(t, &s, &a, 20); held != 20 || a.asked != 2 {
			t.Errorf("what was found is kept for ever: asked %d times, held %d", a.asked, held)
		}
		synctest.Wait()
		time.Sleep(time.Minute)
	})
}

func TestASearchThatFailedIsDoneAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s orderSearches
		a := slowArchive{err: errors.New("the disk is gone")}
		_, _, _ = lookUp(t, &s, &a, 10)
		time.Sleep(40 * time.Second)
		a.err = nil
		_, _, _ = lookUp(t, &s, &a, 10)
		time.Sleep(30 * time.Second)
		if _, rows, err := lookUp(t, &s, &a, 10); err != nil || len(rows) != 1 || a.asked != 2 {
			t.Errorf("%d rows after %d searches: %v", len(rows), a.asked, err)
		}
	})
}
