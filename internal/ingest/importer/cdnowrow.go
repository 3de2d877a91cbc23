package importer

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"globalmart/internal/event"
)

// cdnowColumns are the columns of the CDNOW data set, in their order, by the
// names in its header.
var cdnowColumns = [...]string{"customer_id", "date", "number_of_cds", "dollar_value"}

const cdnowDate = "20060102"

// cdnowRow is one row, checked. customer shares no memory with its line.
type cdnowRow struct {
	customer string
	date     string     // as in the file
	at       event.Time // noon of the day it was moved to
	quantity int64
	amount   event.Minor // cents
}

// fieldsOfCDNOW splits a line at blanks.
func fieldsOfCDNOW(l line) []string {
	return strings.FieldsFunc(string(l.text), func(r rune) bool { return r == ' ' || r == '\t' })
}

func isCDNOWHeader(l line) bool { return slices.Equal(fieldsOfCDNOW(l), cdnowColumns[:]) }

// parseCDNOW reads a row. Its day is one of zone.
func parseCDNOW(l line, zone *time.Location) (row cdnowRow, bad *refusal) {
	if !l.whole() {
		return row, refuse(BadRow, "found a line of %d bytes, want at most %d", l.length, maxCDNOWLine)
	}
	if !utf8.Valid(l.text) || strings.Contains(string(l.text), "\x00") {
		return row, refuse(BadEncoding, "found %q, want UTF-8 without NUL", clip(string(l.text), maxShown))
	}
	fields := fieldsOfCDNOW(l)
	if len(fields) != len(cdnowColumns) {
		return row, refuse(BadRow, "found %d columns, want %s", len(fields), strings.Join(cdnowColumns[:], ", "))
	}
	row.customer, row.date = fields[0], fields[1]
	if !isID(row.customer) {
		return row, refuse(BadCustomer, "customer_id: found %q, want 1 to %d bytes without control characters", clip(row.customer, maxShown), maxIDBytes)
	}
	if row.at, bad = parseCDNOWDate(row.date, zone); bad != nil {
		return row, bad
	}
	n, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil || n < 1 || n > event.MaxQuantity {
		return row, refuse(BadQuantity, "number_of_cds: found %q, want a whole number of 1 to %d", clip(fields[2], maxShown), event.MaxQuantity)
	}
	value, ok := parsePrice(fields[3])
	if !ok || value < 0 || value%pricePerPenny != 0 {
		return row, refuse(BadPrice, "dollar_value: found %q, want dollars of 0 or more, with at most 9 digits before and 2 after the point", clip(fields[3], maxShown))
	}
	row.quantity, row.amount = n, value.pence()
	return row, nil
}

// parseCDNOWDate returns noon of the day that a date is moved to.
func parseCDNOWDate(date string, zone *time.Location) (event.Time, *refusal) {
	if t, err := time.Parse(cdnowDate, date); err == nil {
		at := event.TimeOf(time.Date(t.Year(), t.Month(), t.Day()+cdnowDaysLater, 12, 0, 0, 0, zone))
		if at >= event.FirstTimestamp && t.Year() <= 9900 {
			return at, nil
		}
	}
	return 0, refuse(BadDate, "date: found %q, want a day such as 19970131", clip(date, maxShown))
}
