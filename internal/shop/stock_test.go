package shop

import (
	"runtime"
	"testing"
	"time"

	"globalmart/internal/event"
)

func TestTheCatalogueHasEveryProductOnceWithItsStock(t *testing.T) {
	s := testShop(t, nil)
	products, stocked := map[string]event.Event{}, map[string]int64{}
	for e := range s.Catalogue() {
		ev := e.Event
		if e.At != testStart || ev.Timestamp != testStart || e.Key != ev.ProductID || e.Topic != ev.Type.Topic() {
			t.Fatalf("emission %+v of %+v", e, *ev)
		}
		switch ev.Type {
		case event.TypeProduct:
			if ev.PriceMinor < leastPrice || ev.CostMinor <= 0 || ev.CostMinor >= ev.PriceMinor || ev.Name == "" || ev.Brand == "" || ev.Category == "" || !ev.Active {
				t.Fatalf("product %+v", *ev)
			}
			products[ev.ProductID] = *ev
		case event.TypeInventoryUpdate:
			if ev.StockReason != event.StockInitial || ev.Delta <= 0 {
				t.Fatalf("stock %+v", *ev)
			}
			stocked[ev.ProductID] += ev.Delta
		}
	}
	if len(products) != s.cfg.Products || len(stocked) != s.cfg.Products {
		t.Fatalf("%d products, %d with stock, want %d", len(products), len(stocked), s.cfg.Products)
	}
	first(s, 20_000, func(e Emission) {
		if e.Event.Type != event.TypeProductView {
			return
		}
		p := products[e.Event.ProductID]
		if p.PriceMinor != e.Event.UnitPriceMinor || p.Category != e.Event.Category {
			t.Fatalf("product %s is viewed at %d in %s, its record says %d and %s",
				e.Event.ProductID, e.Event.UnitPriceMinor, e.Event.Category, p.PriceMinor, p.Category)
		}
	})
}

func TestStockIsSizedToTheRateAndRefilled(t *testing.T) {
	s := testShop(t, func(c *Config) { c.Rate, c.Products, c.Categories = Load(0.4), 80, 10 })
	onHand := map[string]int64{}
	for e := range s.Catalogue() {
		onHand[e.Event.ProductID] += e.Event.Delta
	}
	var restocks, adjustments, out int
	end := testStart.Add(30 * 24 * time.Hour)
	r := newRun(s, nil)
	r.yield = func(e Emission) bool {
		ev := e.Event
		switch {
		case ev.Type == event.TypeInventoryUpdate:
			onHand[ev.ProductID] += ev.Delta
			if ev.StockReason == event.StockRestock {
				restocks++
				if ev.Delta <= 0 {
					t.Fatalf("restock of %d", ev.Delta)
				}
			} else {
				adjustments++
			}
		case ev.Status == event.StatusCompleted:
			for _, it := range ev.Items {
				onHand[it.ProductID] -= it.Quantity
				if onHand[it.ProductID] == 0 {
					out++
				}
			}
		case ev.Status == event.StatusRefunded && ev.Restock:
			for _, it := range ev.Items {
				onHand[it.ProductID] += it.Quantity
			}
		}
		return e.At < end
	}
	r.forever()
	empty := 0
	for p, n := range r.stock.onHand {
		if events := onHand[s.catalogue.id(p)]; events != int64(n) {
			t.Fatalf("the events of %s add up to a stock of %d, the shop has %d", s.catalogue.id(p), events, n)
		}
		if n <= 0 {
			empty++
		}
	}
	if restocks < 100 || adjustments == 0 || out == 0 {
		t.Errorf("%d restocks, %d adjustments, %d times sold out in a month: want some of each", restocks, adjustments, out)
	}
	if empty > s.cfg.Products/10 {
		t.Errorf("%d of %d products are out of stock after a month", empty, s.cfg.Products)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	s := testShop(t, func(c *Config) { c.Faults = allFaults })
	if tables := heap() - before; tables > 10<<20 {
		t.Errorf("the shop takes %d KiB, want at most 10 MiB", tables>>10)
	}
	count := 0
	var peak uint64
	r := newRun(s, func(Emission) bool {
		if count++; count%500_000 == 0 {
			peak = max(peak, heap()-before)
		}
		return count < 1_000_000
	})
	r.forever()
	if peak > 32<<20 {
		t.Errorf("the run takes %d KiB after a million events, want at most 32 MiB", peak>>10)
	}
	if n := len(r.sessions.items); n > s.cfg.MaxSessions {
		t.Errorf("%d sessions, want at most %d", n, s.cfg.MaxSessions)
	}
}

func TestSessionsFitAtAnyRate(t *testing.T) {
	for name, rate := range map[string]Rate{
		"load": Load(500), "flood": Load(300_000), "business": Business(100_000), "trickle": Load(0.01),
		"orders only": {Orders: 100, Views: 1}, "views only": {Orders: 0.001, Views: 1000},
	} {
		t.Run(name, func(t *testing.T) {
			s := testShop(t, func(c *Config) { c.Rate = rate })
			count := 0
			r := newRun(s, func(Emission) bool { count++; return count < 120_000 })
			r.forever()
			if used := len(r.sessions.items) - len(r.sessions.free); used > s.cfg.MaxSessions*3/4 {
				t.Errorf("%d sessions in flight, want room below %d", used, s.cfg.MaxSessions)
			}
			for slot := range r.queues {
				if q := &r.queues[slot]; q.len() > 0 && float64(r.now-q.h[0].at) > max(60_000, 100*s.pace.step) {
					t.Errorf("slot %d: the next step has been due for %d ms", slot, r.now-q.h[0].at)
				}
			}
		})
	}
}
