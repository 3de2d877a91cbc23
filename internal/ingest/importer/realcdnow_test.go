package importer_test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
	"globalmart/internal/ingest/importer"
	"globalmart/internal/rules"
)

// realCDNOW imports CDNOW_master.txt, which is in the Python package lifetimes.
func realCDNOW(t *testing.T) (im *importer.Import, path string) {
	t.Helper()
	file := realFile(t, "CDNOW_master.txt")
	im, err := importer.CDNOW(t.Context(), file, importer.Options{Convert: rules.Default().Convert, Zone: newYork})
	if err != nil {
		t.Fatal(err)
	}
	return im, file.Name()
}

// The rows and customers are those that the data set's authors state, the rest
// was computed apart from this code.
func TestTheRealCDNOWAddsUpToTheCent(t *testing.T) {
	im, _ := realCDNOW(t)
	want := importer.Summary{
		FileSHA256: im.Summary.FileSHA256, FileBytes: im.Summary.FileBytes, // copies differ in the ends of lines
		Rows: 69_659, Rejected: map[importer.Reason]int{},
		Sales: &importer.Sales{
			Orders: 69_659, OrderLines: 69_659, ZeroOrders: 80, Currency: "USD", RevenueMinor: 250_031_563, Units: 167_881,
			Products: 1, Customers: 23_570, Countries: map[string]int{"ZZ": 69_659}, Unnamed: map[string]int{"not stated": 69_659},
			DaysLater: 6209,
		},
		Topics: map[string]int{"transactions": 69_659, "products": 1, "customers": 23_570},
		First:  event.TimeOf(time.Date(2014, 1, 1, 12, 0, 0, 0, newYork)),
		Last:   event.TimeOf(time.Date(2015, 6, 30, 12, 0, 0, 0, newYork)),
		Events: 69_659 + 1 + 23_570,
	}
	if diff := cmp.Diff(want, im.Summary); diff != "" {
		t.Error(diff)
	}
	checkImport(t, im)
}

// cdnowTotals are what testdata/cdnow_totals.py prints.
type cdnowTotals struct {
	Rows       int                      `json:"rows"`
	CDs        int64                    `json:"cds"`
	Cents      event.Minor              `json:"cents"`
	Zero       int                      `json:"zero"`
	MostOnADay int                      `json:"most_on_a_day"`
	Days       map[string][3]int64      `json:"days"` // orders, CDs, cents
	Customers  map[string]cdnowCustomer `json:"customers"`
}

type cdnowCustomer struct {
	Orders int         `json:"orders"`
	Cents  event.Minor `json:"cents"`
	First  string      `json:"first"`
	Last   string      `json:"last"`
}

func TestTheRealCDNOWAgreesWithAnIndependentScript(t *testing.T) {
	im, path := realCDNOW(t)
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("install python3 to run this")
	}
	out, err := exec.CommandContext(t.Context(), python, "testdata/cdnow_totals.py", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	var want cdnowTotals
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	got, registered := totalsOf(t, im)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for customer, c := range want.Customers {
		if registered[customer] != c.First {
			t.Errorf("customer %s registered on %s, want %s", customer, registered[customer], c.First)
		}
	}
}

// totalsOf adds up the events, and returns the days that customers registered.
func totalsOf(t *testing.T, im *importer.Import) (totals cdnowTotals, registered map[string]string) {
	t.Helper()
	totals = cdnowTotals{Days: map[string][3]int64{}, Customers: map[string]cdnowCustomer{}}
	registered = map[string]string{}
	for e := range im.Events() {
		day := e.Timestamp.Std().In(newYork).Format(time.DateOnly)
		switch e.Type {
		case event.TypeCustomer:
			registered[e.UserID] = day
			continue
		case event.TypeProduct:
			continue
		}
		totals.Rows++
		totals.CDs += e.Items[0].Quantity
		totals.Cents += e.BaseTotalMinor
		if e.TotalMinor == 0 {
			totals.Zero++
		}
		sum := totals.Days[day]
		totals.Days[day] = [3]int64{sum[0] + 1, sum[1] + e.Items[0].Quantity, sum[2] + int64(e.Items[0].BaseAmountMinor)}
		c, known := totals.Customers[e.UserID]
		if !known {
			c.First = day
		}
		totals.Customers[e.UserID] = cdnowCustomer{c.Orders + 1, c.Cents + e.TotalMinor, c.First, day}
		var customer, date, n int
		if _, err := fmt.Sscanf(e.TransactionID, "%d-%d-%d", &customer, &date, &n); err != nil {
			t.Fatalf("transaction_id %q: %v", e.TransactionID, err)
		}
		totals.MostOnADay = max(totals.MostOnADay, n)
	}
	return totals, registered
}
