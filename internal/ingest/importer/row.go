package importer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"globalmart/internal/event"
)

// maxIDBytes bounds the ids in a file, so that those made of them fit.
const maxIDBytes = 40

// The columns of the Online Retail data set. They may stand in any order.
const (
	colInvoice = iota
	colProduct
	colDescription
	colQuantity
	colDate
	colPrice
	colCustomer
	colCountry
	columnCount
)

var columnNames = [columnCount]string{
	"InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country",
}

// columns says where each column stands.
type columns [columnCount]int

// columnsOf finds the columns in a header.
func columnsOf(header []string) (columns, error) {
	var at columns
	var missing []string
	for i, name := range columnNames {
		if at[i] = slices.Index(header, name); at[i] < 0 {
			missing = append(missing, name)
		}
	}
	if missing == nil {
		return at, nil
	}
	found := clip(strings.Join(header, ", "), maxShown)
	return at, fmt.Errorf("importer: read header: column %s is missing; found %q, want %s",
		strings.Join(missing, ", "), found, strings.Join(columnNames[:], ", "))
}

// kind is what an invoice is, by the first letter of its number.
type kind int

const (
	order kind = iota
	cancellation
	badDebt
)

// row is one row, checked. Its strings share the memory of the record.
type row struct {
	invoice     string
	kind        kind
	product     string // in capitals
	description string // may be empty
	quantity    int64  // as in the file: negative in cancellations and adjustments
	at          event.Time
	price       price
	amount      event.Minor // |quantity| × price
	customer    string      // empty if unknown
	country     string      // as in the file
}

// refusal is why a row is rejected.
type refusal struct {
	reason Reason
	detail string
}

func refuse(reason Reason, format string, args ...any) *refusal {
	return &refusal{reason, fmt.Sprintf(format, args...)}
}

// rowParser reads rows. It remembers the last date, as rows of an invoice share
// theirs.
type rowParser struct {
	at       columns
	zone     *time.Location // of dates that do not say theirs
	lastText string
	lastTime event.Time
}

// parse reads a record that has a field for each column.
func (p *rowParser) parse(record []string) (r row, bad *refusal) {
	var fields [columnCount]string
	for i, at := range p.at {
		if !utf8.ValidString(record[at]) || strings.Contains(record[at], "\x00") {
			return r, refuse(BadEncoding, "%s: found %q, want UTF-8 without NUL; convert the file first (iconv -f windows-1252 -t utf-8)",
				columnNames[i], clip(record[at], maxShown))
		}
		fields[i] = strings.TrimSpace(record[at])
	}
	r.invoice, r.country, r.customer = fields[colInvoice], fields[colCountry], fields[colCustomer]
	r.product = strings.ToUpper(fields[colProduct])
	r.description = clip(fields[colDescription], event.MaxTextLength)
	r.kind = kindOf(r.invoice)
	switch {
	case !isID(r.invoice):
		return r, refuseID(BadInvoice, colInvoice, r.invoice)
	case r.kind == badDebt:
		return r, refuse(BadDebt, "%s: %s adjusts bad debt, which is no order", columnNames[colInvoice], r.invoice)
	case !isID(r.product):
		return r, refuseID(BadProduct, colProduct, r.product)
	case r.customer != "" && !isID(r.customer):
		return r, refuseID(BadCustomer, colCustomer, r.customer)
	}
	if bad := p.parseDate(&r, fields[colDate]); bad != nil {
		return r, bad
	}
	return r, r.parseAmount(fields[colQuantity], fields[colPrice])
}

func kindOf(invoice string) kind {
	switch {
	case strings.HasPrefix(invoice, "C"):
		return cancellation
	case strings.HasPrefix(invoice, "A"):
		return badDebt
	}
	return order
}

// isID reports whether s can be an id: short, without control characters.
func isID(s string) bool {
	return s != "" && len(s) <= maxIDBytes && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func refuseID(reason Reason, column int, found string) *refusal {
	return refuse(reason, "%s: found %q, want 1 to %d bytes without control characters", columnNames[column], clip(found, maxShown), maxIDBytes)
}

func (p *rowParser) parseDate(r *row, text string) *refusal {
	if text != p.lastText || text == "" {
		t, ok := parseTime(text, p.zone)
		if !ok || event.TimeOf(t) < event.FirstTimestamp || t.Year() > 9998 {
			return refuse(BadDate, "%s: found %q, want a time from 2000 on such as 2010-12-01T08:26:00Z, 2010-12-01 08:26:00 or 12/1/2010 8:26 (month first)",
				columnNames[colDate], clip(text, maxShown))
		}
		p.lastText, p.lastTime = strings.Clone(text), event.TimeOf(t)
	}
	r.at = p.lastTime
	return nil
}

// localForms are the forms of a time without a zone: that of databases, and that of
// the file at UCI, month first.
var localForms = [...]string{time.DateTime, "1/2/2006 15:04"}

// parseTime reads a time, which is one of zone if it does not say its own. An hour
// that a change of clocks skips or repeats is read as time.ParseInLocation does.
func parseTime(text string, zone *time.Location) (t time.Time, ok bool) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, true
	}
	for _, form := range localForms {
		if t, err := time.ParseInLocation(form, text, zone); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// parseAmount reads quantity and price and checks that they suit the invoice.
func (r *row) parseAmount(quantity, unitPrice string) *refusal {
	n, err := strconv.ParseInt(quantity, 10, 64)
	if err != nil || n == 0 || n < -event.MaxQuantity || n > event.MaxQuantity {
		return refuse(BadQuantity, "%s: found %q, want a whole number, not 0, within ±%d", columnNames[colQuantity], clip(quantity, maxShown), event.MaxQuantity)
	}
	p, ok := parsePrice(unitPrice)
	switch {
	case !ok:
		return refuse(BadPrice, "%s: found %q, want %s", columnNames[colPrice], clip(unitPrice, maxShown), priceExpected)
	case p < 0:
		return refuse(BadPrice, "%s: found %s, want 0 or more", columnNames[colPrice], unitPrice)
	case r.kind == cancellation && n > 0:
		return refuse(BadQuantity, "%s: found %d in a cancellation, want a negative one", columnNames[colQuantity], n)
	case r.kind == order && n < 0 && p != 0:
		return refuse(BadQuantity, "%s: found %d at a price outside a cancellation; an adjustment of stock has price 0", columnNames[colQuantity], n)
	}
	r.quantity, r.price = n, p
	if r.amount, ok = p.times(max(n, -n)); !ok {
		return refuse(BadPrice, "%s × %s is too large an amount", quantity, unitPrice)
	}
	return nil
}

// maxShown bounds what a message shows of a field.
const maxShown = 120

// clip returns the start of s, at most limit bytes, without half a character.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// shown returns the start of a row for people.
func shown(row string) string { return strings.ToValidUTF8(clip(row, 4*maxShown), "\ufffd") }
