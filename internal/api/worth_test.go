package api

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
	"globalmart/internal/warehouse"
)

func TestCustomersAreCountedByWhatTheyBrought(t *testing.T) {
	w := newFakeWarehouse()
	f := newFixture(t, func(_ *Config, d *Deps) { d.Warehouse = w })
	got := decode[CustomerWorth](t, f.get(t, "/api/v1/customers/worth?segment=Champions&country=de")).Data
	if q, ok := w.asked[0].(warehouse.WorthQuery); !ok || q.Segment != "Champions" || q.Country != "DE" || q.Bounds[2] != 1000 || q.Bounds[3] != 2000 || q.Bounds[4] != 5000 {
		t.Errorf("asked for %+v", w.asked)
	}
	minor := func(v event.Minor) *event.Minor { return &v }
	share := func(v float64) *float64 { return &v }
	want := CustomerWorth{AsOf: "2026-03-02", Customers: 8, NetRevenueMinor: 19_500, Classes: []WorthClass{
		{ToMinor: minor(0), Customers: 1, Share: share(0.125), NetRevenueMinor: -500, RevenueShare: share(-0.0256)},
		{FromMinor: minor(0), ToMinor: minor(1000), Share: share(0), RevenueShare: share(0)},
		{FromMinor: minor(1000), ToMinor: minor(2000), Customers: 5, Share: share(0.625), NetRevenueMinor: 8000, RevenueShare: share(0.4103)},
		{FromMinor: minor(2000), ToMinor: minor(5000), Share: share(0), RevenueShare: share(0)},
		{FromMinor: minor(5000), ToMinor: minor(10_000), Customers: 2, Share: share(0.25), NetRevenueMinor: 12_000, RevenueShare: share(0.6154)},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("worth (-want +got):\n%s", diff)
	}
	if none := decode[CustomerWorth](t, f.get(t, "/api/v1/customers/worth?country=JP")).Data; none.Customers != 0 || len(none.Classes) != 0 {
		t.Errorf("of nobody: %+v", none)
	}
}

// TestClassesRise: the highest class is open, and a yen has no minor unit.
func TestClassesRise(t *testing.T) {
	for places, want := range map[int][3]event.Minor{0: {10, 20, 50}, 2: {1000, 2000, 5000}, 3: {10_000, 20_000, 50_000}} {
		bounds := worthBounds(places)
		if got := [3]event.Minor(bounds[2:5]); got != want {
			t.Errorf("%d places: %v, want %v", places, got, want)
		}
		for i := range len(bounds) - 1 {
			if bounds[i] >= bounds[i+1] {
				t.Errorf("%d places: %d before %d", places, bounds[i], bounds[i+1])
			}
		}
	}
	last := worthBounds(2)[len(worthBounds(2))-1]
	got := worthOf(exampleState, worthBounds(2), []warehouse.Worth{{From: last, Customers: 1, NetMinor: last}})
	if len(got.Classes) != 1 || got.Classes[0].ToMinor != nil {
		t.Errorf("the highest class: %+v", got.Classes)
	}
}
