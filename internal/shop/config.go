package shop

import (
	"errors"
	"fmt"
	"math"
	"time"

	"globalmart/internal/event"
)

// Config says what the shop is like. Two shops of equal Configs yield equal
// events; Convert counts as equal if it gives equal answers.
type Config struct {
	Seed  uint64     // the population, the catalogue and, with Start, what happens
	Start event.Time // virtual time of the first event
	Rate  Rate

	Shoppers   int // people who may come
	Products   int
	Categories int
	Countries  []Country // at most 16; the first of the default is the largest

	// ZipfExponent is s of the products' popularity: the product of rank r is
	// looked at in proportion to r^-s.
	ZipfExponent float64

	// Convert returns what minor units of currency are worth in minor units of
	// the reporting currency, and whether there is a rate. It must be pure,
	// monotonic and give 0 for 0.
	Convert func(minor event.Minor, currency string) (event.Minor, bool)

	// MaxSessions bounds the sessions in flight, the orders held for a refund
	// and so the memory (about 100 bytes each). At rates that would need more,
	// shoppers act faster.
	MaxSessions int

	Faults Faults
}

// Country is a market. Its time zone is a fixed offset: the rhythm of a day is
// too coarse for daylight saving to show.
type Country struct {
	Code     string        // ISO 3166-1 alpha-2
	Weight   float64       // share of the shoppers, relative to the others
	Offset   time.Duration // local time - UTC
	Currency string        // ISO 4217

	TaxBasisPoints        int         // on goods after discounts: 1900 is 19 %
	ShippingMinor         event.Minor // in Currency
	FreeShippingFromMinor event.Minor // goods worth at least this are sent free
}

// Rate is how many events of each shopper topic happen per second of virtual
// time. The three add up exactly; catalogue, stock and profile records, which
// are rare, and duplicates come on top.
type Rate struct {
	Orders float64 // events of the topic transactions, follow-ups included
	Views  float64
	Carts  float64

	// Rhythm makes the rate follow the days and weeks of the countries, around
	// the given mean. Without it events are evenly spaced, which is what a load
	// test wants; who acts follows the rhythm in either case.
	Rhythm bool
}

// Load is the even rate of total events a second, split 1:3:1 into orders,
// views and cart actions.
func Load(total float64) Rate {
	return Rate{Orders: total / 5, Views: 3 * total / 5, Carts: total / 5}
}

// Business is the rate of a shop with orders a day, in its rhythm, and a wider
// funnel above each order: 12 views and 3 cart actions.
func Business(orders float64) Rate {
	perSecond := orders / (24 * 60 * 60)
	return Rate{Orders: perSecond, Views: 12 * perSecond, Carts: 3 * perSecond, Rhythm: true}
}

// Total is all events of the rate per second.
func (r Rate) Total() float64 { return r.Orders + r.Views + r.Carts }

// Faults are probabilities in [0, 1] of what goes wrong, per event of the
// shopper topics; anomalies per order.
type Faults struct {
	Anomalies  float64 // an order of unusual value or quantity, or a burst of orders
	Late       float64 // sent after later events: by seconds, up to 2 h, a few beyond
	Duplicates float64 // sent again soon after, same key
	Corrupt    float64 // bytes that no reader may take
}

// Limits of a Config.
const (
	maxCountries  = 16
	maxCategories = 1000
	maxProducts   = 10_000_000
	maxShoppers   = 1 << 40
	minSessions   = 64
)

// DefaultSessions is the default of Config.MaxSessions.
const DefaultSessions = 1 << 16

// Default returns the shop of the platform's scale: 10 million shoppers,
// 250,000 products in 100 categories, 5 countries, 500 events a second, no
// faults. Start and Convert remain to be set.
func Default() Config {
	return Config{
		Seed:         1,
		Rate:         Load(500),
		Shoppers:     10_000_000,
		Products:     250_000,
		Categories:   100,
		Countries:    DefaultCountries(),
		ZipfExponent: 0.9,
		MaxSessions:  DefaultSessions,
	}
}

// DefaultCountries returns the five markets. Taxes are the standard rates of
// value added tax, and about the mean sales tax for the US.
func DefaultCountries() []Country {
	return []Country{
		{Code: "US", Weight: 40, Offset: -6 * time.Hour, Currency: "USD", TaxBasisPoints: 725, ShippingMinor: 599, FreeShippingFromMinor: 5000},
		{Code: "GB", Weight: 18, Offset: 0, Currency: "GBP", TaxBasisPoints: 2000, ShippingMinor: 399, FreeShippingFromMinor: 4000},
		{Code: "DE", Weight: 17, Offset: time.Hour, Currency: "EUR", TaxBasisPoints: 1900, ShippingMinor: 490, FreeShippingFromMinor: 3900},
		{Code: "FR", Weight: 13, Offset: time.Hour, Currency: "EUR", TaxBasisPoints: 2000, ShippingMinor: 490, FreeShippingFromMinor: 3900},
		{Code: "JP", Weight: 12, Offset: 9 * time.Hour, Currency: "JPY", TaxBasisPoints: 1000, ShippingMinor: 600, FreeShippingFromMinor: 6000},
	}
}

// Validate reports every problem at once.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("shop: "+format, args...))
	}
	if year := c.Start.Std().Year(); year < 2000 || year > 2200 {
		bad("start: %v: want a year from 2000 to 2200", c.Start)
	}
	whole := func(name string, v, least, most int) {
		if v < least || v > most {
			bad("%s: %d: want %d to %d", name, v, least, most)
		}
	}
	whole("shoppers", c.Shoppers, maxCountries, maxShoppers)
	whole("products", c.Products, 2, maxProducts)
	whole("categories", c.Categories, 1, min(maxCategories, max(1, c.Products)))
	whole("max sessions", c.MaxSessions, minSessions, 1<<24)
	if !(c.ZipfExponent >= 0 && c.ZipfExponent <= 3) {
		bad("zipf exponent: %v: want 0 to 3", c.ZipfExponent)
	}
	if c.Convert == nil {
		bad("convert: must be set")
	}
	errs = append(errs, c.Rate.validate(), c.Faults.validate(), c.validateCountries())
	return errors.Join(errs...)
}

func (r Rate) validate() error {
	var errs []error
	for _, f := range []struct {
		name  string
		value float64
		least float64
	}{{"orders", r.Orders, 1e-6}, {"views", r.Views, 1e-6}, {"carts", r.Carts, 0}} {
		if !(f.value >= f.least && f.value <= 1e7) {
			errs = append(errs, fmt.Errorf("shop: rate: %s: %v a second: want %v to 1e7", f.name, f.value, f.least))
		}
	}
	return errors.Join(errs...)
}

func (f Faults) validate() error {
	var errs []error
	for _, p := range []struct {
		name  string
		value float64
	}{{"anomalies", f.Anomalies}, {"late", f.Late}, {"duplicates", f.Duplicates}, {"corrupt", f.Corrupt}} {
		if !(p.value >= 0 && p.value <= 1) {
			errs = append(errs, fmt.Errorf("shop: faults: %s: %v: want a probability", p.name, p.value))
		}
	}
	if sum := f.Late + f.Corrupt; sum > 1 {
		errs = append(errs, fmt.Errorf("shop: faults: late + corrupt: %v: want at most 1, an event has one fault", sum))
	}
	return errors.Join(errs...)
}

func (c Config) validateCountries() error {
	var errs []error
	bad := func(i int, format string, args ...any) {
		errs = append(errs, fmt.Errorf("shop: countries[%d]: "+format, append([]any{i}, args...)...))
	}
	if n := len(c.Countries); n < 1 || n > maxCountries {
		errs = append(errs, fmt.Errorf("shop: countries: %d: want 1 to %d", n, maxCountries))
	}
	seen := map[string]bool{}
	for i, country := range c.Countries {
		if !isUpper(country.Code, 2) {
			bad(i, "code: %q: want ISO 3166-1 alpha-2", country.Code)
		}
		if seen[country.Code] {
			bad(i, "code: %q: listed twice", country.Code)
		}
		seen[country.Code] = true
		if !(country.Weight > 0 && country.Weight <= 1e6) {
			bad(i, "weight: %v: want above 0, at most 1e6", country.Weight)
		}
		if country.Offset < -14*time.Hour || country.Offset > 14*time.Hour {
			bad(i, "offset: %v: want within 14h", country.Offset)
		}
		if country.TaxBasisPoints < 0 || country.TaxBasisPoints > 10_000 {
			bad(i, "tax: %d basis points: want 0 to 10000", country.TaxBasisPoints)
		}
		if country.ShippingMinor < 0 || country.FreeShippingFromMinor < 0 {
			bad(i, "shipping: must not be negative")
		}
		if !isUpper(country.Currency, 3) {
			bad(i, "currency: %q: want ISO 4217", country.Currency)
		} else if c.Convert != nil {
			if _, err := c.price(country.Currency); err != nil {
				bad(i, "%w", err)
			}
		}
	}
	return errors.Join(errs...)
}

// price returns how many minor units of currency one minor unit of the
// reporting currency buys.
func (c Config) price(currency string) (float64, error) {
	const probe = 1_000_000_000
	base, ok := c.Convert(probe, currency)
	if !ok {
		return 0, fmt.Errorf("currency: %s: no rate", currency)
	}
	factor := probe / float64(base)
	if base <= 0 || math.IsInf(factor, 0) || factor > 1e6 || factor < 1e-6 {
		return 0, fmt.Errorf("currency: %s: %d minor units convert to %d: want within a million times", currency, probe, base)
	}
	return factor, nil
}

func isUpper(s string, n int) bool {
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return len(s) == n
}
