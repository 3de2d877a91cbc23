package app

import (
	"context"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"globalmart/internal/event"
	"globalmart/internal/lake"
	"globalmart/internal/shop"
)

const (
	// historyShards is how many parts a history is made of, each in a partition of
	// its own. It is part of what a history is: it does not follow the machine.
	historyShards = 4
	// historyAhead is how many days are written before the first of them is
	// complete.
	historyAhead = 2
	// historyLook is how many events are written between two looks at whether to go on.
	historyLook = 512
	// politeEvery is how many events a polite history writes before it lets others
	// run, some 100 µs.
	politeEvery = 64
)

// history writes days of a shop to the lake. What it writes is the same whatever
// the number of workers: each shard is read by one goroutine, into one partition.
type history struct {
	bulk       *lake.Bulk
	shards     []*shop.Shop
	from       event.Time // where the first of the days begins
	days       []*historyDay
	first      bool // the first day is the source's: the catalogue is in it
	ordersOnly bool
	workers    chan struct{} // its capacity is how many write at the same time
	polite     bool          // others go first
	skipped    func(n int)   // n events were passed that are there
	written    func(n int)   // n events were written
	completed  func(date string)

	mu    sync.Mutex
	moved *sync.Cond // done has grown, or it is over
	done  int        // days that are complete
}

// historyDay is a day that is to be written.
type historyDay struct {
	date string
	end  event.Time
	lake *lake.Day // nil until it is begun
	left int       // shards that are not done with it
	full chan struct{}
}

// run writes all days, or those that are whole when ctx ends, which is an error.
// The days that were begun in vain are gone after it.
func (h *history) run(ctx context.Context) error {
	h.moved = sync.NewCond(&h.mu)
	g, ctx := errgroup.WithContext(ctx)
	context.AfterFunc(ctx, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.moved.Broadcast()
	})
	for i, s := range h.shards {
		g.Go(func() error { return (&shardWriter{history: h, partition: int32(i)}).run(ctx, s) })
	}
	g.Go(func() error { return h.commit(ctx) })
	err := g.Wait()
	for _, d := range slices.Backward(h.days) {
		if d.lake != nil {
			d.lake.Abandon() // which does nothing to one that is complete
		}
	}
	return err
}

// commit makes days complete, in their order, beside the writing of the next.
func (h *history) commit(ctx context.Context) error {
	for i, d := range h.days {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-d.full:
		}
		if err := d.lake.Commit(); err != nil {
			return err
		}
		h.completed(d.date)
		h.mu.Lock()
		h.done = i + 1
		h.moved.Broadcast()
		h.mu.Unlock()
	}
	return nil
}

// begin returns the i-th day, once it is not too far ahead of those that are
// complete.
func (h *history) begin(ctx context.Context, i int) (*historyDay, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i >= h.done+historyAhead && ctx.Err() == nil {
		h.moved.Wait()
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	d := h.days[i]
	if d.lake == nil {
		var err error
		if d.lake, err = h.bulk.Day(d.date); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// leave tells that a shard is done with d.
func (h *history) leave(d *historyDay) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if d.left--; d.left == 0 {
		close(d.full)
	}
}

// shardWriter writes the days of a shard.
type shardWriter struct {
	*history
	partition int32
	day       *historyDay
	part      *lake.DayPart
	working   bool // it is one of the workers
	count     int
}

func (w *shardWriter) run(ctx context.Context, s *shop.Shop) error {
	defer w.rest()
	if err := w.next(ctx, 0); err != nil {
		return err
	}
	if w.first {
		for e := range s.Catalogue() {
			if err := w.add(ctx, e.Event); err != nil {
				return err
			}
		}
	}
	want := shop.Selection{From: w.from, OrdersOnly: w.ordersOnly, Skipping: func(n int) bool {
		w.skipped(n)
		return ctx.Err() == nil
	}}
	i := 0
	for e := range s.Select(want) {
		for e.At >= w.day.end {
			if err := w.finish(); err != nil {
				return err
			}
			if i++; i == len(w.days) {
				return nil
			}
			if err := w.next(ctx, i); err != nil {
				return err
			}
		}
		if err := w.add(ctx, e.Event); err != nil {
			return err
		}
	}
	return ctx.Err() // it ended while skipping
}

// next begins the i-th day when there is work to be had.
func (w *shardWriter) next(ctx context.Context, i int) (err error) {
	if w.day, err = w.begin(ctx, i); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case w.workers <- struct{}{}:
		w.working = true
	}
	w.part, err = w.day.lake.Part(w.partition)
	return err
}

// add writes e.
func (w *shardWriter) add(ctx context.Context, e *event.Event) error {
	if err := w.part.Add(e); err != nil {
		return err
	}
	if w.count++; w.count%politeEvery != 0 {
		return nil
	}
	if w.polite {
		runtime.Gosched()
	}
	if w.count%historyLook != 0 {
		return nil
	}
	w.tell()
	return ctx.Err()
}

func (w *shardWriter) tell() {
	w.written(w.count)
	w.count = 0
}

// finish ends the shard's part of the day.
func (w *shardWriter) finish() error {
	if err := w.part.Finish(); err != nil {
		return err
	}
	w.tell()
	w.rest()
	w.leave(w.day)
	return nil
}

// rest lets another shard work.
func (w *shardWriter) rest() {
	if w.working {
		w.working = false
		<-w.workers
	}
}
