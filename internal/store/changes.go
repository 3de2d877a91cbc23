package store

import (
	"maps"

	"globalmart/internal/event"
)

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

	// Increments by product_id.
	Stock map[string]*Stock

	// Latest values, by product_id and user_id.
	Products  map[string]Product
	Customers map[string]Customer

	// Finals: they replace what is stored, and writing one again changes nothing.
	Sessions   map[SessionKey]*Session // nil = there is none under this key
	Carts      map[CartKey]*Cart
	CartOrders map[CartOrderKey]CartOrder
	Findings   map[FindingKey]*Finding
	Baselines  map[BaselineKey]*Baseline
	Open       map[int32]*Open // by partition of the task
}

// NewChanges returns an empty set of changes.
func NewChanges() *Changes {
	return &Changes{
		MinuteByCountry:  map[SalesKey]*Sales{},
		MinuteByCategory: map[SalesKey]*Sales{},
		Hour:             map[SalesKey]*Sales{},
		Stock:            map[string]*Stock{},
		Products:         map[string]Product{},
		Customers:        map[string]Customer{},
		Sessions:         map[SessionKey]*Session{},
		Carts:            map[CartKey]*Cart{},
		CartOrders:       map[CartOrderKey]CartOrder{},
		Findings:         map[FindingKey]*Finding{},
		Baselines:        map[BaselineKey]*Baseline{},
		Open:             map[int32]*Open{},
	}
}

// DropIncrements forgets the increments and keeps latest values and finals.
func (c *Changes) DropIncrements() {
	clear(c.MinuteByCountry)
	clear(c.MinuteByCategory)
	clear(c.Hour)
	clear(c.Stock)
}

// Len is the number of rows.
func (c *Changes) Len() int {
	return len(c.MinuteByCountry) + len(c.MinuteByCategory) + len(c.Hour) + len(c.Stock) + len(c.Products) + len(c.Customers) +
		len(c.Sessions) + len(c.Carts) + len(c.CartOrders) + len(c.Findings) + len(c.Baselines) + len(c.Open)
}

// Merge adds the rows of o and leaves o as it is. It is used on the tasks of one
// process after the fence has said which survive.
func (c *Changes) Merge(o *Changes) {
	mergeSales(c.MinuteByCountry, o.MinuteByCountry)
	mergeSales(c.MinuteByCategory, o.MinuteByCategory)
	mergeSales(c.Hour, o.Hour)
	for id, s := range o.Stock {
		c.AddStock(id, s)
	}
	for id, p := range o.Products {
		c.PutProduct(id, p)
	}
	for id, u := range o.Customers {
		c.PutCustomer(id, u)
	}
	// Finals of different tasks have different keys: a visitor, a cart and an
	// order belong to one partition. A cart that several visitors share is the
	// exception, whose order may be in another one.
	maps.Copy(c.Sessions, o.Sessions)
	maps.Copy(c.Carts, o.Carts)
	for k, order := range o.CartOrders {
		c.PutCartOrder(k, order)
	}
	maps.Copy(c.Findings, o.Findings)
	maps.Copy(c.Baselines, o.Baselines)
	maps.Copy(c.Open, o.Open)
}

// AddStock adds s to the movements of a product and leaves s as it is.
func (c *Changes) AddStock(id string, s *Stock) {
	have := c.Stock[id]
	if have == nil {
		have = &Stock{}
		c.Stock[id] = have
	}
	have.Add(s)
}

// PutCartOrder keeps o if it is the earliest for k.
func (c *Changes) PutCartOrder(k CartOrderKey, o CartOrder) {
	if have, ok := c.CartOrders[k]; !ok || o.At < have.At || o.At == have.At && o.RevenueMinor < have.RevenueMinor {
		c.CartOrders[k] = o
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
