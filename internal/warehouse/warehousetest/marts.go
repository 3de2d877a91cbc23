package warehousetest

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"globalmart/internal/batch"
	"globalmart/internal/batch/batchtest"
	"globalmart/internal/event"
	"globalmart/internal/lake"
	"globalmart/internal/store"
	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/cached"
)

// martsOfEvents compares splits, payments, buyers and the marts of a shop of some days
// with sums over its events, and with one another.
func martsOfEvents(t *testing.T, open Open) {
	shop := batchtest.NewShop(t)
	reader, mirror := open(t, shop.Warehouse, time.Now)
	if mirror != nil {
		shop.Mirrors = []warehouse.Mirror{mirror}
	}
	r := rand.New(rand.NewPCG(5, 6))
	var all []event.Event
	for i, day := range []string{"2026-03-01", "2026-03-02"} {
		of := Orders(r, day, 80)
		shop.History(lake.SourceHistory, day, of...)
		all = append(all, of...)
		shop.Run([]batch.Date{"2026-03-02", "2026-03-03"}[i], batch.ETL, batch.RFM, batch.Products)
	}
	checkSplits(t, reader, all)
	checkDays(t, reader, all)
	checkCustomers(t, reader)
	checkProducts(t, reader)
}

// checkSplits: a split is the sales of each name.
func checkSplits(t *testing.T, reader cached.Source, all []event.Event) {
	t.Helper()
	names := map[store.Split][]string{store.ByCountry: {"DE", "FR"}, store.ByCategory: {"Books", "Toys"}}
	calendar := batchtest.Calendar()
	from, to := instant("2026-03-01T07:30:00Z"), instant("2026-03-02T21:15:00Z")
	for by, each := range names {
		for _, filter := range [][2]string{{"", ""}, {"DE", ""}, {"", "Toys"}, {"FR", "Books"}} {
			wantTime, wantDay := map[string]store.Sales{}, map[string]store.Sales{}
			for _, name := range each {
				of := filter
				own := &of[0]
				if by == store.ByCategory {
					own = &of[1]
				}
				if *own != "" && *own != name {
					continue
				}
				*own = name
				if s, ok := windows(all, from, to, of[0], of[1], func(event.Time) event.Time { return 0 })[0]; ok {
					wantTime[name] = bare(s)
				}
				for at, s := range windows(all, 0, instant("2026-03-09T00:00:00Z"), of[0], of[1], calendar.DayStart) {
					if calendar.Date(at) == "2026-03-01" {
						wantDay[name] = bare(s)
					}
				}
			}
			parts, err := reader.SalesSplit(t.Context(), warehouse.SalesQuery{From: from, To: to, Country: filter[0], Category: filter[1]}, by)
			if diff := gocmp.Diff(wantTime, partsOf(parts.Rows)); diff != "" || err != nil {
				t.Errorf("%v by %s (-want +got):\n%s %v", filter, by, diff, err)
			}
			parts, err = reader.SalesDaysSplit(t.Context(), warehouse.SalesDaysQuery{From: "2026-03-01", To: "2026-03-02", Country: filter[0], Category: filter[1]}, by)
			if diff := gocmp.Diff(wantDay, partsOf(parts.Rows)); diff != "" || err != nil {
				t.Errorf("a day of %v by %s (-want +got):\n%s %v", filter, by, diff, err)
			}
		}
	}
}

// bare is s without what splits do not know.
func bare(s store.Sales) store.Sales {
	s.TaxMinor, s.ShippingMinor = 0, 0
	return s
}

func partsOf(rows []store.SalesPart) map[string]store.Sales {
	parts := map[string]store.Sales{}
	for _, p := range rows {
		parts[p.Name] = bare(p.Sales)
	}
	return parts
}

// checkDays: payments, buyers and sessions count every event once.
func checkDays(t *testing.T, reader cached.Source, all []event.Event) {
	t.Helper()
	want := map[event.Status]warehouse.Payment{}
	buyers, sold := map[string]bool{}, int64(0)
	for _, e := range all {
		if e.Country != "DE" {
			continue
		}
		p := want[e.Status]
		p.Status = e.Status
		p.Orders++
		p.TotalMinor += e.BaseTotalMinor
		want[e.Status] = p
		if e.Status == event.StatusCompleted {
			buyers[e.UserID] = true
			sold++
		}
	}
	q := warehouse.DaysQuery{To: "2026-03-09", Country: "DE"}
	payments, err := reader.Payments(t.Context(), q)
	got := map[event.Status]warehouse.Payment{}
	for _, p := range payments.Rows {
		got[p.Status] = p
	}
	if diff := gocmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("payments (-want +got):\n%s %v", diff, err)
	}
	if n, err := reader.Buyers(t.Context(), q); err != nil || len(n.Rows) != 1 || n.Rows[0] != int64(len(buyers)) {
		t.Errorf("buyers %v, want %d: %v", n.Rows, len(buyers), err)
	}
	q.Country = ""
	days, err := reader.SessionDays(t.Context(), q)
	orders := int64(0)
	for _, d := range days.Rows {
		orders += d.Sessions.Orders
		if d.Sessions.WithOrder > d.Sessions.Sessions || d.Sessions.ReachedOrder > d.Sessions.WithOrder {
			t.Errorf("sessions %+v", d)
		}
	}
	completed := int64(0)
	for _, e := range all {
		if e.Status == event.StatusCompleted {
			completed++
		}
	}
	if err != nil || orders != completed || sold > completed {
		t.Errorf("sessions have %d orders, want %d: %v", orders, completed, err)
	}
	if countries, err := reader.Countries(t.Context(), ""); err != nil || !slices.Equal(countries.Rows, []string{"DE", "FR"}) {
		t.Errorf("countries %v, %v", countries.Rows, err)
	}
}

// checkCustomers: cells and moves have every customer of the segments, and one customer
// is found by name.
func checkCustomers(t *testing.T, reader cached.Source) {
	t.Helper()
	segments, err := reader.Segments(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var customers, inCells, present int64
	var net, inCellsNet event.Minor
	for _, s := range segments.Rows {
		customers += s.Customers
		net += s.NetMinor
	}
	cells, err := reader.RFMCells(t.Context(), "")
	for _, c := range cells.Rows {
		inCells += c.Customers
		inCellsNet += c.NetMinor
	}
	if err != nil || inCells != customers || inCellsNet != net || customers == 0 {
		t.Errorf("%d customers worth %d in cells, %d worth %d in segments: %v", inCells, inCellsNet, customers, net, err)
	}
	var classed int64
	var classedNet event.Minor
	bounds := []event.Minor{-1 << 53, 0, 2000, 5000}
	worth, err := reader.Worth(t.Context(), warehouse.WorthQuery{Bounds: bounds})
	for _, w := range worth.Rows {
		at := slices.Index(bounds, w.From)
		if at < 0 || w.NetMinor < w.From*event.Minor(w.Customers) || at+1 < len(bounds) && w.NetMinor >= bounds[at+1]*event.Minor(w.Customers) {
			t.Errorf("the class from %d has %d customers worth %d", w.From, w.Customers, w.NetMinor)
		}
		classed += w.Customers
		classedNet += w.NetMinor
	}
	if err != nil || classed != customers || classedNet != net || len(worth.Rows) < 2 {
		t.Errorf("%d customers worth %d in %d classes, want %d worth %d: %v", classed, classedNet, len(worth.Rows), customers, net, err)
	}
	moves, err := reader.Migration(t.Context(), warehouse.MigrationQuery{Days: 1})
	for _, m := range moves.Rows {
		if m.To != "" {
			present += m.Customers
		}
	}
	if err != nil || present != customers {
		t.Errorf("%d customers have moved or stayed, want %d: %v", present, customers, err)
	}
	for _, q := range []warehouse.MigrationQuery{{Days: 90}, {From: "2026-03-01", To: "2026-03-03"}} {
		if none, err := reader.Migration(t.Context(), q); err != nil || len(none.Rows) > 0 {
			t.Errorf("moves of %+v, of which only the last day is known: %v, %v", q, none.Rows, err)
		}
	}
	checkMoves(t, reader, moves.Rows)
	one, err := reader.Customers(t.Context(), warehouse.CustomerQuery{Page: warehouse.Page{Limit: 9}, UserID: "u-3"})
	if err != nil || len(one.Rows) != 1 || one.Rows[0].UserID != "u-3" {
		t.Errorf("one customer: %+v, %v", one.Rows, err)
	}
}

// checkMoves: between two days the moves are those of the mart that counts them up to
// the as-of date, and nobody moves within a day.
func checkMoves(t *testing.T, reader cached.Source, want []warehouse.Move) {
	t.Helper()
	ask := func(from, to string) []warehouse.Move {
		t.Helper()
		answer, err := reader.Migration(t.Context(), warehouse.MigrationQuery{From: from, To: to})
		if err != nil || answer.State.AsOf != "2026-03-03" {
			t.Fatalf("moves from %s to %s: %+v, %v", from, to, answer, err)
		}
		return answer.Rows
	}
	if diff := gocmp.Diff(want, ask("2026-03-02", "2026-03-03")); diff != "" {
		t.Errorf("moves of the last day (-want +got):\n%s", diff)
	}
	var then []warehouse.Move // as many as there were in each segment
	for _, m := range want {
		if i := slices.IndexFunc(then, func(n warehouse.Move) bool { return n.From == m.From }); i >= 0 {
			then[i].Customers += m.Customers
		} else if m.From != "" {
			then = append(then, warehouse.Move{From: m.From, To: m.From, Customers: m.Customers})
		}
	}
	if diff := gocmp.Diff(then, ask("2026-03-02", "2026-03-02")); diff != "" {
		t.Errorf("moves within a day (-want +got):\n%s", diff)
	}
}

// checkProducts: the curve has every product with revenue, one product has a row for
// each period, and pairs of a product hold it.
func checkProducts(t *testing.T, reader cached.Source) {
	t.Helper()
	products, err := reader.Products(t.Context(), warehouse.ProductQuery{Page: warehouse.Page{Limit: 100}, Days: 30, Sort: warehouse.ByRevenue})
	if err != nil {
		t.Fatal(err)
	}
	var want, got warehouse.ParetoStep
	for _, p := range products.Rows {
		if p.Days != 30 {
			t.Errorf("%s is of %d days", p.ID, p.Days)
		}
		if p.NetMinor > 0 {
			want.Products++
			want.NetMinor += p.NetMinor
		}
	}
	steps, err := reader.Pareto(t.Context(), warehouse.ParetoQuery{Days: 30})
	for i, s := range steps.Rows {
		got.Products += s.Products
		got.NetMinor += s.NetMinor
		if s.Hundredth < 1 || s.Hundredth > 100 || i > 0 && s.Hundredth < steps.Rows[i-1].Hundredth {
			t.Errorf("step %d is %+v", i, s)
		}
	}
	if err != nil || got != want || want.Products == 0 {
		t.Errorf("the curve has %+v, want %+v: %v", got, want, err)
	}
	id := products.Rows[0].ID
	one, err := reader.Products(t.Context(), warehouse.ProductQuery{Page: warehouse.Page{Limit: 9}, ProductID: id, Sort: warehouse.ByRevenue})
	periods := map[int]bool{}
	for _, p := range one.Rows {
		periods[p.Days] = p.ID == id
	}
	if diff := gocmp.Diff(map[int]bool{7: true, 30: true, 90: true, 365: true}, periods); diff != "" || err != nil {
		t.Errorf("periods of a product (-want +got):\n%s %v", diff, err)
	}
	if prices, err := reader.PriceHistory(t.Context(), "", id); err != nil || len(prices.Rows) > 0 {
		t.Errorf("prices without a catalogue: %v, %v", prices.Rows, err)
	}
	pairs, err := reader.Pairs(t.Context(), warehouse.PairQuery{Page: warehouse.Page{Limit: 50}, ProductID: id, Sort: warehouse.PairsByOrders})
	for i, p := range pairs.Rows {
		if p.A != id && p.B != id || i > 0 && p.Orders > pairs.Rows[i-1].Orders {
			t.Errorf("pair %d of %s is %+v", i, id, p)
		}
	}
	if err != nil {
		t.Error(err)
	}
}
