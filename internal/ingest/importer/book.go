package importer

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"globalmart/internal/event"
)

// book collects the rows of the Online Retail data set by invoice and product.
type book struct {
	intake
	invoices []*invoice // in the order of their first rows
	byNumber map[string]*invoice
	products map[string]*product
	texts    map[string]string // one copy of each text that rows share
}

// invoice is the rows of one InvoiceNo.
type invoice struct {
	number      string
	kind        kind
	at          event.Time // of the earliest row
	split       bool       // rows have several times
	customer    string
	country     string // as in the file
	line        int    // of the first row
	items       []event.Item
	rows        int // all that were taken
	adjustments []adjustment
}

// adjustment is a row that moves stock.
type adjustment struct {
	product string
	delta   int64
	at      event.Time
	number  int // among the invoice's rows, from 1
}

// product is what the rows say of one StockCode.
type product struct {
	code     string
	first    event.Time
	names    map[string]int // on priced lines
	giveaway map[string]int // on order lines at price zero, which may be remarks on stock
	price    event.Minor    // of the last priced line of an order
	pricedAt event.Time
}

func newBook(o Options) *book {
	return &book{
		intake:   newIntake(o, &Sales{Currency: onlineRetailCurrency, Countries: map[string]int{}, Unnamed: map[string]int{}}),
		byNumber: map[string]*invoice{},
		products: map[string]*product{},
		texts:    map[string]string{},
	}
}

// text returns a copy of s that outlives the row.
func (b *book) text(s string) string {
	if kept, ok := b.texts[s]; ok {
		return kept
	}
	kept := strings.Clone(s)
	b.texts[kept] = kept
	return kept
}

// add adds a row to its invoice and its product.
func (b *book) add(r *row, line int) *refusal {
	inv := b.byNumber[r.invoice]
	if inv == nil {
		inv = &invoice{
			number: strings.Clone(r.invoice), kind: r.kind, at: r.at, line: line,
			customer: b.text(r.customer), country: b.text(r.country),
		}
		b.byNumber[inv.number] = inv
		b.invoices = append(b.invoices, inv)
	}
	if inv.customer != r.customer || inv.country != r.country {
		return refuse(Conflict, "customer %q in %q, but invoice %s began with customer %q in %q", r.customer, r.country, inv.number, inv.customer, inv.country)
	}
	inv.rows++
	inv.split = inv.split || inv.at != r.at
	inv.at = min(inv.at, r.at)
	product := b.product(r)
	if r.kind == order && r.quantity < 0 {
		inv.adjustments = append(inv.adjustments, adjustment{product.code, r.quantity, r.at, inv.rows})
		return nil
	}
	product.see(r, b.text(r.description))
	inv.items = append(inv.items, event.Item{
		ProductID: product.code, Quantity: max(r.quantity, -r.quantity),
		UnitPriceMinor: r.price.pence(), AmountMinor: r.amount,
	})
	return nil
}

func (b *book) product(r *row) *product {
	p := b.products[r.product]
	if p == nil {
		p = &product{code: strings.Clone(r.product), first: r.at, names: map[string]int{}, giveaway: map[string]int{}}
		b.products[p.code] = p
	}
	p.first = min(p.first, r.at)
	return p
}

// see learns a product's name and price from a line that was sold or given
// back.
func (p *product) see(r *row, name string) {
	if name != "" && r.price > 0 {
		p.names[name]++
	} else if name != "" {
		p.giveaway[name]++
	}
	if r.kind == order && r.price > 0 && r.at >= p.pricedAt {
		p.price, p.pricedAt = r.price.pence(), r.at
	}
}

// name returns the most frequent description, the first by alphabet among
// equals, or the code of a product that is never described.
func (p *product) name() string {
	names := p.names
	if len(names) == 0 {
		names = p.giveaway
	}
	if len(names) == 0 {
		return p.code
	}
	return slices.MinFunc(slices.Collect(maps.Keys(names)), func(a, b string) int {
		return cmp.Or(cmp.Compare(names[b], names[a]), cmp.Compare(a, b))
	})
}
