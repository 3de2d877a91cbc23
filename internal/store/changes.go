package store

import "globalmart/internal/event"

// Changes are the rows that the folds of one task want written with its next
// commit. Increments are added to what is stored; latest values replace what is
// stored if they are newer.
type Changes struct {
	// Increments: minutes by country and by category; hours by country, with
	// Category empty, and by country and category. An order counts once per
	// country and once per category it touches, so orders do not add up over
	// categories; every other measure does.
	MinuteByCountry  map[SalesKey]*Sales
	MinuteByCategory map[SalesKey]*Sales
	Hour             map[SalesKey]*Sales

	// Latest values, by product_id and user_id.
	Products  map[string]Product
	Customers map[string]Customer
}

// NewChanges returns an empty set of changes.
func NewChanges() *Changes {
	return &Changes{
		MinuteByCountry:  map[SalesKey]*Sales{},
		MinuteByCategory: map[SalesKey]*Sales{},
		Hour:             map[SalesKey]*Sales{},
		Products:         map[string]Product{},
		Customers:        map[string]Customer{},
	}
}

// DropIncrements forgets the increments and keeps the latest values.
func (c *Changes) DropIncrements() {
	clear(c.MinuteByCountry)
	clear(c.MinuteByCategory)
	clear(c.Hour)
}

// Len is the number of rows.
func (c *Changes) Len() int {
	return len(c.MinuteByCountry) + len(c.MinuteByCategory) + len(c.Hour) + len(c.Products) + len(c.Customers)
}

// Merge adds the rows of o and leaves o as it is. It is used on the tasks of one
// process after the fence has said which survive.
func (c *Changes) Merge(o *Changes) {
	mergeSales(c.MinuteByCountry, o.MinuteByCountry)
	mergeSales(c.MinuteByCategory, o.MinuteByCategory)
	mergeSales(c.Hour, o.Hour)
	for id, p := range o.Products {
		c.PutProduct(id, p)
	}
	for id, u := range o.Customers {
		c.PutCustomer(id, u)
	}
}

func mergeSales(into, from map[SalesKey]*Sales) {
	for k, s := range from {
		have := into[k]
		if have == nil {
			have = &Sales{} // never share s: the commit may be tried again
			into[k] = have
		}
		have.Add(s)
	}
}

// Version orders the values of one key: by event time, then by event id, so
// that the latest value does not depend on the order of arrival.
type Version struct {
	At      event.Time
	EventID string
}

// After reports whether v is the later one.
func (v Version) After(o Version) bool {
	return v.At > o.At || v.At == o.At && v.EventID > o.EventID
}

// Product is the latest known state of a product.
type Product struct {
	Version    Version
	Name       string
	Brand      string
	Category   string
	PriceMinor event.Minor
	CostMinor  event.Minor
	Active     bool
}

// Customer is the latest known profile of a customer.
type Customer struct {
	Version      Version
	Country      string
	RegisteredAt event.Time
	Preferences  []string
}

// PutProduct keeps p if it is the latest for id.
func (c *Changes) PutProduct(id string, p Product) {
	if have, ok := c.Products[id]; !ok || p.Version.After(have.Version) {
		c.Products[id] = p
	}
}

// PutCustomer keeps u if it is the latest for id.
func (c *Changes) PutCustomer(id string, u Customer) {
	if have, ok := c.Customers[id]; !ok || u.Version.After(have.Version) {
		c.Customers[id] = u
	}
}
