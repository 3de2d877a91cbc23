package importer

import "globalmart/internal/event"

// Reason says why rows were rejected. Beside those below, a row or an invoice
// that would make no valid event is rejected with its [event.Reason].
type Reason string

// The reasons.
const (
	BadCSV      Reason = "bad_csv"      // stray quotes or the wrong number of fields
	BadRow      Reason = "bad_row"      // the wrong number of columns, or a line that is far too long
	BadEncoding Reason = "bad_encoding" // not UTF-8, or with NUL
	BadInvoice  Reason = "bad_invoice"
	BadProduct  Reason = "bad_product"
	BadQuantity Reason = "bad_quantity" // not a whole number, 0, or of a sign that the invoice does not allow
	BadDate     Reason = "bad_date"
	BadPrice    Reason = "bad_price" // not a decimal, negative, too large, or of more places than the data set has
	BadCustomer Reason = "bad_customer"
	BadDebt     Reason = "bad_debt" // an adjustment of bad debt is no order
	Conflict    Reason = "conflict" // another customer or country than the invoice's first row
)

// Rejection is a row, or all rows of an invoice, that became no event.
type Rejection struct {
	Line   int // in the file, from 1, a header included; the first one of an invoice
	Rows   int // 1, or the number of the invoice's rows
	Reason Reason
	Detail string // what was found and what was expected, for people
	Row    string // the row, or its start; empty for an invoice
}

// Summary is what a file held and became. Every row is counted once: of orders,
// Rows = OrderLines + RefundLines + Adjustments + Σ Rejected; of events, Rows =
// Events + Σ Rejected.
type Summary struct {
	FileSHA256 string `json:"file_sha256"` // of the file as it is, compressed or not; lower-case hex
	FileBytes  int64  `json:"file_bytes"`

	Rows     int            `json:"rows"`     // without a header and blank lines
	Rejected map[Reason]int `json:"rejected"` // rows

	*Sales // nil for events as they are (JSONL), where rows are no orders

	// NoRate are transactions without base amounts, for want of an exchange
	// rate: the stream will refuse them as [event.NoRate].
	NoRate int `json:"no_rate"`

	Events int            `json:"events"`
	Topics map[string]int `json:"topics"`        // events by topic
	First  event.Time     `json:"first_unix_ms"` // when the first of the events was received; 0 if there are none
	Last   event.Time     `json:"last_unix_ms"`
}

// Sales are what the orders of a file held.
type Sales struct {
	Orders        int `json:"orders"`
	OrderLines    int `json:"order_lines"`
	ZeroOrders    int `json:"zero_orders"` // orders of total 0, among Orders
	Refunds       int `json:"refunds"`
	RefundLines   int `json:"refund_lines"`
	Adjustments   int `json:"adjustments"`    // of stock
	SplitInvoices int `json:"split_invoices"` // orders and refunds with rows of several times

	Currency      string      `json:"currency"`
	RevenueMinor  event.Minor `json:"revenue_minor"`  // of the orders
	RefundedMinor event.Minor `json:"refunded_minor"` // net revenue = RevenueMinor - RefundedMinor
	Units         int64       `json:"units"`          // sold
	UnitsReturned int64       `json:"units_returned"`

	Products  int `json:"products"`
	Customers int `json:"customers"` // known by an id
	Anonymous int `json:"anonymous"` // orders and refunds without one
	// Countries are the orders and refunds by ISO 3166-1 code, and Unnamed those
	// in ZZ by what the file called the country.
	Countries map[string]int `json:"countries"`
	Unnamed   map[string]int `json:"unnamed"`

	DaysLater int `json:"days_later,omitzero"` // than in the file are the events dated
}
