package importer

import (
	"context"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"globalmart/internal/event"
)

const (
	// cdnow is the source of every event of the data set.
	cdnow = "cdnow"

	cdnowCurrency = "USD"
	cdnowProduct  = "cd"

	// cdnowDaysLater moves the data set, of 1997 and 1998, to where the platform
	// believes timestamps (event.FirstTimestamp). It is 887 weeks, so that days of
	// the week stay, and 17 years to the day for every date from March 1996 to
	// February 2000.
	cdnowDaysLater = 887 * 7

	// maxCDNOWRows bounds a file, as an event for each row is held in memory.
	maxCDNOWRows = 1_000_000

	// maxCDNOWLine bounds a row, in bytes.
	maxCDNOWLine = 4096
)

// shop collects the orders of the CDNOW data set.
type shop struct {
	intake
	zone      *time.Location
	orders    []placed
	customers map[string]*placed  // their profiles, by id
	onDay     map[customerDay]int // orders so far
	product   event.Time          // of the first order
}

type customerDay struct {
	customer string
	day      event.Time
}

// CDNOW reads the CDNOW data set, as text, plain or compressed by xz or gzip.
// See the package comment for what becomes of it.
//
// It fails if r fails, if not one row can be read, if there are over 1 million,
// or when ctx ends. Rows that cannot be read are rejected.
func CDNOW(ctx context.Context, r io.Reader, o Options) (*Import, error) {
	s := shop{
		intake:    newIntake(o, &Sales{Currency: cdnowCurrency, Countries: map[string]int{}, Unnamed: map[string]int{}, DaysLater: cdnowDaysLater}),
		zone:      o.Zone,
		customers: map[string]*placed{},
		onDay:     map[customerDay]int{},
	}
	if s.zone == nil {
		s.zone = time.UTC
	}
	return s.load(r, func(f *file) (iter.Seq[*event.Event], error) {
		lines := newLineReader(f, maxCDNOWLine)
		if err := s.eachLine(ctx, lines, maxCDNOWRows, s.take); err != nil {
			return nil, err
		}
		if len(s.orders) == 0 {
			return nil, s.errNothing("a row of CDNOW: " + strings.Join(cdnowColumns[:], ", "))
		}
		return s.events(), nil
	})
}

// take takes a row, or rejects it. The first line may be a header.
func (s *shop) take(l line) error {
	row, bad := parseCDNOW(l, s.zone)
	if bad != nil && s.summary.Rows == 1 && isCDNOWHeader(l) {
		s.summary.Rows = 0
		return nil
	}
	if bad == nil {
		bad = s.add(&row, l.number)
	}
	if bad != nil {
		s.rejectLine(l, bad)
	}
	return nil
}

// add makes the order of a row.
func (s *shop) add(row *cdnowRow, line int) *refusal {
	profile := s.customers[row.customer]
	if profile == nil {
		id := strings.Clone(row.customer)
		profile = &placed{statedCustomer(cdnow, id, event.UnknownCountry, row.at), rankCustomer, line}
	}
	day := customerDay{profile.UserID, row.at}
	e := s.order(row, profile.UserID, s.onDay[day]+1)
	if bad := check(e); bad != nil {
		return bad
	}
	s.onDay[day]++
	if row.at < profile.Timestamp {
		profile.Timestamp, profile.ReceivedAt, profile.RegisteredAt, profile.line = row.at, row.at, row.at, line
	}
	s.customers[profile.UserID] = profile
	if len(s.orders) == 0 || row.at < s.product {
		s.product = row.at
	}
	s.orders = append(s.orders, placed{e, rankFact, line})
	s.count(e)
	return nil
}

// order returns the order of a row: the customer's nth of its day.
func (s *shop) order(row *cdnowRow, customer string, n int) *event.Event {
	number := customer + "-" + row.date + "-" + strconv.Itoa(n)
	e := stated(cdnow, event.TypeTransaction, number, row.at)
	e.TransactionID, e.Status, e.Currency = number, event.StatusCompleted, cdnowCurrency
	e.VisitorID, e.UserID, e.Country = "customer:"+customer, customer, event.UnknownCountry
	e.Items = []event.Item{{ProductID: cdnowProduct, Quantity: row.quantity, AmountMinor: row.amount}}
	e.SubtotalMinor, e.TotalMinor = row.amount, row.amount
	e.SetBase(s.options.Convert)
	return e
}

// count adds an order to the summary.
func (s *shop) count(e *event.Event) {
	sum := s.summary.Sales
	sum.Orders++
	sum.OrderLines++
	sum.RevenueMinor += e.TotalMinor
	sum.Units += e.Items[0].Quantity
	sum.Countries[e.Country]++
	if e.TotalMinor == 0 {
		sum.ZeroOrders++
	}
}

// events returns what was read, in order.
func (s *shop) events() iter.Seq[*event.Event] {
	s.summary.Products, s.summary.Customers = 1, len(s.customers)
	s.summary.Unnamed["not stated"] = s.summary.Orders
	product := stated(cdnow, event.TypeProduct, "product:"+cdnowProduct, s.product)
	product.ProductID, product.Name, product.Active = cdnowProduct, "CD", true
	all := append(slices.Grow(s.orders, len(s.customers)+1), placed{product, rankProduct, 0})
	for _, profile := range s.customers {
		all = append(all, *profile)
	}
	return s.arrange(all)
}
