package postgres_test

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/event"
	"globalmart/internal/store"
	"globalmart/internal/store/postgres"
	"globalmart/internal/testenv/netfault"
	"globalmart/internal/testenv/process"
)

var task = store.TaskID{Family: store.Shopping, Partition: 1}

// next is a commit of one record with one order.
func next(epoch, from int64) []store.Commit[*store.Changes] {
	c := store.NewChanges()
	c.Hour[store.SalesKey{Country: "DE"}] = &store.Sales{Orders: 1}
	return []store.Commit[*store.Changes]{{
		Task: task, Epoch: epoch, Changes: c,
		Spans: []store.Span{{Topic: event.TopicTransactions, From: from, To: store.Position{Next: from + 1}, Counts: store.Counts{Applied: 1}}},
	}}
}

func claim(t *testing.T, s *postgres.Store) store.Claim {
	t.Helper()
	c, err := s.Claim(t.Context(), task, "owner")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// through is the URL of a database by way of a proxy.
func through(t *testing.T, text string) (*netfault.Proxy, string) {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	proxy := netfault.Start(t, u.Host)
	u.Host = proxy.Addr()
	return proxy, u.String()
}

// TestALostCommitIsReadBack cuts the connection while the COMMIT is on its way, and
// after it.
func TestALostCommitIsReadBack(t *testing.T) {
	t.Parallel()
	proxy, far := through(t, migrated(t))
	s := open(t, far)
	epoch := claim(t, s).Epoch
	for _, lost := range []netfault.Lost{netfault.Request, netfault.Reply} {
		_, before, err := s.Positions(t.Context(), task)
		if err != nil {
			t.Fatal(err)
		}
		from := before[event.TopicTransactions].Next
		cut := proxy.CutAt("COMMIT", lost)
		if _, err := s.Commit(t.Context(), next(epoch, from)); !errors.Is(err, store.ErrOutcomeUnknown) {
			t.Errorf("lost %d: error %v, want %v", lost, err, store.ErrOutcomeUnknown)
		}
		<-cut
		_, after, err := s.Positions(t.Context(), task)
		if err != nil {
			t.Fatal(err)
		}
		want := from
		if lost == netfault.Reply {
			want++
		}
		if got := after[event.TopicTransactions].Next; got != want {
			t.Errorf("lost %d: committed up to %d, want %d", lost, got, want)
		}
	}
}

// TestWhatIsLostBeforeTheCommitIsUnavailable cuts the connection at a statement of
// the transaction.
func TestWhatIsLostBeforeTheCommitIsUnavailable(t *testing.T) {
	t.Parallel()
	proxy, far := through(t, migrated(t))
	s := open(t, far)
	epoch := claim(t, s).Epoch
	if _, err := s.Commit(t.Context(), next(epoch, 0)); err != nil { // prepares the statements
		t.Fatal(err)
	}
	for _, lost := range []netfault.Lost{netfault.Request, netfault.Reply} {
		cut := proxy.CutAt("stmtcache", lost) // the name of a prepared statement
		_, err := s.Commit(t.Context(), next(epoch, 1))
		<-cut
		if !errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrOutcomeUnknown) {
			t.Errorf("error %v, want %v", err, store.ErrUnavailable)
		}
		if _, after, err := s.Positions(t.Context(), task); err != nil || after[event.TopicTransactions].Next != 1 {
			t.Errorf("positions %v, error %v: something was committed", after, err)
		}
	}
	if _, err := s.Commit(t.Context(), next(epoch, 1)); err != nil {
		t.Error(err)
	}
}

func TestAServerThatIsAwayIsUnavailableUntilItIsBack(t *testing.T) {
	t.Parallel()
	direct := migrated(t)
	proxy, far := through(t, direct)
	s := open(t, far, postgres.WithPatience(5*time.Second))
	epoch := claim(t, open(t, direct)).Epoch
	unavailable := func(how string) {
		t.Helper()
		calls := map[string]func() error{
			"commit": func() error { _, err := s.Commit(t.Context(), next(epoch, 0)); return err },
			"read":   func() error { _, err := s.AsOf(t.Context()); return err },
			"view": func() error {
				v, err := s.View(t.Context())
				if err == nil {
					err = errors.Join(err, v.Close())
				}
				return err
			},
		}
		for what, call := range calls {
			if err := call(); !errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrOutcomeUnknown) {
				t.Errorf("%s of a server that %s: error %v, want %v", what, how, err, store.ErrUnavailable)
			}
		}
	}
	proxy.Refuse(true)
	proxy.Cut()
	unavailable("refuses")
	proxy.Refuse(false)
	proxy.Silence(true)
	unavailable("says nothing")
	proxy.Silence(false)
	proxy.Cut()
	process.Eventually(t, "it is back", func() bool {
		_, err := s.AsOf(t.Context())
		return err == nil
	})
	if _, err := s.Commit(t.Context(), next(epoch, 0)); err != nil {
		t.Errorf("after it is back: %v", err)
	}
}

// TestACallThatIsCancelledCommitsNothing is stopped while it waits for a task that
// another holds.
func TestACallThatIsCancelledCommitsNothing(t *testing.T) {
	t.Parallel()
	direct := migrated(t)
	s := open(t, direct)
	epoch := claim(t, s).Epoch
	unlock := holdRow(t, direct, "SELECT FROM task FOR UPDATE")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := s.Commit(ctx, next(epoch, 0))
		done <- err
	}()
	waiting(t, direct)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) || errors.Is(err, store.ErrOutcomeUnknown) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	unlock()
	if _, positions, err := s.Positions(t.Context(), task); err != nil || len(positions) > 0 {
		t.Errorf("positions %v, error %v", positions, err)
	}
}

// TestACartAndItsOrderOfTwoProcessesFindEachOther commits them at the same moment,
// so that neither transaction sees the other's row.
func TestACartAndItsOrderOfTwoProcessesFindEachOther(t *testing.T) {
	t.Parallel()
	direct := migrated(t)
	cart := func(c *store.Changes) {
		c.Carts[store.CartKey{CartID: "c", Episode: 5}] = &store.Cart{FirstAt: 5, LastAt: 6, Quantity: 1}
	}
	order := func(c *store.Changes) {
		c.CartOrders[store.CartOrderKey{CartID: "c", TransactionID: "t"}] = store.CartOrder{At: 9}
	}
	for name, both := range map[string][2]func(*store.Changes){"the cart is second": {order, cart}, "the order is second": {cart, order}} {
		t.Run(name, func(t *testing.T) {
			emptied(t, direct)
			var batches [2]store.Commit[*store.Changes]
			var stores [2]*postgres.Store
			for p := range batches {
				stores[p] = open(t, direct)
				id := store.TaskID{Family: store.Shopping, Partition: int32(p)}
				c, err := stores[p].Claim(t.Context(), id, "owner")
				if err != nil {
					t.Fatal(err)
				}
				batches[p] = store.Commit[*store.Changes]{Task: id, Epoch: c.Epoch, Changes: store.NewChanges()}
				both[p](batches[p].Changes)
			}
			// The second one stops at its last row, and commits after the first.
			batches[1].Changes.Open[1] = &store.Open{}
			unlock := holdRow(t, direct, "INSERT INTO open_state VALUES (1, 0, 0, 0, 0, 0)")
			done := make(chan error, 1)
			go func() {
				_, err := stores[1].Commit(t.Context(), batches[1:])
				done <- err
			}()
			waiting(t, direct)
			if _, err := stores[0].Commit(t.Context(), batches[:1]); err != nil {
				t.Fatal(err)
			}
			unlock()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			carts, err := stores[0].CartList(t.Context(), store.CartQuery{Limit: 9})
			if err != nil || len(carts) != 1 || carts[0].OrderedAt != 9 {
				t.Errorf("carts %+v, error %v, want one that was ordered at 9", carts, err)
			}
		})
	}
}

// holdRow runs a statement in a transaction that stays open until unlock is called.
func holdRow(t *testing.T, url, statement string) (unlock func()) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// waiting returns once a session of the database waits for a lock.
func waiting(t *testing.T, url string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	process.Eventually(t, "a session waits for a lock", func() bool {
		var n int
		err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&n)
		return err == nil && n > 0
	})
}
