package importer_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"globalmart/internal/event"
	"globalmart/internal/ingest/importer"
)

// realFile opens a data set, which is not part of the project: in
// $GLOBALMART_TEST_DATA, or in shared/data beside it.
func realFile(t *testing.T, name string) *os.File {
	t.Helper()
	dir := os.Getenv("GLOBALMART_TEST_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Skipf("set GLOBALMART_TEST_DATA to the folder of %s to run this", name)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// The figures were computed apart from this code, by a script over the file
// with Python's csv and decimal modules.
func TestTheRealDataSetAddsUpToThePenny(t *testing.T) {
	im, err := read(t, realFile(t, "online_retail.csv.xz"))
	if err != nil {
		t.Fatal(err)
	}
	want := importer.Summary{
		FileSHA256: "99019388963fba5122c95a10524c5c70378cc223f27f33d5ea485e7e312fc22b", FileBytes: 3_103_916,
		Rows: 541_909, Rejected: map[importer.Reason]int{importer.BadDebt: 3},
		Sales: &importer.Sales{
			Orders: 20_725, OrderLines: 531_282, ZeroOrders: 766, Refunds: 3836, RefundLines: 9288,
			Adjustments: 1336, SplitInvoices: 43,
			Currency: "GBP", RevenueMinor: 1_065_562_248, RefundedMinor: 89_681_249, Units: 5_660_978, UnitsReturned: 277_574,
			Products: 3957, Customers: 4372, Anonymous: 2371,
			Unnamed: map[string]int{"Channel Islands": 33, "European Community": 5, "Unspecified": 13},
		},
		Topics: map[string]int{"transactions": 20_725 + 3836, "inventory_updates": 1336, "products": 3957, "customers": 4372},
		First:  1_291_191_960_000, Last: 1_323_435_000_000, // 2010-12-01T08:26Z, 2011-12-09T12:50Z
		Events: 20_725 + 3836 + 1336 + 3957 + 4372,
	}
	if diff := cmp.Diff(want, im.Summary, cmpopts.IgnoreFields(importer.Sales{}, "Countries")); diff != "" {
		t.Error(diff)
	}
	countries := map[string]int{"GB": 22_155, "DE": 603, "FR": 461, "IE": 360, "BE": 119, "ZZ": 51}
	for code, n := range countries {
		if got := im.Summary.Countries[code]; got != n {
			t.Errorf("%d orders and refunds of %s, want %d", got, code, n)
		}
	}
	if got := len(im.Summary.Countries); got != 36 { // 35 that have a code, and ZZ
		t.Errorf("%d countries, want 36", got)
	}
	checkImport(t, im)
	checkParts(t, im)
}

// checkParts compares sums over a country, a customer and a product.
func checkParts(t *testing.T, im *importer.Import) {
	t.Helper()
	var netherlands, customer event.Minor
	var hearts int64
	for e := range im.Events() {
		if e.Type != event.TypeTransaction {
			continue
		}
		sign := event.Minor(1)
		if e.Status == event.StatusRefunded {
			sign = -1
		}
		if e.Country == "NL" {
			netherlands += sign * e.BaseTotalMinor
		}
		if e.UserID == "14646" {
			customer += sign * e.BaseTotalMinor
		}
		for i := range e.Items {
			if e.Items[i].ProductID == "85123A" {
				hearts += int64(sign) * e.Items[i].Quantity
			}
		}
	}
	if netherlands != 28_466_154 || customer != 27_948_902 || hearts != 39_378 {
		t.Errorf("net %d in the Netherlands, %d of customer 14646, %d units of 85123A", netherlands, customer, hearts)
	}
}
