package verify

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"globalmart/internal/event"
	"globalmart/internal/lake"
	"globalmart/internal/rules"
	"globalmart/internal/warehouse"
)

// chunk is a file of the lake that the warehouse has taken in.
type chunk struct {
	span      lake.Span
	low, high int32 // days of its events
}

// taken reports whether a state of the warehouse has taken in a file.
func taken(cut *warehouse.Cut, e *lake.Entry) bool {
	if e.Source != lake.SourceRaw {
		_, there := slices.BinarySearch(cut.Days[e.Source], dateText(e.Day))
		return there
	}
	return e.First < cut.Raw[e.Topic+"/"+strconv.Itoa(int(e.Partition))]
}

// chunks returns the files of a topic that have events and were taken in, by the first
// day that they have an event of.
func (c *recount) chunks(topic string) (all []chunk, err error) {
	for _, s := range c.sources {
		for i := range s.Parts {
			for _, span := range s.Parts[i].Spans {
				if span.Topic != topic || span.Gap || span.Footer == nil || valid(span.Footer) == 0 || !taken(&c.manifest.Cut, &span.Entry) {
					continue
				}
				k := chunk{span: span}
				if k.low, k.high, err = daysOf(&span); err != nil {
					return nil, err
				}
				all = append(all, k)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b chunk) int { return cmp.Compare(a.low, b.low) })
	return all, nil
}

// daysOf reads the bounds of a file's event dates from its footer.
func daysOf(s *lake.Span) (low, high int32, err error) {
	f, err := openColumns(s.Path)
	if err != nil {
		return 0, 0, err
	}
	defer f.close()
	at, err := f.at("event_date")
	if err != nil {
		return 0, 0, err
	}
	low, high = math.MaxInt32, math.MinInt32
	groups := f.file.Metadata().RowGroups
	for i := range groups {
		if bounds := &groups[i].Columns[at].MetaData.Statistics; len(bounds.MinValue) == 4 && len(bounds.MaxValue) == 4 {
			low = min(low, int32(binary.LittleEndian.Uint32(bounds.MinValue)))
			high = max(high, int32(binary.LittleEndian.Uint32(bounds.MaxValue)))
		}
	}
	return low, high, nil
}

// sweep calls read for each chunk, several at a time, in the order of their first days.
// After each it calls settled, one call at a time: no event of a day before the given
// one is still to come.
func (c *recount) sweep(ctx context.Context, chunks []chunk, read func(*chunk) error, settled func(before int32)) error {
	var mu sync.Mutex
	done, next := make([]bool, len(chunks)), 0
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(c.workers())
	for i := range chunks {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := read(&chunks[i]); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			done[i] = true
			for next < len(chunks) && done[next] {
				next++
			}
			before := int32(math.MaxInt32)
			if next < len(chunks) {
				before = chunks[next].low
			}
			settled(before)
			return nil
		})
	}
	return g.Wait()
}

// reach is how many days lie at most between two records of which one may keep the
// other from being counted, or may keep it from keeping a third one: both are within
// the day of the third and the days beside it.
const reach = 2

// seenDays remembers keys, and the last day that each was seen on.
type seenDays struct {
	at    map[uint64]int32
	bound int // size at which what is past is dropped
}

// findTwice returns what of the keys of a topic's records is there twice within reach:
// all of that, and some more. It reads no more than the columns of keys.
func (c *recount) findTwice(ctx context.Context, topic string, chunks []chunk) (map[uint64]bool, error) {
	twice := map[uint64]bool{}
	seen := seenDays{at: map[uint64]int32{}, bound: 1 << 16}
	past := int32(math.MinInt32)
	var mu sync.Mutex
	err := c.sweep(ctx, chunks, func(k *chunk) error {
		keys, days, err := c.keysOf(topic, k)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		for i, key := range keys {
			last, there := seen.at[key]
			if there {
				twice[key] = true
			}
			if !there || days[i] > last {
				seen.at[key] = days[i]
			}
		}
		if len(seen.at) >= seen.bound {
			for key, day := range seen.at {
				if day < past {
					delete(seen.at, key)
				}
			}
			seen.bound = max(1<<16, 2*len(seen.at))
		}
		return nil
	}, func(before int32) {
		mu.Lock()
		defer mu.Unlock()
		past = max(before, math.MinInt32+reach) - reach
	})
	return twice, err
}

// keysOf returns the keys of the valid records of a file, and their days.
func (c *recount) keysOf(topic string, k *chunk) (keys []uint64, days []int32, err error) {
	f, err := openColumns(k.span.Path)
	if err != nil {
		return nil, nil, err
	}
	defer f.close()
	names, n := []string{"valid", "event_date", "event_id"}, int(k.span.Footer.Records)
	if topic == event.TopicTransactions {
		names, n = append(names, "line_no", "transaction_id", "status", "refund_id"), 2*n
	}
	keys, days = make([]uint64, 0, n), make([]int32, 0, n)
	var text []byte
	err = f.scan(names, func(row []*column) error {
		if !row[0].yes() || len(row) > 3 && row[3].long() > 0 {
			return nil
		}
		day := int32(row[1].long())
		keys, days = append(keys, maphash.Bytes(c.seed, row[2].bytes())), append(days, day)
		if len(row) > 3 {
			text = appendOrder(text[:0], row[4].bytes(), row[5].bytes(), row[6].bytes())
			keys, days = append(keys, maphash.Bytes(c.seed, text)), append(days, day)
		}
		return nil
	})
	return keys, days, err
}

// appendOrder is the key of what is told of an order. It ends in a zero byte, as no
// event_id does.
func appendOrder[T ~string | ~[]byte](key []byte, transaction, status, refund T) []byte {
	return appendText(appendText(appendText(key, transaction), status), refund)
}

// count counts the records of a file that are there once into a part of its own, and
// notes the others in it.
func (c *recount) count(ctx context.Context, topic string, k *chunk, twice map[uint64]bool) (*counted, error) {
	p := c.newCounted()
	var err error
	if topic == event.TopicTransactions {
		err = c.countOrders(ctx, k, twice, p)
	} else {
		err = c.countActivity(topic, k, twice, p)
	}
	c.progress(k.span.Footer.Records)
	return p, err
}

// countOrders reads the records themselves, not the columns that were made of them.
func (c *recount) countOrders(ctx context.Context, k *chunk, twice map[uint64]bool, p *counted) error {
	calendar, err := rules.NewCalendar(k.span.Footer.Zone)
	if err != nil {
		return fmt.Errorf("%s: %w", k.span.Path, err)
	}
	var decoder event.Decoder
	var e event.Event
	var text []byte
	order := newOrderEffects(c.seed, calendar)
	return k.span.Scan(k.span.First, k.span.Last+1, func(r *kgo.Record) error {
		received := event.TimeOf(r.Timestamp)
		if decoder.Decode(r.Value, received, &e) != nil || e.Type != event.TypeTransaction {
			return ctx.Err() // dead
		}
		order.of(&e, k.span.Source, r.Partition, r.Offset)
		text = appendOrder(text[:0], e.TransactionID, string(e.Status), e.RefundID)
		x := record{topic: event.TopicTransactions, source: k.span.Source, partition: r.Partition, offset: r.Offset, received: received}
		if !twice[maphash.String(c.seed, e.ID)] && !twice[maphash.Bytes(c.seed, text)] {
			c.settle(p, &x, &order.effects, true)
			return nil
		}
		x.day, x.id, x.order = order.days.of(e.Time()), strings.Clone(e.ID), string(text)
		x.effects = order.clone()
		p.open = append(p.open, &x)
		return nil
	})
}

// countActivity reads the columns of views and cart actions.
func (c *recount) countActivity(topic string, k *chunk, twice map[uint64]bool, p *counted) error {
	f, err := openColumns(k.span.Path)
	if err != nil {
		return err
	}
	defer f.close()
	names, place := []string{"valid", "event_date", "event_id", "product_id", "log_offset", "received_at"}, productViews
	if topic == event.TopicCartEvents {
		names, place = append(names, "action"), productAdds
	}
	var m measures
	m[place] = 1
	var adds effects
	return f.scan(names, func(row []*column) error {
		if !row[0].yes() {
			return nil
		}
		adds.reset()
		day := int32(row[1].long())
		if product := row[3].bytes(); len(product) > 0 && (len(row) < 7 || string(row[6].bytes()) == string(event.ActionAdd)) {
			adds.keys = appendText(adds.keys, product)
			adds.end(productDays, day, m)
		}
		if !twice[maphash.Bytes(c.seed, row[2].bytes())] {
			adds.addTo(p.totals)
			return nil
		}
		p.open = append(p.open, &record{
			topic: topic, source: k.span.Source, partition: k.span.Partition, offset: row[4].long(), received: event.Time(row[5].long()),
			day: day, id: string(row[2].bytes()), effects: adds.clone(),
		})
		return nil
	})
}
