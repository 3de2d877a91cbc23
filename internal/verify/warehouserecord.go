package verify

import (
	"crypto/md5"
	"encoding/binary"
	"hash/maphash"
	"slices"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
	"globalmart/internal/verify/model"
)

// orderEffects says what an order or a refund adds to the facts. It is for one
// goroutine.
type orderEffects struct {
	effects
	seed       maphash.Seed
	days       dayFinder
	products   firsts // that the order has had
	categories firsts
	other      []byte
}

func newOrderEffects(seed maphash.Seed, calendar rules.Calendar) *orderEffects {
	return &orderEffects{seed: seed, days: dayFinder{calendar: calendar}}
}

// of sets the effects of e, which is the record at a place: those of a completed
// order, or of a refund, which is negative. Other orders have none.
func (o *orderEffects) of(e *event.Event, source string, partition int32, offset int64) {
	o.reset()
	sign, refund := int64(1), int64(0)
	switch e.Status {
	case event.StatusCompleted:
	case event.StatusRefunded:
		sign, refund = -1, 1
	default:
		return
	}
	o.products.reset()
	o.categories.reset()
	country := e.Country
	if country == "" {
		country = event.UnknownCountry
	}
	day := o.days.of(e.Time())
	customer := idKey(e.UserID)
	tax, shipping := model.OrderExtras(e)
	for i := range max(1, len(e.Items)) {
		var item event.Item
		if i < len(e.Items) {
			item = e.Items[i]
		}
		m := measures{
			salesUnits: sign * item.Quantity, salesNet: sign * int64(item.BaseAmountMinor), salesRefund: refund * int64(item.BaseAmountMinor),
		}
		ofOrder, ofProduct, ofCategory := int64(0), int64(0), int64(0)
		category := item.Category
		if category == "" {
			category = store.Uncategorised
		}
		if refund == 0 {
			ofOrder, ofProduct, ofCategory = flagOf(i == 0), flagOf(i < len(e.Items) && o.products.take(item.ProductID)), flagOf(o.categories.take(category))
		}
		whole := m
		whole[salesOrders] = ofOrder
		if i == 0 {
			whole[salesTax], whole[salesShipping] = sign*int64(tax), sign*int64(shipping)
		}
		o.keys = appendText(o.keys, country)
		o.end(salesDays, day, whole)

		m[salesOrders] = ofCategory
		o.keys = appendText(appendText(o.keys, country), category)
		o.end(categoryDays, day, m)

		if e.UserID != "" {
			m[salesOrders] = ofOrder
			o.keys = appendText(appendLong(o.keys, customer), country)
			o.end(customerDays, day, m)
		}
		if item.ProductID != "" {
			m[salesOrders], m[productReturned] = ofProduct, refund*item.Quantity
			o.keys = appendText(o.keys, item.ProductID)
			o.end(productDays, day, m)
		}
		o.other = appendOther(o.other[:0],
			[]int64{1000 * int64(e.Time()), 1000 * int64(e.ReceivedAt), customer, idKey(item.ProductID)},
			[]string{e.ID, e.TransactionID, e.RefundID, e.UserID, e.VisitorID, item.ProductID, category, country, e.PaymentMethod, e.Source})
		o.keys = appendPlace(o.keys, source, event.TopicTransactions, int64(partition), offset, int64(i))
		o.end(orderLines, day, lineMeasures(whole, refund<<2|ofOrder<<1|ofProduct, maphash.Bytes(o.seed, o.other)))
	}
}

// lineMeasures are those of an order line; sales has its amounts.
func lineMeasures(sales measures, flags int64, other uint64) measures {
	return measures{1, sales[salesUnits], sales[salesNet], sales[salesTax], sales[salesShipping], flags, lineOther: int64(other)}
}

// appendOther is what is digested of an order line's other columns: times in
// microseconds and keys, then texts.
func appendOther[T ~string | ~[]byte](b []byte, numbers []int64, texts []T) []byte {
	for _, n := range numbers {
		b = appendLong(b, n)
	}
	for _, text := range texts {
		b = appendText(b, text)
	}
	return b
}

// firsts tells whether a text is there for the first time.
type firsts struct {
	few  []string // compared one by one
	many map[string]bool
}

func (f *firsts) reset() { f.few, f.many = f.few[:0], nil }

func (f *firsts) take(text string) bool {
	if f.many == nil && len(f.few) < 32 {
		if slices.Contains(f.few, text) {
			return false
		}
		f.few = append(f.few, text)
		return true
	}
	if f.many == nil {
		f.many = map[string]bool{}
		for _, s := range f.few {
			f.many[s] = true
		}
	}
	known := f.many[text]
	f.many[text] = true
	return !known
}

func flagOf(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// idKey is the key that the warehouse has of an id: the first 60 bits of its MD5. That
// of none is 0.
func idKey(id string) int64 {
	if id == "" {
		return 0
	}
	sum := md5.Sum([]byte(id))
	return int64(binary.BigEndian.Uint64(sum[:8]) >> 4)
}

// dayFinder tells the shop's day of an instant; it remembers the last one.
type dayFinder struct {
	calendar rules.Calendar
	from, to event.Time
	day      int32
}

func (d *dayFinder) of(t event.Time) int32 {
	if t < d.from || t >= d.to {
		day, err := dayOf(d.calendar.Date(t))
		if err != nil {
			return 0 // a valid event has a year of four digits
		}
		d.from, d.to, d.day = d.calendar.DayStart(t), d.calendar.NextDay(t), day
	}
	return d.day
}
