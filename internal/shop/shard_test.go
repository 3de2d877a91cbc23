package shop

import (
	"math"
	"slices"
	"testing"
	"time"

	"globalmart/internal/event"
)

func testShards(t testing.TB, n int, change func(*Config)) []*Shop {
	t.Helper()
	cfg := testConfig()
	cfg.Products, cfg.Shoppers = 2_000, 40_000
	if change != nil {
		change(&cfg)
	}
	shards, err := NewShards(cfg, n)
	if err != nil {
		t.Fatal(err)
	}
	return shards
}

// until yields the records that s sends from from on and before to.
func until(s *Shop, want Selection, to event.Time, see func(Emission)) {
	for e := range s.Select(want) {
		if e.At >= to {
			return
		}
		see(e)
	}
}

// TestSelectionsAreTheSameBytes compares what is left of all events with what is
// selected, also where the rest is not made at all.
func TestSelectionsAreTheSameBytes(t *testing.T) {
	to := testStart.Add(40 * time.Minute)
	for name, faults := range map[string]Faults{"sound": {}, "faulty": allFaults} {
		t.Run(name, func(t *testing.T) {
			s := testShards(t, 4, func(c *Config) { c.Rate, c.Faults = Business(500_000), faults })[2]
			for name, want := range map[string]Selection{
				"all":               {},
				"later":             {From: testStart.Add(20 * time.Minute)},
				"orders":            {OrdersOnly: true},
				"orders from later": {From: testStart.Add(20 * time.Minute), OrdersOnly: true},
			} {
				var whole, selected []string
				until(s, Selection{}, to, func(e Emission) {
					orders := e.Topic != event.TopicProductViews && e.Topic != event.TopicCartEvents
					if e.At >= want.From && (orders || !want.OrdersOnly) {
						whole = append(whole, record(e))
					}
				})
				until(s, want, to, func(e Emission) { selected = append(selected, record(e)) })
				if len(whole) < 1000 || !slices.Equal(whole, selected) {
					t.Errorf("%s: selected %d records, and %d of all are left, or they differ", name, len(selected), len(whole))
				}
			}
		})
	}
}

func TestSkippingIsToldOfAndEnds(t *testing.T) {
	s := testShards(t, 1, nil)[0]
	told := 0
	for e := range s.Select(Selection{From: testStart.Add(time.Hour), Skipping: func(n int) bool {
		told += n
		return told < 5*n
	}}) {
		t.Fatalf("%v was yielded", e.At)
	}
	if told != 5*skippingEvery {
		t.Errorf("told of %d events", told)
	}
}

func TestShardsShareNothingAndAddUp(t *testing.T) {
	const shards = 4
	to := testStart.Add(30 * time.Minute)
	owner := map[string]int{}
	counts := map[string][shards]float64{}
	for i, s := range testShards(t, shards, func(c *Config) { c.Rate = Rate{Orders: 10, Views: 30, Carts: 10} }) {
		until(s, Selection{}, to, func(e Emission) {
			n := counts[e.Topic]
			n[i]++
			counts[e.Topic] = n
			for _, id := range []string{e.Event.ID, e.Event.VisitorID, e.Event.SessionID, e.Event.CartID, e.Event.TransactionID} {
				if at, known := owner[id]; id != "" && known && at != i {
					t.Fatalf("%s is in shards %d and %d", id, at, i)
				}
				owner[id] = i
			}
		})
	}
	for topic, all := range map[string]float64{event.TopicTransactions: 18_000, event.TopicProductViews: 54_000, event.TopicCartEvents: 18_000} {
		for i, n := range counts[topic] {
			if math.Abs(n-all/shards) > 2 {
				t.Errorf("shard %d has %.0f events of %s, want %.0f", i, n, topic, all/shards)
			}
		}
	}
}

func TestShardsListTheCatalogueOnce(t *testing.T) {
	seen := map[string]int{}
	for _, s := range testShards(t, 3, nil) {
		for e := range s.Catalogue() {
			if e.Topic == event.TopicProducts {
				seen[e.Key]++
			}
			seen[e.Event.ID]++
		}
	}
	if len(seen) != 3*2_000 {
		t.Errorf("%d ids of products and their events, want 6000", len(seen))
	}
	for id, n := range seen {
		if n != 1 {
			t.Fatalf("%s is there %d times", id, n)
		}
	}
}

func TestShopsThatCannotBeDividedAreRefused(t *testing.T) {
	cfg := testConfig()
	for _, n := range []int{0, -1, maxShards + 1} {
		if _, err := NewShards(cfg, n); err == nil {
			t.Errorf("%d shards were made", n)
		}
	}
	cfg.Shoppers = maxCountries
	if _, err := NewShards(cfg, 16); err == nil {
		t.Error("16 shoppers were divided into 16 shards of 5 countries")
	}
}

// BenchmarkLeftOut measures what an event costs that is not wanted.
func BenchmarkLeftOut(b *testing.B) {
	s := testShards(b, 1, func(c *Config) { *c = testConfig(); c.Rate = Business(100_000) })[0]
	from := s.cfg.Start.Add(time.Duration(float64(b.N) / s.cfg.Rate.Total() * float64(time.Second)))
	b.ResetTimer()
	for range s.Select(Selection{From: from}) {
		return
	}
}
