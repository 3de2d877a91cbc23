package importer_test

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/ingest/importer"
)

// fatal is what checks need of a test, a fuzz target or a property.
type fatal interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkImport checks what holds for every import.
func checkImport(t fatal, im *importer.Import) {
	t.Helper()
	s := &im.Summary
	rejected := 0
	for _, n := range s.Rejected {
		rejected += n
	}
	if got := s.OrderLines + s.RefundLines + s.Adjustments + rejected; got != s.Rows {
		t.Fatalf("%d rows are accounted for, want %d: %+v", got, s.Rows, s)
	}
	ids := map[string]bool{}
	var last event.Time
	var revenue, refunded event.Minor
	var d event.Decoder
	for e := range im.Events() {
		if ids[e.ID] || e.Timestamp < last || e.ReceivedAt != e.Timestamp {
			t.Fatalf("%s stands twice or is out of order: %+v", e.ID, e)
		}
		ids[e.ID], last = true, e.Timestamp
		if e.Status == event.StatusRefunded {
			refunded += e.TotalMinor
		} else {
			revenue += e.TotalMinor
		}
		var decoded event.Event
		record := e.AppendJSON(nil)
		if err := d.Decode(record, e.ReceivedAt, &decoded); err != nil && !noRate(err) {
			t.Fatalf("%s: %v\n%s", e.ID, err, record)
		}
	}
	if revenue != s.RevenueMinor || refunded != s.RefundedMinor || len(ids) != s.Events {
		t.Fatalf("the events add up to %d and %d refunded, the summary says %+v", revenue, refunded, s)
	}
}

func noRate(err error) bool {
	invalid, ok := errors.AsType[*event.Invalid](err)
	return ok && invalid.Reason == event.NoRate
}

// rowOf draws a row that is not rejected, and returns its amount as a fraction
// of a penny.
func rowOf(t *rapid.T) (row string, amount *big.Rat, refund bool) {
	invoice := rapid.IntRange(1, 20).Draw(t, "invoice")
	quantity := rapid.Int64Range(1, 100_000).Draw(t, "quantity")
	price := rapid.StringMatching(`[0-9]{1,4}(\.[0-9]{1,6})?`).Draw(t, "price")
	refund = invoice%3 == 0
	number, signed := fmt.Sprint(invoice), quantity
	switch {
	case refund:
		number, signed = "C"+number, -quantity
	case rapid.IntRange(0, 9).Draw(t, "adjusts") == 0:
		price, signed = "0.00", -quantity
	}
	customer := ""
	if invoice%2 == 0 {
		customer = fmt.Sprint(invoice % 6)
	}
	at := fmt.Sprintf("2011-%02d-01T10:%02d:00Z", 1+invoice%12, rapid.IntRange(0, 59).Draw(t, "minute"))
	product := rapid.SampledFrom([]string{"85123A", "85123a", "POST", "M"}).Draw(t, "product")
	amount, _ = new(big.Rat).SetString(price)
	amount.Mul(amount, big.NewRat(100*quantity, 1))
	return strings.Join([]string{number, product, "LAMP", fmt.Sprint(signed), at, price, customer, "France"}, ",") + "\n", amount, refund
}

func TestAnyRowsAddUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var text strings.Builder
		text.WriteString(header)
		var revenue, refunded event.Minor
		for range rapid.IntRange(1, 60).Draw(rt, "rows") {
			row, amount, refund := rowOf(rt)
			text.WriteString(row)
			amount.Add(amount, big.NewRat(1, 2)) // half up
			pence := event.Minor(new(big.Int).Div(amount.Num(), amount.Denom()).Int64())
			if refund {
				refunded += pence
			} else {
				revenue += pence
			}
		}
		im, rejected := load(t, text.String(), pounds())
		checkImport(rt, im)
		if im.Summary.RevenueMinor != revenue || im.Summary.RefundedMinor != refunded || len(rejected) > 0 {
			rt.Fatalf("revenue %d, refunded %d, want %d, %d; rejected %+v\n%s",
				im.Summary.RevenueMinor, im.Summary.RefundedMinor, revenue, refunded, rejected, text.String())
		}
	})
}

// FuzzRows reads arbitrary rows: none panics, each is taken or rejected, and
// what is taken is valid.
func FuzzRows(f *testing.F) {
	for _, rows := range []string{
		"1,P,A,1,2011-01-04T10:00:00Z,1.00,17850,France\n",
		"C1,P,A,-1,2011-01-04T10:00:00Z,0.001,,EIRE\n1,p,lost,-7,2011-01-06T10:00:00+05:30,0,,RSA\n",
		"A5,B,Adjust bad debt,1,2011-01-07T10:00:00Z,-11062.06,,United Kingdom\n",
		"1,P,\"A\n\"\"B\",1000000000,9998-12-31T23:59:59.999Z,999999999.999999,\xa3,\n",
	} {
		f.Add(rows)
	}
	f.Fuzz(func(t *testing.T, rows string) {
		im, err := read(t, strings.NewReader(header+rows))
		if err == nil {
			checkImport(t, im)
		}
	})
}
