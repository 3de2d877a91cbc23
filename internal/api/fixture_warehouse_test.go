package api

import (
	"context"

	"globalmart/internal/event"
	"globalmart/internal/store"
	"globalmart/internal/warehouse"
)

// The questions that most tests do not ask: each has a small answer.

func (w *fakeWarehouse) SalesDaysSplit(context.Context, warehouse.SalesDaysQuery, store.Split) (warehouse.Answer[store.SalesPart], error) {
	return warehouse.Answer[store.SalesPart]{State: fakeRun}, w.err
}

func (w *fakeWarehouse) SalesSplit(context.Context, warehouse.SalesQuery, store.Split) (warehouse.Answer[store.SalesPart], error) {
	return warehouse.Answer[store.SalesPart]{State: fakeRun}, w.err
}

func (w *fakeWarehouse) SessionDays(context.Context, warehouse.DaysQuery) (warehouse.Answer[warehouse.SessionDay], error) {
	return warehouse.Answer[warehouse.SessionDay]{State: fakeRun}, w.err
}

func (w *fakeWarehouse) Payments(_ context.Context, q warehouse.DaysQuery) (warehouse.Answer[warehouse.Payment], error) {
	w.asked = append(w.asked, q)
	return warehouse.Answer[warehouse.Payment]{State: fakeRun, Rows: []warehouse.Payment{
		{Method: "card", Status: event.StatusCompleted, Orders: 6, TotalMinor: 600},
		{Method: "card", Status: event.StatusFailed, Orders: 2, TotalMinor: 200},
		{Method: "paypal", Status: event.StatusRefunded, Orders: 1, TotalMinor: 50},
	}}, w.err
}

func (w *fakeWarehouse) Buyers(context.Context, warehouse.DaysQuery) (warehouse.Answer[int64], error) {
	return warehouse.Answer[int64]{State: fakeRun, Rows: []int64{4}}, w.err
}

func (w *fakeWarehouse) Countries(context.Context, string) (warehouse.Answer[string], error) {
	return warehouse.Answer[string]{State: fakeRun, Rows: []string{"DE", "FR"}}, w.err
}

func (w *fakeWarehouse) RFMCells(_ context.Context, run string) (warehouse.Answer[warehouse.RFMCell], error) {
	return pageOf(w, warehouse.Page{Run: run, Limit: 9}, []warehouse.RFMCell{
		{R: 5, F: 5, M: 5, Customers: 3, NetMinor: 900}, {R: 5, F: 5, M: 4, Customers: 1, NetMinor: 100}, {R: 1, F: 1, M: 4, Customers: 2, NetMinor: 7},
	})
}

func (w *fakeWarehouse) Worth(_ context.Context, q warehouse.WorthQuery) (warehouse.Answer[warehouse.Worth], error) {
	w.asked = append(w.asked, q)
	if q.Country == "JP" {
		return warehouse.Answer[warehouse.Worth]{State: fakeRun}, w.err
	}
	return warehouse.Answer[warehouse.Worth]{State: fakeRun, Rows: []warehouse.Worth{
		{From: lowestWorth, Customers: 1, NetMinor: -500}, {From: 1000, Customers: 5, NetMinor: 8000}, {From: 5000, Customers: 2, NetMinor: 12_000},
	}}, w.err
}

func (w *fakeWarehouse) Migration(_ context.Context, q warehouse.MigrationQuery) (warehouse.Answer[warehouse.Move], error) {
	w.asked = append(w.asked, q)
	if q.Days == 90 {
		return warehouse.Answer[warehouse.Move]{State: fakeRun}, w.err
	}
	return pageOf(w, warehouse.Page{Run: q.Run, Limit: 9}, []warehouse.Move{
		{To: "Champions", Customers: 1}, {From: "Champions", To: "Champions", Customers: 4}, {From: "Champions", To: "Lost", Customers: 2},
	})
}

func (w *fakeWarehouse) PriceHistory(_ context.Context, run, productID string) (warehouse.Answer[warehouse.PriceChange], error) {
	price, before := event.Minor(1299), event.Minor(999)
	var rows []warehouse.PriceChange
	if productID == "p0" {
		rows = []warehouse.PriceChange{{PriceMinor: &price, From: testNow}, {PriceMinor: &before, From: testNow.AddDate(0, 0, -9), To: &testNow}}
	}
	return pageOf(w, warehouse.Page{Run: run, Limit: 9}, rows)
}

func (w *fakeWarehouse) Pairs(_ context.Context, q warehouse.PairQuery) (warehouse.Answer[warehouse.Pair], error) {
	w.asked = append(w.asked, q)
	lift := 2.5
	return pageOf(w, q.Page, []warehouse.Pair{{A: "p0", B: "p1", Orders: 9, Lift: &lift}, {A: "p1", B: "p2", Orders: 5, Lift: &lift}})
}

func (w *fakeWarehouse) Pareto(_ context.Context, q warehouse.ParetoQuery) (warehouse.Answer[warehouse.ParetoStep], error) {
	w.asked = append(w.asked, q)
	return pageOf(w, warehouse.Page{Run: q.Run, Limit: 9}, []warehouse.ParetoStep{
		{Hundredth: 1, ABC: "A", Products: 2, NetMinor: 800}, {Hundredth: 50, ABC: "B", Products: 2, NetMinor: 150}, {Hundredth: 100, ABC: "C", Products: 1, NetMinor: 50},
	})
}
