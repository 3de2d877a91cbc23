package importer_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
	"globalmart/internal/ingest/importer"
)

func TestRowsThatCannotBeReadAreRejectedWithAReason(t *testing.T) {
	const good = "1,P,A,1,2011-01-04T10:00:00Z,1.00,17850,France\n"
	tests := map[string]struct {
		row    string
		reason importer.Reason
		detail string // starts so
	}{
		"bad debt":                      {"A563185,B,Adjust bad debt,1,2011-08-12T14:50:00Z,11062.06,,United Kingdom", importer.BadDebt, "InvoiceNo: A563185"},
		"no invoice":                    {",P,A,1,2011-01-04T10:00:00Z,1,,France", importer.BadInvoice, `InvoiceNo: found ""`},
		"a long invoice":                {strings.Repeat("1", 41) + ",P,A,1,2011-01-04T10:00:00Z,1,,France", importer.BadInvoice, "InvoiceNo: found"},
		"a control character":           {"1\x01,P,A,1,2011-01-04T10:00:00Z,1,,France", importer.BadInvoice, `InvoiceNo: found "1\x01"`},
		"no product":                    {"2, ,A,1,2011-01-04T10:00:00Z,1,,France", importer.BadProduct, `StockCode: found ""`},
		"a long customer":               {"2,P,A,1,2011-01-04T10:00:00Z,1," + strings.Repeat("1", 41) + ",France", importer.BadCustomer, "CustomerID: found"},
		"no quantity":                   {"2,P,A,,2011-01-04T10:00:00Z,1,,France", importer.BadQuantity, `Quantity: found ""`},
		"a quantity of 0":               {"2,P,A,0,2011-01-04T10:00:00Z,1,,France", importer.BadQuantity, `Quantity: found "0"`},
		"half a unit":                   {"2,P,A,0.5,2011-01-04T10:00:00Z,1,,France", importer.BadQuantity, `Quantity: found "0.5"`},
		"far too many units":            {"2,P,A,1000000001,2011-01-04T10:00:00Z,1,,France", importer.BadQuantity, "Quantity: found"},
		"units given out by a refund":   {"C2,P,A,1,2011-01-04T10:00:00Z,1,,France", importer.BadQuantity, "Quantity: found 1 in a cancellation"},
		"units taken back by an order":  {"2,P,A,-1,2011-01-04T10:00:00Z,1,,France", importer.BadQuantity, "Quantity: found -1 at a price outside a cancellation"},
		"a date of another form":        {"2,P,A,1,1 Dec 2010 8:26,1,,France", importer.BadDate, `InvoiceDate: found "1 Dec 2010 8:26"`},
		"a day before the month":        {"2,P,A,1,13/1/2010 8:26,1,,France", importer.BadDate, `InvoiceDate: found "13/1/2010 8:26"`},
		"no date":                       {"2,P,A,1,,1,,France", importer.BadDate, `InvoiceDate: found ""`},
		"a day that does not exist":     {"2,P,A,1,2011-02-29T10:00:00Z,1,,France", importer.BadDate, "InvoiceDate: found"},
		"a date before 2000":            {"2,P,A,1,1999-12-31T23:59:59Z,1,,France", importer.BadDate, "InvoiceDate: found"},
		"a negative price":              {"2,P,A,1,2011-01-04T10:00:00Z,-1,,France", importer.BadPrice, "UnitPrice: found -1, want 0 or more"},
		"a price in exponents":          {"2,P,A,1,2011-01-04T10:00:00Z,1e3,,France", importer.BadPrice, `UnitPrice: found "1e3"`},
		"a price with a decimal comma":  {"2,P,A,1,2011-01-04T10:00:00Z,\"1,5\",,France", importer.BadPrice, `UnitPrice: found "1,5"`},
		"a price that is no number":     {"2,P,A,1,2011-01-04T10:00:00Z,NaN,,France", importer.BadPrice, `UnitPrice: found "NaN"`},
		"an amount that is too large":   {"2,P,A,1000000000,2011-01-04T10:00:00Z,999999999,,France", importer.BadPrice, "1000000000 × 999999999 is too large"},
		"another customer":              {"1,P,A,1,2011-01-04T10:00:00Z,1,17851,France", importer.Conflict, `customer "17851" in "France", but invoice 1 began with customer "17850"`},
		"another country":               {"1,P,A,1,2011-01-04T10:00:00Z,1,17850,Spain", importer.Conflict, `customer "17850" in "Spain"`},
		"a field too few":               {"2,P,A,1,2011-01-04T10:00:00Z,1,France", importer.BadCSV, "wrong number of fields"},
		"a stray quote":                 {`2,P,6" RULE,1,2011-01-04T10:00:00Z,1,,France`, importer.BadCSV, `bare " in non-quoted-field`},
		"a quote over the end of a row": {"2,P,\"A,1\n,2\"x,3", importer.BadCSV, `lines 3 to 4: extraneous or missing " in quoted-field`},
		"Latin-1":                       {"2,P,VOUCHER \xa350,1,2011-01-04T10:00:00Z,1,,France", importer.BadEncoding, `Description: found "VOUCHER \xa350", want UTF-8`},
		"NUL":                           {"2,P,A\x00B,1,2011-01-04T10:00:00Z,1,,France", importer.BadEncoding, "Description: found"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			im, rejected := load(t, header+good+test.row+"\n"+strings.Replace(good, "1", "7", 1), pounds())
			if len(rejected) != 1 {
				t.Fatalf("%d rows were rejected, want 1: %+v", len(rejected), rejected)
			}
			got := rejected[0]
			if got.Line != 3 || got.Rows != 1 || got.Reason != test.reason || !strings.HasPrefix(got.Detail, test.detail) {
				t.Errorf("got %+v, want line 3, %s: %s…", got, test.reason, test.detail)
			}
			if got.Row == "" {
				t.Error("the rejection does not show the row")
			}
			if im.Summary.Orders != 2 || im.Summary.Rows != 3 || im.Summary.Rejected[test.reason] != 1 {
				t.Errorf("the rows around it were not taken: %+v", im.Summary)
			}
		})
	}
}

func TestInvoicesThatMakeNoValidEventAreRejectedWhole(t *testing.T) {
	tests := map[string]struct {
		rows int
		row  string
		want importer.Rejection
	}{
		"more lines than an order may have": {
			2001, "1,P,A,1,2011-01-04T10:00:00Z,1,,France\n",
			importer.Rejection{Line: 2, Rows: 2001, Reason: "oversized", Detail: "invoice 1: items: 2001 lines, at most 2000 are allowed"},
		},
		"a total that is too large": {
			2, "1,P,A,1000000,2011-01-04T10:00:00Z,9000000,,France\n",
			importer.Rejection{Line: 2, Rows: 2, Reason: "bad_amount", Detail: "invoice 1: subtotal_minor: found 1800000000000000, want 0 to 1000000000000000"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			im, rejected := load(t, header+strings.Repeat(test.row, test.rows)+"2,P,A,1,2011-01-04T10:00:00Z,1,,France\n", pounds())
			if diff := cmp.Diff([]importer.Rejection{test.want}, rejected); diff != "" {
				t.Fatal(diff)
			}
			if im.Summary.Orders != 1 || im.Summary.RevenueMinor != 100 || im.Summary.Rejected[test.want.Reason] != test.rows {
				t.Errorf("summary: %+v", im.Summary)
			}
		})
	}
}

func TestTheLongestOrderFitsIntoARecord(t *testing.T) {
	row := strings.Repeat("1", 40) + "," + strings.Repeat("\"", 80) + ",A,1000000000,2011-01-04T10:00:00Z,5," + strings.Repeat("2", 40) + ",France\n"
	row = strings.Replace(row, ",\"", ",\"\"", 1) // a field of 40 quotes, quoted
	row = strings.Replace(row, "\",A", "\"\",A", 1)
	im, rejected := load(t, header+strings.Repeat(row, event.MaxItems), pounds())
	if len(rejected) > 0 {
		t.Fatalf("rejected: %+v", rejected)
	}
	for e := range im.Events() {
		if n := len(e.AppendJSON(nil)); n > event.MaxRecordBytes || e.Type == event.TypeTransaction && n < event.MaxRecordBytes/2 {
			t.Errorf("%s has %d bytes", e.ID, n)
		}
	}
}
