package app

import (
	"bytes"
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/time/rate"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/lake"
)

const (
	// cataloguePace is how many records of the catalogue are sent a second: the
	// whole of it within a minute, without getting in the way of live events.
	cataloguePace = 10_000
	// catalogueBurst is how many of them are sent at once. Every batch is flushed
	// to disk for each partition, so few large ones cost far less than many small.
	catalogueBurst = 2_000
	// flushTime is how long a stop waits for the next acknowledgement: longer than a
	// disk stalls that others use. Who cannot wait sends a second signal.
	flushTime = 10 * time.Second
)

// catalogue sends the products of a shop, and what there is of each at first.
type catalogue struct {
	broker   kafka.Config
	lake     string // directory of the lake, which may hold what the log no longer does
	feed     *feed
	producer *kafka.Producer // nil if there was no need
}

// counts are what was sent, by topic.
func (c *catalogue) counts() map[string]kafka.Counts {
	if c.producer == nil {
		return nil
	}
	return c.producer.Counts()
}

// send sends those products and initial stocks that the log does not have yet: all of
// them at the first start, the rest if that was cut short.
func (c *catalogue) send(ctx, live context.Context) error {
	have, err := c.inLog(live)
	if live.Err() != nil {
		return nil // stopped; the next start sends what is missing
	}
	if err != nil || have == nil {
		return err
	}
	c.producer, err = kafka.NewProducer(c.broker, kafka.Bulk)
	if err != nil {
		return err
	}
	defer c.producer.Close()
	c.sendMissing(live, have)
	if err := flush(ctx, c.producer); ctx.Err() == nil {
		return err
	}
	return nil // stopped, as above
}

// sendMissing sends the records of the catalogue that are not in have, until ctx
// ends.
func (c *catalogue) sendMissing(ctx context.Context, have map[string]bool) {
	limit := rate.NewLimiter(cataloguePace, catalogueBurst)
	sent := 0
	var buf []byte
	for e := range c.feed.shop.Catalogue() {
		if have[e.Topic+" "+e.Key] {
			continue
		}
		if sent%catalogueBurst == 0 && limit.WaitN(ctx, catalogueBurst) != nil {
			return
		}
		sent++
		now := event.TimeOf(time.Now())
		e.Event.Timestamp, e.Event.ReceivedAt = now, now
		buf = e.Event.AppendJSON(buf[:0])
		if c.producer.Send(ctx, e.Topic, e.Key, buf, now) != nil {
			return
		}
	}
}

// inLog returns which records of the catalogue are in the log, by topic and key;
// nil if all are. Only a log that may lack some is read.
func (c *catalogue) inLog(ctx context.Context) (map[string]bool, error) {
	ends, err := kafka.LogEnds(ctx, c.broker, event.TopicProducts, event.TopicInventoryUpdates)
	if err != nil {
		return nil, err
	}
	products, stocks := sum(ends[event.TopicProducts]), sum(ends[event.TopicInventoryUpdates])
	whole := int64(c.feed.products)
	if products >= whole && stocks >= whole {
		return nil, nil
	}
	have := map[string]bool{}
	initial := []byte(`"reason":"` + event.StockInitial + `"`)
	err = lake.NewWhole(c.lake, brokerLog{c.broker}).Scan(ctx, nil, ends, func(r *kgo.Record) error {
		if r.Topic == event.TopicProducts || bytes.Contains(r.Value, initial) {
			have[r.Topic+" "+string(r.Key)] = true
		}
		return nil
	})
	return have, err
}

func sum(offsets map[int32]int64) int64 {
	var n int64
	for _, o := range offsets {
		n += o
	}
	return n
}
