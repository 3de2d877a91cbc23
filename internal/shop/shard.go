package shop

import (
	"fmt"
	"iter"

	"globalmart/internal/event"
)

// NewShards returns n shops, each of its own n-th of the shoppers, that together
// are a shop of cfg: its rate, its catalogue, its mix. They share their tables
// and no id, and nothing that happens in one has to do with another, so they
// can be read at the same time, whereas one shop is read in one piece. The
// events are not those of [New], but a function of cfg and n alike. Each has at
// most Config.MaxSessions of its own.
func NewShards(cfg Config, n int) ([]*Shop, error) {
	if n < 1 || n > maxShards {
		return nil, fmt.Errorf("shop: %d shards: want 1 to %d", n, maxShards)
	}
	cfg.Rate.Orders /= float64(n)
	cfg.Rate.Views /= float64(n)
	cfg.Rate.Carts /= float64(n)
	whole, err := New(cfg)
	if err != nil {
		return nil, err
	}
	for i, r := range whole.population.country {
		if r.order.n < uint64(n) {
			return nil, fmt.Errorf("shop: %d shards: %s has %d shoppers, want one for each", n, cfg.Countries[i].Code, r.order.n)
		}
	}
	shards := make([]*Shop, n)
	for i := range shards {
		s := *whole
		s.shard, s.shards = uint64(i), uint64(n)
		shards[i] = &s
	}
	return shards, nil
}

// maxShards bounds the shards of a shop; every one of them needs shoppers of
// every country.
const maxShards = 16

// Selection says what of a shop's events is wanted.
type Selection struct {
	From       event.Time // what is sent before is left out
	OrdersOnly bool       // without views and cart actions

	// Skipping, if it is set, is called while what comes before From happens, each
	// time that n events more have; false ends everything.
	Skipping func(n int) bool
}

// skippingEvery is how many events a call of Selection.Skipping stands for.
const skippingEvery = 4096

// Select yields what [Shop.Events] does of what is wanted, the same bytes. What
// is left out still happens, so it takes time, about a fifth of what it takes to
// yield it.
func (s *Shop) Select(want Selection) iter.Seq[Emission] {
	return func(yield func(Emission) bool) {
		r := newRun(s, yield)
		r.want = want
		r.faultless = s.cfg.Faults == Faults{}
		r.forever()
	}
}

// choose decides whether what happens now, in slot, need be made at all. In a shop
// with faults everything is, since what is sent may be sent again later.
func (r *run) choose(slot int) {
	r.silent = r.faultless && (r.now < r.want.From || r.want.OrdersOnly && slot != slotOrder)
}

// skip counts what happens before what is wanted, and reports whether to go on.
func (r *run) skip() bool {
	if r.want.Skipping == nil || r.now >= r.want.From {
		return true
	}
	if r.skipped++; r.skipped%skippingEvery != 0 {
		return true
	}
	return r.want.Skipping(skippingEvery)
}

// emit yields an emission if it is wanted.
func (r *run) emit(e Emission) bool {
	if e.At < r.want.From || r.want.OrdersOnly && (e.Topic == event.TopicProductViews || e.Topic == event.TopicCartEvents) {
		return true
	}
	return r.yield(e)
}

// count moves a counter of the run on to its next number, one that no other
// shard has, and returns it.
func (r *run) count(n *uint64) uint64 {
	*n += r.s.shards
	return *n
}

// ofShard returns the activity rank next to rank, below n, that belongs to shard:
// every shards-th does, so that each shard has its part of the busiest.
func ofShard(rank, n, shard, shards uint64) uint64 {
	own := rank - rank%shards + shard
	if own >= n {
		own -= shards
	}
	return own
}
