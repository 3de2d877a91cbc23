package processor

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"

	"globalmart/internal/event"
	"globalmart/internal/rules"
)

// anomalyState is the version of the form in which Anomalies is kept.
const anomalyState = 2

// maxState is the last time that a state can be of, the end of the year 9999.
const maxState event.Time = 253_402_300_799_999

// Snapshot appends the state to b: its version, the newest record time, both
// measures' series by category, how many lines of which products were counted
// today, and the orders that are remembered.
func (a *Anomalies) Snapshot(b []byte) []byte {
	b = append(b, anomalyState)
	b = binary.AppendVarint(b, int64(a.newest))
	b = a.amounts.snapshot(b)
	b = a.quantities.snapshot(b)
	b = a.quota.snapshot(b)
	return a.bursts.log.snapshot(b)
}

// Restore replaces the state by one that was kept under the same rules. If it is
// damaged, what there is afterwards is of no use.
func (a *Anomalies) Restore(b []byte) error {
	r := &stateReader{b: b}
	if len(b) == 0 || b[0] != anomalyState {
		r.fail("it is not one of anomalies in form %d", anomalyState)
		return r.err
	}
	r.b = b[1:]
	a.newest, a.day, a.nextDay = event.Time(r.int()), 0, 0
	if a.newest < 0 || a.newest > maxState {
		r.fail("its time is %d", a.newest)
		return r.err
	}
	if a.newest != 0 {
		a.day, a.nextDay = a.calendar.DayStart(a.newest), a.calendar.NextDay(a.newest)
	}
	a.amounts.restore(r)
	a.quantities.restore(r)
	a.quota.restore(r)
	a.bursts.restore(r, a.newest)
	return r.end()
}

func (b *baselines) snapshot(to []byte) []byte {
	to = binary.AppendUvarint(to, uint64(len(b.series)))
	for _, category := range slices.Sorted(maps.Keys(b.series)) {
		to = appendText(to, category)
		to = b.series[category].snapshot(to)
	}
	return to
}

func (b *baselines) restore(r *stateReader) {
	clear(b.series)
	n := r.count(1)
	if n > maxSeries {
		r.fail("%d categories, want at most %d", n, maxSeries)
	}
	for range n {
		category := string(r.bytes())
		if b.series[category] != nil {
			r.fail("category %q stands twice", category)
		}
		s := &series{}
		s.restore(r)
		if r.err != nil {
			return
		}
		if s.version == 0 {
			s.usual = b.prior(category)
		} else {
			s.usual = newUsual(s.median, s.spread, b.rule)
		}
		b.series[category] = s
	}
}

func (s *series) snapshot(b []byte) []byte {
	b = binary.AppendVarint(b, s.version)
	b = binary.AppendVarint(b, s.samples)
	b = binary.AppendVarint(b, s.median)
	b = binary.AppendVarint(b, int64(s.spread))
	b = s.today.snapshot(b)
	b = binary.AppendUvarint(b, uint64(len(s.closed)))
	for i := range s.closed {
		b = binary.AppendVarint(b, int64(s.closed[i].start))
		b = s.closed[i].snapshot(b)
	}
	return b
}

// maxLn is above any difference of logarithms of amounts, in thousandths.
const maxLn = 40_000

func (s *series) restore(r *stateReader) {
	s.version, s.samples, s.median, s.spread = r.int(), r.int(), r.int(), rules.Milli(r.int())
	if s.version < 0 || s.samples < 0 || s.median < 1 || s.median > int64(event.MaxAmount) || s.spread < 0 || s.spread > maxLn {
		r.fail("version %d, %d samples, median %d, spread %s", s.version, s.samples, s.median, s.spread)
	}
	s.today.restore(r)
	s.total = s.today.n
	for range r.count(3) {
		day := closedDay{start: event.Time(r.int())}
		day.restore(r)
		if r.err != nil {
			return
		}
		s.closed = append(s.closed, day)
		s.total += day.n
	}
}

func (h *histogram) snapshot(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(h.low))
	b = binary.AppendUvarint(b, uint64(len(h.counts)))
	for _, c := range h.counts {
		b = binary.AppendUvarint(b, uint64(c))
	}
	return b
}

func (h *histogram) restore(r *stateReader) {
	low, n := r.uint(), r.count(1)
	if low > uint64(buckets) || int(low)+n > buckets {
		r.fail("%d buckets from %d on, want at most %d in all", n, low, buckets)
		return
	}
	*h = histogram{low: int(low)}
	if n == 0 {
		return
	}
	h.counts = make([]uint32, n)
	for i := range h.counts {
		c := r.uint()
		if c > math.MaxUint32 {
			r.fail("a count of %d", c)
		}
		h.counts[i] = uint32(c)
		h.n += int64(c)
	}
}

func (l *orderLog) snapshot(b []byte) []byte {
	b = slices.Grow(b, len(l.blocks)*(blockBytes+binary.MaxVarintLen32)+2*binary.MaxVarintLen64)
	b = binary.AppendUvarint(b, l.first)
	b = binary.AppendUvarint(b, uint64(len(l.blocks)))
	for _, block := range l.blocks {
		b = appendText(b, block)
	}
	return b
}

// restore reads the orders and links those of a visitor anew, so that no damage
// can make a link lead astray.
func (b *bursts) restore(r *stateReader, newest event.Time) {
	clear(b.last)
	b.log = orderLog{first: r.uint()}
	if b.log.first > math.MaxUint64>>(blockBits+1) {
		r.fail("block number %d", b.log.first)
	}
	reached := event.Time(math.MinInt64)
	for range r.count(1) {
		block := r.bytes()
		if len(block) == 0 || len(block) > blockBytes {
			r.fail("a block of %d bytes", len(block))
			return
		}
		at := position(b.log.first+uint64(len(b.log.blocks))) << blockBits
		b.log.blocks = append(b.log.blocks, append(make([]byte, 0, blockBytes), block...))
		for o := packedOrder(b.log.blocks[len(b.log.blocks)-1]); len(o) > 0; {
			if len(o) < atTexts || o.size() > len(o) || o.newest() < reached || o.newest() > newest || o.time() > o.newest() {
				r.fail("order %d", at)
				return
			}
			reached = o.newest()
			b.link(o, at)
			size := o.size()
			o, at = o[size:], at+position(size)
		}
	}
}
