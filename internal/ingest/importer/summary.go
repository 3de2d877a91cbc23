package importer

import "globalmart/internal/event"

// Reason says why rows were rejected. Beside those below, an invoice that would
// make no valid event is rejected whole with its [event.Reason].
type Reason string

// The reasons.
const (
	BadCSV      Reason = "bad_csv"      // stray quotes or the wrong number of fields
	BadEncoding Reason = "bad_encoding" // not UTF-8, or with NUL
	BadInvoice  Reason = "bad_invoice"
	BadProduct  Reason = "bad_product"
	BadQuantity Reason = "bad_quantity" // not a whole number, 0, or of a sign that the invoice does not allow
	BadDate     Reason = "bad_date"
	BadPrice    Reason = "bad_price" // not a decimal, negative, or too large
	BadCustomer Reason = "bad_customer"
	BadDebt     Reason = "bad_debt" // an adjustment of bad debt is no order
	Conflict    Reason = "conflict" // another customer or country than the invoice's first row
)

// Rejection is a row, or all rows of an invoice, that became no event.
type Rejection struct {
	Line   int // in the file, the header being 1; the first one of an invoice
	Rows   int // 1, or the number of the invoice's rows
	Reason Reason
	Detail string // what was found and what was expected, for people
	Row    string // the fields, joined by commas; empty for an invoice
}

// Summary is what a file held and became. Every row is counted once: Rows =
// OrderLines + RefundLines + Adjustments + Σ Rejected.
type Summary struct {
	FileSHA256 string `json:"file_sha256"` // of the file as it is, compressed or not; lower-case hex
	FileBytes  int64  `json:"file_bytes"`

	Rows          int            `json:"rows"`
	Orders        int            `json:"orders"`
	OrderLines    int            `json:"order_lines"`
	ZeroOrders    int            `json:"zero_orders"` // orders of total 0, among Orders
	Refunds       int            `json:"refunds"`
	RefundLines   int            `json:"refund_lines"`
	Adjustments   int            `json:"adjustments"`    // of stock
	SplitInvoices int            `json:"split_invoices"` // orders and refunds with rows of several times
	Rejected      map[Reason]int `json:"rejected"`       // rows

	Currency      string      `json:"currency"`
	RevenueMinor  event.Minor `json:"revenue_minor"`  // of the orders
	RefundedMinor event.Minor `json:"refunded_minor"` // net revenue = RevenueMinor - RefundedMinor
	Units         int64       `json:"units"`          // sold
	UnitsReturned int64       `json:"units_returned"`
	// NoRate are orders and refunds without base amounts, for want of an
	// exchange rate: the stream will refuse them as [event.NoRate].
	NoRate int `json:"no_rate"`

	Products  int `json:"products"`
	Customers int `json:"customers"` // known by an id
	Anonymous int `json:"anonymous"` // orders and refunds without one
	// Countries are the orders and refunds by ISO 3166-1 code, and Unnamed those
	// in ZZ by what the file called the country.
	Countries map[string]int `json:"countries"`
	Unnamed   map[string]int `json:"unnamed"`

	Events int        `json:"events"`
	First  event.Time `json:"first_unix_ms"` // of the events; 0 if there are none
	Last   event.Time `json:"last_unix_ms"`
}
