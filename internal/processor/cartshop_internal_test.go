package processor

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/shop"
	"globalmart/internal/store"
)

// shopLog returns the actions on carts and the transactions among the first n
// emissions of a shop with late and repeated events, as a task takes them.
func shopLog(tb testing.TB, seed uint64, n int) (log cartLog, last event.Time) {
	tb.Helper()
	cfg := shop.Default()
	cfg.Seed, cfg.Start, cfg.Convert, cfg.Products, cfg.Shoppers = seed, cartNoon, rules.Default().Convert, 500, 5000
	cfg.Rate = shop.Load(2)
	cfg.Rate.Carts *= 2
	cfg.Faults = shop.Faults{Anomalies: 0.01, Late: 0.05, Duplicates: 0.05}
	s, err := shop.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	seen := map[string]bool{}
	for emission := range s.Events() {
		if n--; n < 0 {
			break
		}
		last = emission.At
		if emission.Event == nil {
			continue
		}
		e := *emission.Event
		e.ReceivedAt = emission.At
		e.Items = append([]event.Item(nil), e.Items...)
		if seen[e.ID] || e.Time() < e.ReceivedAt-2*60*wheelMS {
			continue
		}
		seen[e.ID] = true
		switch e.Type {
		case event.TypeCartEvent:
			log[cartTopic] = append(log[cartTopic], e)
		case event.TypeTransaction:
			log[orderTopic] = append(log[orderTopic], e)
		default:
		}
	}
	return log, last
}

// behind is the topic to go on with: orders are folded a minute late.
func (c *cartRun) behind() int {
	carts, orders := c.log[cartTopic][c.next[cartTopic]:], c.log[orderTopic][c.next[orderTopic]:]
	if len(carts) == 0 || len(orders) > 0 && orders[0].ReceivedAt+wheelMS < carts[0].ReceivedAt {
		return orderTopic
	}
	return cartTopic
}

// shopCarts are what a golden file holds of the carts of a shop.
type shopCarts struct {
	Actions     int                        `json:"actions"`
	Orders      int                        `json:"orders"` // of carts
	Carts       map[store.CartStatus]int64 `json:"carts"`  // by status, an hour after the last event
	Quantity    int64                      `json:"quantity"`
	ValueMinor  event.Minor                `json:"value_minor"`
	AtRiskMinor event.Minor                `json:"at_risk_minor"`
	Abandonment string                     `json:"abandonment"`
	ByCheckout  string                     `json:"abandonment_by_checkout"`
}

// TestTheCartsOfAShop compares them with the definition, and with a golden file:
// go test ./internal/processor -run TheCartsOfAShop -update writes it.
func TestTheCartsOfAShop(t *testing.T) {
	r := rules.Default()
	log, last := shopLog(t, 42, 20_000)
	c := newCartRun(r, log)
	for n := range len(log[cartTopic]) + len(log[orderTopic]) {
		c.apply(c.behind())
		if n%100 == 0 {
			c.carts.Tick(c.latest(), c.out)
			c.commit()
		}
	}
	asOf := last + 60*wheelMS
	c.carts.Tick(asOf, c.out)
	c.commit()
	if diff := cmp.Diff(plainCarts(r, log[cartTopic]), c.tables.carts); diff != "" {
		t.Errorf("carts (-plain +stored):\n%.4000s", diff)
	}

	found := shopCarts{Actions: len(log[cartTopic]), Orders: len(c.tables.orders), Carts: map[store.CartStatus]int64{}}
	var all, checkedOut store.CartShares
	for k, cart := range c.tables.carts {
		status := cart.Status(c.tables.ordered[k], asOf, r.Cart.Idle, r.Cart.Recovery)
		all.Add(status, 1)
		if cart.CheckoutAt != 0 {
			checkedOut.Add(status, 1)
		}
		found.Carts[status]++
		found.Quantity += cart.Quantity
		found.ValueMinor += cart.ValueMinor
		found.AtRiskMinor += cart.AtRisk(status)
	}
	found.Abandonment = fmt.Sprintf("%.4f", all.Abandonment())
	found.ByCheckout = fmt.Sprintf("%.4f", checkedOut.Abandonment())
	checkGolden(t, "carts-seed-42.json", found)
}

func checkGolden(t *testing.T, name string, found any) {
	t.Helper()
	got, err := json.MarshalIndent(found, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
