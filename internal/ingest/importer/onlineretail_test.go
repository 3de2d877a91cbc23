package importer_test

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
	"globalmart/internal/ingest/importer"
	"globalmart/internal/rules"
)

const header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"

// pounds are rules whose reporting currency is that of the data set.
func pounds() rules.Rules {
	r := rules.Default()
	r.Currency, r.TimeZone, r.Rates = "GBP", "Europe/London", nil
	return r
}

// load imports text under the rules r and returns what was rejected, too.
func load(t testing.TB, text string, r rules.Rules) (*importer.Import, []importer.Rejection) {
	t.Helper()
	var rejected []importer.Rejection
	im, err := importer.OnlineRetail(t.Context(), strings.NewReader(text), importer.Options{
		Convert: r.Convert,
		Reject:  func(r importer.Rejection) { rejected = append(rejected, r) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return im, rejected
}

// lines returns the events as JSON, without what all of them share.
func lines(im *importer.Import) []string {
	var all []string
	for e := range im.Events() {
		s := string(e.AppendJSON(nil))
		s = strings.Replace(s, `"schema_version":"1.0",`, "", 1)
		s = strings.Replace(s, `"source":"online-retail",`, "", 1)
		s = strings.Replace(s, `"received_at":"`+e.Timestamp.String()+`",`, "", 1)
		all = append(all, s)
	}
	return all
}

func TestRowsBecomeEvents(t *testing.T) {
	const (
		lamp     = `{"event_id":"online-retail:product:LAMP","event_type":"product","timestamp":"2011-01-04T10:00:00.000Z","product_id":"LAMP","name":"A LAMP","price_minor":255,"active":true}`
		customer = `{"event_id":"online-retail:customer:17850","event_type":"customer","timestamp":"2011-01-04T10:00:00.000Z","user_id":"17850","country":"IE","registered_at":"2011-01-04T10:00:00.000Z"}`
	)
	tests := map[string]struct {
		rows string
		want []string
	}{
		"the rows of an invoice are one order, though others stand between them": {
			"536365,lamp,A LAMP,6,2011-01-04T10:00:00Z,2.55,17850,EIRE\n" +
				"536366,LAMP,A LAMP,1,2011-01-04T10:00:00Z,2.55,,United Kingdom\n" +
				"536365,LAMP,A LAMP,1,2011-01-04T10:01:00Z,2.5,17850,EIRE\n",
			[]string{
				strings.Replace(lamp, "255", "250", 1), customer,
				`{"event_id":"online-retail:536365","event_type":"transaction","timestamp":"2011-01-04T10:00:00.000Z","visitor_id":"customer:17850","user_id":"17850","country":"IE","transaction_id":"536365","status":"completed","items":[{"product_id":"LAMP","quantity":6,"unit_price_minor":255,"amount_minor":1530,"base_amount_minor":1530},{"product_id":"LAMP","quantity":1,"unit_price_minor":250,"amount_minor":250,"base_amount_minor":250}],"subtotal_minor":1780,"total_minor":1780,"base_total_minor":1780,"currency":"GBP"}`,
				`{"event_id":"online-retail:536366","event_type":"transaction","timestamp":"2011-01-04T10:00:00.000Z","visitor_id":"invoice:536366","country":"GB","transaction_id":"536366","status":"completed","items":[{"product_id":"LAMP","quantity":1,"unit_price_minor":255,"amount_minor":255,"base_amount_minor":255}],"subtotal_minor":255,"total_minor":255,"base_total_minor":255,"currency":"GBP"}`,
			},
		},
		"a cancellation is a refund of its own": {
			"C536379,LAMP,A LAMP,-2,2011-01-04T10:00:00Z,2.55,17850,EIRE\n",
			[]string{
				strings.Replace(lamp, "255", "0", 1), customer,
				`{"event_id":"online-retail:C536379","event_type":"transaction","timestamp":"2011-01-04T10:00:00.000Z","visitor_id":"customer:17850","user_id":"17850","country":"IE","transaction_id":"C536379","status":"refunded","refund_id":"C536379","restock":true,"items":[{"product_id":"LAMP","quantity":2,"unit_price_minor":255,"amount_minor":510,"base_amount_minor":510}],"subtotal_minor":510,"total_minor":510,"base_total_minor":510,"currency":"GBP"}`,
			},
		},
		"a negative quantity outside a cancellation adjusts the stock": {
			"536589,LAMP,damaged,-10,2011-01-04T10:00:00Z,0.0,,United Kingdom\n" +
				"536589,LAMP,,-3,2011-01-04T10:01:00Z,0,,United Kingdom\n",
			[]string{
				`{"event_id":"online-retail:product:LAMP","event_type":"product","timestamp":"2011-01-04T10:00:00.000Z","product_id":"LAMP","name":"LAMP","price_minor":0,"active":true}`,
				`{"event_id":"online-retail:536589:1","event_type":"inventory_update","timestamp":"2011-01-04T10:00:00.000Z","product_id":"LAMP","delta":-10,"reason":"adjustment"}`,
				`{"event_id":"online-retail:536589:2","event_type":"inventory_update","timestamp":"2011-01-04T10:01:00.000Z","product_id":"LAMP","delta":-3,"reason":"adjustment"}`,
			},
		},
		"an order of lines at price zero is an order of total 0": {
			"536414,LAMP,A LAMP,56,2011-01-04T10:00:00Z,0.0,,Channel Islands\n",
			[]string{
				strings.Replace(lamp, "255", "0", 1),
				`{"event_id":"online-retail:536414","event_type":"transaction","timestamp":"2011-01-04T10:00:00.000Z","visitor_id":"invoice:536414","country":"ZZ","transaction_id":"536414","status":"completed","items":[{"product_id":"LAMP","quantity":56,"amount_minor":0,"base_amount_minor":0}],"subtotal_minor":0,"total_minor":0,"base_total_minor":0,"currency":"GBP"}`,
			},
		},
		"a line's amount, not its price, is rounded": {
			"550193,LAMP,A LAMP,5,2011-01-04T10:00:00Z,0.001,,Unspecified\n" +
				"550193,LAMP,A LAMP,4,2011-01-04T10:00:00Z,0.001,,Unspecified\n" +
				"550193,LAMP,A LAMP,1000,2011-01-04T10:00:00Z,2.549,,Unspecified\n",
			[]string{
				lamp,
				`{"event_id":"online-retail:550193","event_type":"transaction","timestamp":"2011-01-04T10:00:00.000Z","visitor_id":"invoice:550193","country":"ZZ","transaction_id":"550193","status":"completed","items":[{"product_id":"LAMP","quantity":5,"amount_minor":1,"base_amount_minor":1},{"product_id":"LAMP","quantity":4,"amount_minor":0,"base_amount_minor":0},{"product_id":"LAMP","quantity":1000,"unit_price_minor":255,"amount_minor":254900,"base_amount_minor":254900}],"subtotal_minor":254901,"total_minor":254901,"base_total_minor":254901,"currency":"GBP"}`,
			},
		},
		"events are in the order of their time though the file is not": {
			"2,LAMP,A LAMP,-1,2011-01-05T10:00:00Z,0,,Unspecified\n1,LAMP,A LAMP,-1,2011-01-04T10:00:00Z,0,,Unspecified\n",
			[]string{
				`{"event_id":"online-retail:product:LAMP","event_type":"product","timestamp":"2011-01-04T10:00:00.000Z","product_id":"LAMP","name":"LAMP","price_minor":0,"active":true}`,
				`{"event_id":"online-retail:1:1","event_type":"inventory_update","timestamp":"2011-01-04T10:00:00.000Z","product_id":"LAMP","delta":-1,"reason":"adjustment"}`,
				`{"event_id":"online-retail:2:1","event_type":"inventory_update","timestamp":"2011-01-05T10:00:00.000Z","product_id":"LAMP","delta":-1,"reason":"adjustment"}`,
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			im, rejected := load(t, header+test.rows, pounds())
			if diff := cmp.Diff(test.want, lines(im)); diff != "" {
				t.Error(diff)
			}
			if len(rejected) > 0 {
				t.Errorf("rejected: %+v", rejected)
			}
			for e := range im.Events() {
				if err := e.Validate(); err != nil {
					t.Errorf("%s: %v", e.ID, err)
				}
			}
		})
	}
}

func TestAProductIsCalledWhatItIsCalledMostOftenWhenSold(t *testing.T) {
	row := func(name, price string) string {
		return "1,P," + name + ",1,2011-01-04T10:00:00Z," + price + ",,France\n"
	}
	tests := map[string]struct{ rows, want string }{
		"the most frequent":                     {row("B", "1") + row("A", "1") + row("B", "2"), "B"},
		"the first by alphabet among equals":    {row("B", "1") + row("A", "1"), "A"},
		"not remarks on lines that cost zero":   {row("found", "0") + row("found", "0") + row("A", "1"), "A"},
		"those, if nothing else is known":       {row("A GIFT", "0"), "A GIFT"},
		"its code, if there is no name":         {row("", "1"), "P"},
		"the start of a name that is too long":  {row(strings.Repeat("é", 200), "1"), strings.Repeat("é", 128)},
		"without the space around its name":     {row(" A  LAMP ", "1"), "A  LAMP"},
		"quotes and line breaks are its name's": {row("\"6\"\" RULE,\nWOOD\"", "1"), "6\" RULE,\nWOOD"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			im, rejected := load(t, header+test.rows, pounds())
			for e := range im.Events() {
				if e.Type == event.TypeProduct && e.Name != test.want {
					t.Errorf("the product is called %q, want %q", e.Name, test.want)
				}
			}
			if len(rejected) > 0 {
				t.Errorf("rejected: %+v", rejected)
			}
		})
	}
}

func TestBaseAmountsAddUpInAnotherCurrency(t *testing.T) {
	rows := strings.Repeat("1,P,A,1,2011-01-04T10:00:00Z,0.01,,France\n", 50) // 63.5 cents
	im, _ := load(t, header+rows, rules.Default())
	for e := range im.Events() {
		if e.Type == event.TypeTransaction && e.BaseTotalMinor != 64 {
			t.Errorf("base total %d, want 64", e.BaseTotalMinor)
		}
		if err := e.Validate(); err != nil {
			t.Error(err)
		}
	}
}

func TestWithoutARateThereAreNoBaseAmounts(t *testing.T) {
	r := rules.Default()
	r.Rates = nil
	im, _ := load(t, header+"1,P,A,1,2011-01-04T10:00:00Z,1,,France\n", r)
	if im.Summary.NoRate != 1 || im.Summary.Orders != 1 {
		t.Errorf("summary: %+v", im.Summary)
	}
	for e := range im.Events() {
		if e.Type == event.TypeTransaction && (e.BaseTotalMinor != event.NoAmount || e.Items[0].BaseAmountMinor != event.NoAmount) {
			t.Errorf("base amounts: %+v", e)
		}
	}
}

func TestTheSummaryCountsEverything(t *testing.T) {
	text := header +
		"1,P,A,2,2011-01-04T10:00:00Z,1.00,17850,France\n" +
		"1,Q,B,1,2011-01-04T10:01:00Z,0.50,17850,France\n" +
		"2,P,A,1,2011-01-04T11:00:00Z,0,,Unspecified\n" +
		"C3,P,A,-1,2011-01-05T10:00:00Z,1.00,17850,France\n" +
		"4,P,lost,-7,2011-01-06T10:00:00Z,0,,United Kingdom\n" +
		"A5,B,Adjust bad debt,1,2011-01-07T10:00:00Z,11062.06,,United Kingdom\n"
	im, _ := load(t, text, pounds())
	sum := sha256.Sum256([]byte(text))
	want := importer.Summary{
		FileSHA256: hex.EncodeToString(sum[:]), FileBytes: int64(len(text)),
		Rows: 6, Rejected: map[importer.Reason]int{importer.BadDebt: 1},
		Sales: &importer.Sales{
			Orders: 2, OrderLines: 3, ZeroOrders: 1, Refunds: 1, RefundLines: 1, Adjustments: 1, SplitInvoices: 1,
			Currency: "GBP", RevenueMinor: 250, RefundedMinor: 100, Units: 4, UnitsReturned: 1,
			Products: 2, Customers: 1, Anonymous: 1,
			Countries: map[string]int{"FR": 2, "ZZ": 1}, Unnamed: map[string]int{"Unspecified": 1},
		},
		Topics: map[string]int{"transactions": 3, "inventory_updates": 1, "products": 2, "customers": 1},
		First:  1_294_135_200_000, Last: 1_294_308_000_000, Events: 7,
	}
	if diff := cmp.Diff(want, im.Summary); diff != "" {
		t.Error(diff)
	}
}

func TestEqualFilesGiveEqualEvents(t *testing.T) {
	var rows strings.Builder
	for i := range 200 {
		rows.WriteString("1,P" + string(rune('A'+i%26)) + ",A,1,2011-01-04T10:00:00Z,1,178" + "50,France\n")
	}
	first, _ := load(t, header+rows.String(), pounds())
	for range 5 {
		again, _ := load(t, header+rows.String(), pounds())
		if diff := cmp.Diff(lines(first), lines(again)); diff != "" {
			t.Fatal(diff)
		}
	}
	if !slices.IsSortedFunc(slices.Collect(first.Events()), func(a, b *event.Event) int { return int(a.Timestamp - b.Timestamp) }) {
		t.Error("events are not in the order of their time")
	}
}
