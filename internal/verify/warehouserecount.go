package verify

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"

	"globalmart/internal/event"
	"globalmart/internal/warehouse"
)

// recount computes from the lake, as far as a state of the warehouse has taken it in,
// what the facts of each day must be. It follows the definitions of the batch jobs
// and has none of their code.
//
// It reads a topic twice: first for the keys that are there twice, then for what each
// record comes to. A record whose keys are its own counts at once. The others wait
// until every record of the days beside theirs was read: so the files are read in the
// order of their days, and in memory are the keys, 16 bytes each, of the days that
// the files being read reach over, what waits, and the totals.
type recount struct {
	*evidence
	manifest *warehouse.Manifest
	live     *liveOrders    // what became of the records of orders on the live side; nil = not asked
	only     map[int32]bool // days that are counted in detail; nil = all, in sums
	twice    map[string]map[uint64]bool
}

// countedTopics are the topics whose records the facts are made of.
var countedTopics = []string{event.TopicTransactions, event.TopicProductViews, event.TopicCartEvents}

// counted is what records come to.
type counted struct {
	totals *totals
	bridge bridge
	open   []*record // that share a key with another one
}

func (c *recount) newCounted() *counted {
	return &counted{totals: newTotals(c.seed, c.only), bridge: bridge{}}
}

// record is a valid record that shares a key with another one.
type record struct {
	topic, source string
	partition     int32
	offset        int64
	received      event.Time
	day           int32
	id, order     string // order is empty where there is none
	effects       effects
}

// run counts everything.
func (c *recount) run(ctx context.Context) (*counted, error) {
	sum := c.newCounted()
	for _, topic := range countedTopics {
		if err := c.topic(ctx, topic, sum); err != nil {
			return nil, fmt.Errorf("count %s: %w", topic, err)
		}
	}
	return sum, nil
}

// topic adds what the records of a topic come to.
func (c *recount) topic(ctx context.Context, topic string, sum *counted) error {
	chunks, err := c.chunks(topic)
	if err != nil {
		return err
	}
	if _, known := c.twice[topic]; !known {
		if c.twice[topic], err = c.findTwice(ctx, topic, chunks); err != nil {
			return err
		}
	}
	if c.only != nil {
		chunks = slices.DeleteFunc(chunks, func(k chunk) bool { return !c.concerns(&k) })
	}
	w := waiting{days: map[int32][]*record{}, decided: math.MinInt32}
	var mu sync.Mutex
	return c.sweep(ctx, chunks, func(k *chunk) error {
		part, err := c.count(ctx, topic, k, c.twice[topic])
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		sum.totals.merge(part.totals)
		sum.bridge.merge(part.bridge)
		for _, x := range part.open {
			w.days[x.day] = append(w.days[x.day], x)
		}
		return nil
	}, func(before int32) {
		mu.Lock()
		defer mu.Unlock()
		c.decide(sum, &w, before)
	})
}

// concerns reports whether the days that are counted in detail can depend on k.
func (c *recount) concerns(k *chunk) bool {
	for day := range c.only {
		if k.low <= day+1 && k.high >= day-1 {
			return true
		}
	}
	return false
}

// waiting are the records that share a key with another one, by day.
type waiting struct {
	days    map[int32][]*record
	decided int32 // the last day that was
}

// decide settles the records that wait of the days whose both neighbours lie before
// a day, oldest first, and drops what no later day needs.
func (c *recount) decide(sum *counted, w *waiting, before int32) {
	var days []int32
	for day := range w.days {
		if day > w.decided && day+1 < before {
			days = append(days, day)
		}
	}
	slices.Sort(days)
	for _, day := range days {
		c.decideDay(sum, slices.Concat(w.days[day-1], w.days[day], w.days[day+1]), day)
		w.decided = day
	}
	maps.DeleteFunc(w.days, func(day int32, _ []*record) bool { return day < w.decided })
}

// decideDay settles the records of day among those of the day and the days beside it.
// One counts of those with one event_id, and of those that are left one of those that
// tell the same of one order: the one received first, then that of the lower source,
// partition and offset.
func (c *recount) decideDay(sum *counted, all []*record, day int32) {
	slices.SortFunc(all, func(a, b *record) int {
		return cmp.Or(cmp.Compare(a.received, b.received), cmp.Compare(a.source, b.source), cmp.Compare(a.partition, b.partition), cmp.Compare(a.offset, b.offset))
	})
	ids, orders := map[string]bool{}, map[string]bool{}
	for _, x := range all {
		counts := !ids[x.id]
		ids[x.id] = true
		if counts && x.order != "" {
			counts = !orders[x.order]
			orders[x.order] = true
		}
		if x.day == day {
			c.settle(sum, x, &x.effects, counts)
		}
	}
}

// settle counts a record, or the duplicate that it is.
func (c *recount) settle(sum *counted, x *record, adds *effects, counts bool) {
	if c.live != nil && x.topic == event.TopicTransactions {
		c.live.compare(sum.bridge, x, adds, counts)
	}
	if counts {
		adds.addTo(sum.totals)
		return
	}
	key := appendPlace(nil, x.source, x.topic, int64(x.partition), x.offset, 0)
	sum.totals.add(duplicates, x.day, key, &measures{1})
}
