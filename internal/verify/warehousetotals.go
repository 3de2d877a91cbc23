package verify

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"strings"
	"time"
)

// fact is a table of the warehouse whose rows follow from the records of a day.
type fact int

// The facts that are compared.
const (
	orderLines fact = iota
	salesDays
	categoryDays
	productDays
	customerDays
	duplicates
	factCount
)

// maxMeasures is how many measures a fact has at most.
const maxMeasures = 7

// measures are the measures of a row, in the order of its fact.
type measures [maxMeasures]int64

// facts say what the facts are called and what they measure.
var facts = [factCount]struct {
	name     string
	measures []string
}{
	orderLines:   {"fact_order_line", []string{"rows", "quantity", "net_minor", "tax_minor", "shipping_minor", "flags", "other columns"}},
	salesDays:    {"fact_sales_day", []string{"orders", "units", "net_minor", "refund_minor", "tax_minor", "shipping_minor"}},
	categoryDays: {"fact_category_day", []string{"orders", "units", "net_minor", "refund_minor"}},
	productDays:  {"fact_product_day", []string{"orders", "units", "net_minor", "refund_minor", "returned_units", "views", "cart_adds"}},
	customerDays: {"fact_customer_day", []string{"orders", "units", "net_minor", "refund_minor"}},
	duplicates:   {"event_duplicate", []string{"rows"}},
}

// The places of the measures of sales; the facts that have fewer have the first of them.
const (
	salesOrders = iota
	salesUnits
	salesNet
	salesRefund
	salesTax
	salesShipping
)

// places of measures that a fact has of its own.
const (
	productReturned = salesRefund + 1
	productViews    = productReturned + 1
	productAdds     = productViews + 1
)

// lineOther is the place of the digest of an order line's other columns.
const lineOther = 6

// totals is what the rows of each fact come to by day. Of most facts it does not keep
// the rows, which may be as many as there are products and customers on every day,
// but a weighted sum of each measure: the weight of a row is a digest, keyed at random,
// of its key. Two sets of rows that differ in a measure of any row have sums that
// differ, but for a chance of about 1 in 2^60; and sums do not depend on order, so
// what was counted in parts adds up.
type totals struct {
	seed maphash.Seed
	// only are the days that are counted, each row by its key; nil = every day, and
	// only the days of a country by their keys.
	only map[int32]bool
	days map[int32]*dayTotals

	last    *dayTotals // of the last row, of lastDay
	lastDay int32
}

// dayTotals is what a day's rows come to.
type dayTotals [factCount]struct {
	sums [maxMeasures]uint64
	rows map[string]*measures
}

func newTotals(seed maphash.Seed, only map[int32]bool) *totals {
	return &totals{seed: seed, only: only, days: map[int32]*dayTotals{}}
}

// add adds m to the row of key. It does not keep key.
func (t *totals) add(f fact, day int32, key []byte, m *measures) {
	if t.only != nil && !t.only[day] {
		return
	}
	if t.last == nil || t.lastDay != day {
		t.last, t.lastDay = t.day(day), day
	}
	sum := &t.last[f]
	weight := maphash.Bytes(t.seed, key)
	for i, v := range m {
		sum.sums[i] += weight * uint64(v)
	}
	if f != salesDays && t.only == nil {
		return
	}
	row := sum.rows[string(key)]
	if row == nil {
		if sum.rows == nil {
			sum.rows = map[string]*measures{}
		}
		row = &measures{}
		sum.rows[string(key)] = row
	}
	row.add(m, 1)
}

func (m *measures) add(o *measures, sign int64) {
	for i, v := range o {
		m[i] += sign * v
	}
}

func (t *totals) day(day int32) *dayTotals {
	d := t.days[day]
	if d == nil {
		d = &dayTotals{}
		t.days[day] = d
	}
	return d
}

// merge adds what other rows come to, counted with the same seed and days.
func (t *totals) merge(o *totals) {
	for day, theirs := range o.days {
		ours := t.day(day)
		for f := range theirs {
			for i, v := range theirs[f].sums {
				ours[f].sums[i] += v
			}
			if ours[f].rows == nil {
				ours[f].rows = theirs[f].rows
				continue
			}
			for key, m := range theirs[f].rows {
				if row := ours[f].rows[key]; row != nil {
					row.add(m, 1)
				} else {
					ours[f].rows[key] = m
				}
			}
		}
	}
}

// effects are the rows that one record adds to, in memory that the next record uses
// again.
type effects struct {
	all  []effect
	keys []byte
}

type effect struct {
	fact
	day      int32
	from, to int // of its key
	measures
}

func (e *effects) reset() { e.all, e.keys = e.all[:0], e.keys[:0] }

// end adds an effect whose key is what was appended to keys since the last one.
func (e *effects) end(f fact, day int32, m measures) {
	from := 0
	if n := len(e.all); n > 0 {
		from = e.all[n-1].to
	}
	e.all = append(e.all, effect{f, day, from, len(e.keys), m})
}

func (e *effects) key(of *effect) []byte { return e.keys[of.from:of.to] }

func (e *effects) clone() effects {
	return effects{append([]effect(nil), e.all...), append([]byte(nil), e.keys...)}
}

// addTo adds the effects to t.
func (e *effects) addTo(t *totals) {
	for i := range e.all {
		x := &e.all[i]
		t.add(x.fact, x.day, e.key(x), &x.measures)
	}
}

// Keys are parts that no zero byte can be in, each ended by one, and numbers of 8 bytes.

func appendText[T ~string | ~[]byte](key []byte, part T) []byte {
	return append(append(key, part...), 0)
}

// appendLong keeps the order of numbers.
func appendLong(key []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(key, uint64(n)^1<<63)
}

func longOf(key []byte) int64 { return int64(binary.BigEndian.Uint64(key) ^ 1<<63) }

// rowText names a row in a report.
func rowText(f fact, day int32, key string) string {
	text := facts[f].name + " " + dateText(day)
	if key == "" {
		return text
	}
	switch f {
	case customerDays:
		return fmt.Sprintf("%s customer_key %d %s", text, longOf([]byte(key)), strings.TrimSuffix(key[8:], "\x00"))
	case orderLines, duplicates:
		words, rest := strings.Split(key, "\x00"), key[len(key)-24:]
		at := fmt.Sprintf("%s %s[%d]@%d", words[0], words[1], longOf([]byte(rest)), longOf([]byte(rest[8:])))
		if f == duplicates {
			return text + " " + at
		}
		return fmt.Sprintf("%s %s line %d", text, at, longOf([]byte(rest[16:])))
	default:
		for word := range strings.SplitSeq(strings.TrimSuffix(key, "\x00"), "\x00") {
			text += " " + quoted(word)
		}
		return text
	}
}

// appendPlace is the key of a record, or of a line of it.
func appendPlace[T ~string | ~[]byte](key []byte, source, topic T, partition, offset, line int64) []byte {
	key = appendText(appendText(key, source), topic)
	return appendLong(appendLong(appendLong(key, partition), offset), line)
}

// dateText is a day, counted from 1970-01-01, as yyyy-mm-dd.
func dateText(day int32) string {
	return time.Unix(int64(day)*86_400, 0).UTC().Format(time.DateOnly)
}

// dayOf reads yyyy-mm-dd.
func dayOf(date string) (int32, error) {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return 0, fmt.Errorf("%q is not a date", date)
	}
	return int32(t.Unix() / 86_400), nil
}
