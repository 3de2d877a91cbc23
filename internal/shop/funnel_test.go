package shop

import (
	"testing"
	"time"

	"globalmart/internal/event"
)

// seenSession is what a test remembers of a session.
type seenSession struct {
	visitor, country    string
	last, at            event.Time // event time of the last event; of the first
	events              int        // before this one
	views, adds, orders int
	cart                string
	checkout            bool
}

func TestSessionsAreFunnelsInOrder(t *testing.T) {
	s := testShop(t, nil)
	warm := testStart.Add(5 * time.Minute)
	sessions := map[string]*seenSession{}
	var orders, viewed, withCart, refunds int
	first(s, 500_000, func(e Emission) {
		ev := e.Event
		if ev.VisitorID == "" {
			return
		}
		if ev.Status == event.StatusRefunded {
			refunds++
			return
		}
		if ev.SessionID == "" {
			t.Fatalf("%s %s has no session", ev.Type, ev.ID)
		}
		q := sessions[ev.SessionID]
		if q == nil {
			q = &seenSession{visitor: ev.VisitorID, country: ev.Country, at: ev.Time()}
			sessions[ev.SessionID] = q
		}
		if ev.VisitorID != q.visitor || ev.Country != q.country {
			t.Fatalf("session %s changes from visitor %s to %s", ev.SessionID, q.visitor, ev.VisitorID)
		}
		if ev.Time() < q.last {
			t.Fatalf("session %s: %s at %v comes after %v", ev.SessionID, ev.Type, ev.Time(), q.last)
		}
		q.last = ev.Time()
		defer func() { q.events++ }()
		switch ev.Type {
		case event.TypeProductView:
			if q.views == 0 && q.events > 0 {
				t.Fatalf("session %s looks first after something else", ev.SessionID)
			}
			q.views++
		case event.TypeCartEvent:
			if q.cart != "" && q.cart != ev.CartID {
				t.Fatalf("session %s has carts %s and %s", ev.SessionID, q.cart, ev.CartID)
			}
			q.cart = ev.CartID
			if ev.Action == event.ActionAdd {
				q.adds++
			} else if q.adds == 0 {
				t.Fatalf("session %s: %s of a cart nothing was put into", ev.SessionID, ev.Action)
			}
			q.checkout = q.checkout || ev.Action == event.ActionCheckout
		case event.TypeTransaction:
			if q.cart != "" && (ev.CartID != q.cart || !q.checkout) {
				t.Fatalf("session %s orders cart %q after using %q, checked out: %v", ev.SessionID, ev.CartID, q.cart, q.checkout)
			}
			if q.orders++; q.orders > 1 || q.at < warm {
				return
			}
			orders++
			if q.views > 0 {
				viewed++
			}
			if q.cart != "" {
				withCart++
			}
		}
	})
	between := func(what string, got, least, most float64) {
		t.Helper()
		if got < least || got > most {
			t.Errorf("%s: %.3f, want %.2f to %.2f", what, got, least, most)
		}
	}
	between("orders after a look in the same session", float64(viewed)/float64(orders), 0.85, 1)
	between("orders with a cart", float64(withCart)/float64(orders), 0.05, 0.3)
	var carts, ordered, looked, bought, spans float64
	for _, q := range sessions {
		if q.at < warm || q.at > testStart.Add(14*time.Minute) {
			continue // not begun in full length, or perhaps not ended
		}
		if q.cart != "" {
			carts++
			if q.orders > 0 {
				ordered++
				spans += float64(q.last-q.at) / 1000
			}
		}
		if q.views > 0 {
			looked++
			if q.orders > 0 {
				bought++
			}
		}
	}
	between("carts that are ordered", ordered/carts, 0.22, 0.38)
	between("sessions with a look that order", bought/looked, 0.3, 0.7)
	between("seconds from first look to order through a cart", spans/ordered, 60, 600)
	if refunds == 0 {
		t.Error("nothing came back")
	}
}

func TestTheCartIsWhatIsOrdered(t *testing.T) {
	s := testShop(t, func(c *Config) { c.Rate.Carts, c.MaxSessions = 3*c.Rate.Carts, 1<<12 })
	carts := map[string]map[string]int64{}
	compared, recovered := 0, 0
	sessionOf := map[string]string{}
	first(s, 300_000, func(e Emission) {
		ev := e.Event
		switch {
		case ev.Type == event.TypeCartEvent:
			c := carts[ev.CartID]
			if c == nil {
				c = map[string]int64{}
				carts[ev.CartID] = c
				sessionOf[ev.CartID] = ev.SessionID
			}
			switch ev.Action {
			case event.ActionAdd, event.ActionUpdate:
				c[ev.ProductID] += ev.Quantity
			case event.ActionRemove:
				c[ev.ProductID] -= ev.Quantity
			case event.ActionClear:
				clear(c)
			}
			if c[ev.ProductID] < 0 {
				t.Fatalf("cart %s has %d of %s", ev.CartID, c[ev.ProductID], ev.ProductID)
			}
		case ev.Type == event.TypeTransaction && ev.CartID != "" && ev.Status == event.StatusCompleted && len(ev.Items) <= maxLines:
			for _, it := range ev.Items {
				if got := carts[ev.CartID][it.ProductID]; got != it.Quantity {
					t.Fatalf("order %s has %d of %s, its cart %d", ev.TransactionID, it.Quantity, it.ProductID, got)
				}
			}
			compared++
			if sessionOf[ev.CartID] != ev.SessionID {
				recovered++
			}
		}
	})
	if compared < 500 || recovered == 0 {
		t.Errorf("%d orders compared with their cart, %d of abandoned ones: want more", compared, recovered)
	}
}
