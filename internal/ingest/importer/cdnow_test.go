package importer_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/ingest/importer"
	"globalmart/internal/rules"
)

const cdnowHeader = "customer_id  date number_of_cds  dollar_value\r\n"

// newYork is the zone of the tests' shop.
var newYork = func() *time.Location {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	return zone
}()

// loadCDNOW imports text and returns what was rejected, too.
func loadCDNOW(t testing.TB, text string) (*importer.Import, []importer.Rejection) {
	t.Helper()
	var rejected []importer.Rejection
	im, err := importer.CDNOW(t.Context(), strings.NewReader(text), importer.Options{
		Convert: rules.Default().Convert, Zone: newYork,
		Reject: func(r importer.Rejection) { rejected = append(rejected, r) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return im, rejected
}

func TestRowsOfCDNOWBecomeOrders(t *testing.T) {
	const (
		product = `{"event_id":"cdnow:product:cd","event_type":"product","timestamp":"%[1]s","product_id":"cd","name":"CD","price_minor":0,"active":true}`
		profile = `{"event_id":"cdnow:customer:%[2]s","event_type":"customer","timestamp":"%[1]s","user_id":"%[2]s","country":"ZZ","registered_at":"%[1]s"}`
		order   = `{"event_id":"cdnow:%[2]s-%[3]s","event_type":"transaction","timestamp":"%[1]s","visitor_id":"customer:%[2]s","user_id":"%[2]s","country":"ZZ","transaction_id":"%[2]s-%[3]s","status":"completed","items":[{"product_id":"cd","quantity":%[4]d,"amount_minor":%[5]d,"base_amount_minor":%[5]d}],"subtotal_minor":%[5]d,"total_minor":%[5]d,"base_total_minor":%[5]d,"currency":"USD"}`
		winter  = "2014-01-12T17:00:00.000Z" // noon in New York
		summer  = "2014-07-01T16:00:00.000Z"
	)
	tests := map[string]struct {
		rows string
		want []string
	}{
		"a row is an order at noon in the shop, 17 years later": {
			" 00001 19970112  3   11.77\r\n",
			[]string{
				fmt.Sprintf(product, winter), fmt.Sprintf(profile, winter, "00001"),
				fmt.Sprintf(order, winter, "00001", "19970112-1", 3, 1177),
			},
		},
		"rows of one day are orders of their own": {
			"7 19970112 1 5.00\n8 19970112 1 7.00\n7 19970112 1 5.00\n",
			[]string{
				fmt.Sprintf(product, winter), fmt.Sprintf(profile, winter, "7"), fmt.Sprintf(profile, winter, "8"),
				fmt.Sprintf(order, winter, "7", "19970112-1", 1, 500),
				fmt.Sprintf(order, winter, "8", "19970112-1", 1, 700),
				fmt.Sprintf(order, winter, "7", "19970112-2", 1, 500),
			},
		},
		"events are in the order of their time though the file is not, in summer too": {
			"7\t19970701\t1\t0\n7 19970112 99 1286.1",
			[]string{
				fmt.Sprintf(product, winter), fmt.Sprintf(profile, winter, "7"),
				fmt.Sprintf(order, winter, "7", "19970112-1", 99, 128_610),
				fmt.Sprintf(order, summer, "7", "19970701-1", 1, 0),
			},
		},
	}
	for name, test := range tests {
		for form, text := range map[string]string{
			"with a header":     cdnowHeader + test.rows,
			"without a header":  test.rows,
			"with a byte order": "\ufeff" + test.rows,
			"with blank lines":  "\n \t\r\n" + cdnowHeader + "\n" + test.rows + "\n\n",
		} {
			t.Run(name+", "+form, func(t *testing.T) {
				im, rejected := loadCDNOW(t, text)
				var got []string
				for _, s := range lines(im) {
					got = append(got, strings.Replace(s, `"source":"cdnow",`, "", 1))
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Error(diff)
				}
				if len(rejected) > 0 {
					t.Errorf("rejected: %+v", rejected)
				}
				checkImport(t, im)
			})
		}
	}
}

func TestTheSummaryOfCDNOWCountsEverything(t *testing.T) {
	text := cdnowHeader + "1 19970101 2 10.50\n1 19970101 1 0.00\n2 19980630 1 7.25\n2 19980631 1 7.25\n"
	im, _ := loadCDNOW(t, text)
	sum := sha256.Sum256([]byte(text))
	want := importer.Summary{
		FileSHA256: hex.EncodeToString(sum[:]), FileBytes: int64(len(text)),
		Rows: 4, Rejected: map[importer.Reason]int{importer.BadDate: 1},
		Sales: &importer.Sales{
			Orders: 3, OrderLines: 3, ZeroOrders: 1, Currency: "USD", RevenueMinor: 1775, Units: 4, Products: 1, Customers: 2,
			Countries: map[string]int{"ZZ": 3}, Unnamed: map[string]int{"not stated": 3}, DaysLater: 6209,
		},
		Topics: map[string]int{"transactions": 3, "products": 1, "customers": 2},
		First:  1_388_595_600_000, Last: 1_435_680_000_000, Events: 6,
	}
	if diff := cmp.Diff(want, im.Summary); diff != "" {
		t.Error(diff)
	}
}

func TestRowsOfCDNOWThatCannotBeReadAreRejectedWithAReason(t *testing.T) {
	tests := map[string]struct {
		row    string
		reason importer.Reason
		detail string // starts so
	}{
		"a column too few":           {"1 19970101 1", importer.BadRow, "found 3 columns, want customer_id, date, number_of_cds, dollar_value"},
		"a column too many":          {"1 4 19970101 1 2.50", importer.BadRow, "found 5 columns"},
		"another header":             {strings.TrimSpace(cdnowHeader), importer.BadDate, `date: found "date"`},
		"a line that never ends":     {strings.Repeat("1 ", 5000), importer.BadRow, "found a line of 10000 bytes, want at most 4096"},
		"a line just too long":       {strings.Repeat("1", 4097), importer.BadRow, "found a line of 4097 bytes"},
		"a long customer":            {strings.Repeat("1", 41) + " 19970101 1 2.50", importer.BadCustomer, "customer_id: found"},
		"a control character":        {"1\x01 19970101 1 2.50", importer.BadCustomer, `customer_id: found "1\x01"`},
		"a day that does not exist":  {"1 19970229 1 2.50", importer.BadDate, `date: found "19970229", want a day such as 19970131`},
		"a date with dashes":         {"1 1997-01-01 1 2.50", importer.BadDate, "date: found"},
		"a date that is too early":   {"1 19820101 1 2.50", importer.BadDate, "date: found"},
		"a date that is too late":    {"1 99991231 1 2.50", importer.BadDate, "date: found"},
		"no CDs":                     {"1 19970101 0 2.50", importer.BadQuantity, `number_of_cds: found "0"`},
		"half a CD":                  {"1 19970101 0.5 2.50", importer.BadQuantity, `number_of_cds: found "0.5"`},
		"CDs given back":             {"1 19970101 -1 2.50", importer.BadQuantity, `number_of_cds: found "-1"`},
		"far too many CDs":           {"1 19970101 1000000001 2.50", importer.BadQuantity, "number_of_cds: found"},
		"a negative value":           {"1 19970101 1 -2.50", importer.BadPrice, `dollar_value: found "-2.50"`},
		"fractions of a cent":        {"1 19970101 1 2.505", importer.BadPrice, `dollar_value: found "2.505"`},
		"a value in exponents":       {"1 19970101 1 2e3", importer.BadPrice, "dollar_value: found"},
		"a value that is no number":  {"1 19970101 1 NaN", importer.BadPrice, "dollar_value: found"},
		"a value with a dollar sign": {"1 19970101 1 $2.50", importer.BadPrice, "dollar_value: found"},
		"Latin-1":                    {"\xa3 19970101 1 2.50", importer.BadEncoding, `found "\xa3 19970101 1 2.50", want UTF-8`},
		"NUL":                        {"1\x00 19970101 1 2.50", importer.BadEncoding, "found"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			im, rejected := loadCDNOW(t, cdnowHeader+"1 19970101 1 2.50\n"+test.row+"\n1 19970101 1 2.50\n")
			if len(rejected) != 1 {
				t.Fatalf("%d rows were rejected, want 1: %+v", len(rejected), rejected)
			}
			got := rejected[0]
			if got.Line != 3 || got.Rows != 1 || got.Reason != test.reason || !strings.HasPrefix(got.Detail, test.detail) {
				t.Errorf("got %+v, want line 3, %s: %s…", got, test.reason, test.detail)
			}
			if got.Row == "" || len(got.Row) > 500 {
				t.Errorf("the rejection shows %d bytes of the row", len(got.Row))
			}
			if im.Summary.Orders != 2 || im.Summary.Rows != 3 || im.Summary.Rejected[test.reason] != 1 {
				t.Errorf("the rows around it were not taken: %+v", im.Summary)
			}
			checkImport(t, im)
		})
	}
}

func TestFilesThatAreNotCDNOWAreRefused(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"an empty file":  {"", "the file is empty"},
		"blank lines":    {"\n \n", "the file is empty"},
		"a header alone": {cdnowHeader, "the file is empty"},
		"another file":   {header + "1,P,A,1,2011-01-04T10:00:00Z,1.25,,France\n", "none of 2 is a row of CDNOW: customer_id, date, number_of_cds, dollar_value; line 1: bad_row: found 1 columns"},
		"no text at all": {"\x00\x01\xff\xfe\x00\n", "none of 1 is a row of CDNOW"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := importer.CDNOW(t.Context(), strings.NewReader(test.text), importer.Options{Convert: pounds().Convert})
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "importer: ") {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestWithoutAZoneNoonIsInUTC(t *testing.T) {
	im, err := importer.CDNOW(t.Context(), strings.NewReader("1 19970101 1 2.50\n"), importer.Options{Convert: rules.Default().Convert})
	if err != nil {
		t.Fatal(err)
	}
	if got := im.Summary.First.String(); got != "2014-01-01T12:00:00.000Z" {
		t.Errorf("the order is at %s", got)
	}
}

func TestCompressedCDNOWGivesTheSameEvents(t *testing.T) {
	text := cdnowHeader + strings.Repeat(" 00001 19970112  3   11.77\r\n", 300)
	want, _ := loadCDNOW(t, text)
	for name, file := range map[string][]byte{"xz": xzOf(t, text), "gzip": gzipOf(t, text)} {
		t.Run(name, func(t *testing.T) {
			var progress int64
			got, err := importer.CDNOW(t.Context(), bytes.NewReader(file), importer.Options{
				Convert: rules.Default().Convert, Zone: newYork, Progress: func(n int64) { progress = n },
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(lines(want), lines(got)); diff != "" {
				t.Error(diff)
			}
			if progress != int64(len(file)) || got.Summary.FileBytes != progress {
				t.Errorf("progress ended at %d, the summary says %d bytes, want %d", progress, got.Summary.FileBytes, len(file))
			}
			if _, err := importer.CDNOW(t.Context(), bytes.NewReader(file[:len(file)/2]), importer.Options{Convert: rules.Default().Convert}); err == nil {
				t.Error("a file that is cut off gives an import")
			}
		})
	}
}

func TestAnyRowsOfCDNOWAddUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var text strings.Builder
		var revenue event.Minor
		var sold int64
		orders := map[string]int{} // of a customer on a day
		for range rapid.IntRange(1, 60).Draw(rt, "rows") {
			customer := rapid.IntRange(1, 5).Draw(rt, "customer")
			day := time.Date(1997, 1, rapid.IntRange(1, 546).Draw(rt, "day"), 0, 0, 0, 0, time.UTC)
			n, cents := rapid.Int64Range(1, 99).Draw(rt, "CDs"), rapid.Int64Range(0, 200_000).Draw(rt, "cents")
			fmt.Fprintf(&text, " %05d %s %2d %7d.%02d\r\n", customer, day.Format("20060102"), n, cents/100, cents%100)
			revenue += event.Minor(cents)
			sold += n
			orders[fmt.Sprintf("%05d on %s", customer, day.AddDate(17, 0, 0).Format(time.DateOnly))]++
		}
		im, rejected := loadCDNOW(t, text.String())
		checkImport(rt, im)
		got := map[string]int{}
		for e := range im.Events() {
			if e.Type == event.TypeTransaction {
				got[e.UserID+" on "+e.Timestamp.Std().In(newYork).Format(time.DateOnly)]++
			}
		}
		if diff := cmp.Diff(orders, got); diff != "" || im.Summary.RevenueMinor != revenue || im.Summary.Units != sold || len(rejected) > 0 {
			rt.Fatalf("revenue %d, %d units, want %d, %d; rejected %+v; %s", im.Summary.RevenueMinor, im.Summary.Units, revenue, sold, rejected, diff)
		}
	})
}

// FuzzCDNOW reads arbitrary lines: none panics, each is taken or rejected, and
// what is taken is valid.
func FuzzCDNOW(f *testing.F) {
	for _, text := range []string{
		cdnowHeader + " 00001 19970101  1   11.77\r\n",
		"1 19970101 1 0\n1 19970101 1 0\n2 19830101 1000000000 999999999.99",
		"\ufeff\n1 20000229 1 1.\n1 99000101 1 1.10000\x1a", strings.Repeat("1 ", 3000),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		im, err := importer.CDNOW(t.Context(), strings.NewReader(text), importer.Options{Convert: pounds().Convert, Zone: newYork})
		if err == nil {
			checkImport(t, im)
		}
	})
}
