package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"globalmart/internal/alert"
	"globalmart/internal/alert/notify"
	"globalmart/internal/event"
	"globalmart/internal/store"
)

// AlertStore is what alerts need of a store, beside what writes stock and findings.
type AlertStore interface {
	Store
	alert.Store
	notify.Store
	// Alerts returns the alerts of q, newest first.
	Alerts(ctx context.Context, q store.AlertQuery) ([]store.Alert, error)
	// OpenAlertCounts returns how many are open, by kind and level.
	OpenAlertCounts(ctx context.Context) (map[store.AlertKind]map[store.AlertLevel]int64, error)
	// StockRisk returns the products of q, those that last the shortest time first.
	StockRisk(ctx context.Context, q store.RiskQuery) ([]store.RiskItem, error)
	// Deliveries returns how the newest notices fare, at most limit.
	Deliveries(ctx context.Context, limit int) ([]store.Delivery, error)
	// PruneAlerts deletes closed alerts and notices from before before, and returns
	// how many rows went.
	PruneAlerts(ctx context.Context, before event.Time) (int64, error)
}

// RunAlerts tests what open returns.
func RunAlerts(t *testing.T, open func(t *testing.T) AlertStore) {
	for name, test := range alertTests {
		t.Run(name, func(t *testing.T) { test(&alertFixture{&fixture{T: t}, open(t)}) })
	}
}

type alertFixture struct {
	*fixture
	s AlertStore
}

// lead takes the lease.
func (f *alertFixture) lead(owner string, now event.Time) (int64, bool) {
	f.Helper()
	term, held, err := f.s.Lease(f.Context(), owner, now, time.Minute)
	f.check(err)
	return term, held
}

func (f *alertFixture) change(term int64, now event.Time, changes ...store.AlertChange) {
	f.Helper()
	f.check(f.s.ChangeAlerts(f.Context(), term, now, changes))
}

func (f *alertFixture) open() []store.Alert {
	f.Helper()
	open, err := f.s.OpenAlerts(f.Context())
	f.check(err)
	return open
}

func (f *alertFixture) pending(receiver string) []store.PendingNotice {
	f.Helper()
	pending, err := f.s.PendingNotices(f.Context(), receiver, 0, 100)
	f.check(err)
	return pending
}

func opened(subject string, at event.Time) store.AlertChange {
	return store.AlertChange{Step: store.AlertOpened, Alert: store.Alert{
		ID: fmt.Sprintf("%013d/stock/%s", int64(at), subject), Kind: store.AlertStock, Subject: subject, Level: store.StockLow,
		OpenedAt: at, ChangedAt: at, Value: 7, Threshold: 10, Text: subject + " is low",
	}}
}

func closed(c store.AlertChange, at event.Time) store.AlertChange {
	c.Step, c.Alert.ClosedAt = store.AlertClosed, at
	return c
}

var alertTests = map[string]func(*alertFixture){
	"one owner holds the lease, until it expires": func(f *alertFixture) {
		first, held := f.lead("a", noon)
		if !held {
			f.Fatal("nobody held it")
		}
		if _, held := f.lead("b", noon.Add(time.Minute)); held {
			f.Error("two hold it")
		}
		if again, held := f.lead("a", noon.Add(time.Minute)); !held || again != first {
			f.Errorf("made longer: held %t, term %d after %d", held, again, first)
		}
		if next, held := f.lead("b", noon.Add(2*time.Minute+time.Millisecond)); !held || next <= first {
			f.Errorf("taken over: held %t, term %d after %d", held, next, first)
		}
		if _, held := f.lead("a", noon.Add(2*time.Minute+2*time.Millisecond)); held {
			f.Error("the earlier owner holds it again")
		}
	},
	"whoever comes back after the lease expired has a new term": func(f *alertFixture) {
		first, _ := f.lead("a", noon)
		if next, held := f.lead("a", noon.Add(time.Hour)); !held || next <= first {
			f.Errorf("held %t, term %d after %d", held, next, first)
		}
	},
	"an earlier term writes nothing": func(f *alertFixture) {
		stale, _ := f.lead("a", noon)
		f.lead("b", noon.Add(time.Hour))
		if err := f.s.ChangeAlerts(f.Context(), stale, noon, []store.AlertChange{opened("p", noon)}); !errors.Is(err, store.ErrFenced) {
			f.Errorf("change: %v", err)
		}
		if err := f.s.PutDemand(f.Context(), stale, []store.ProductDemand{{ProductID: "p"}}); !errors.Is(err, store.ErrFenced) {
			f.Errorf("demand: %v", err)
		}
		if len(f.open())+len(f.pending("r")) > 0 {
			f.Error("something was written")
		}
	},
	"an alert is open until it is closed": func(f *alertFixture) {
		term, _ := f.lead("a", noon)
		p, q := opened("p", noon), opened("q", noon)
		f.change(term, noon, p, q)
		worse := p
		worse.Step, worse.Alert.Level, worse.Alert.ChangedAt = store.AlertChanged, store.StockOut, noon+1
		f.change(term, noon+1, worse, closed(q, noon+1))
		f.equal([]store.Alert{worse.Alert}, f.open())
		counts, err := f.s.OpenAlertCounts(f.Context())
		f.check(err)
		f.equal(map[store.AlertKind]map[store.AlertLevel]int64{store.AlertStock: {store.StockOut: 1}}, counts)
	},
	"of a subject one alert is open": func(f *alertFixture) {
		term, _ := f.lead("a", noon)
		f.change(term, noon, opened("p", noon))
		if err := f.s.ChangeAlerts(f.Context(), term, noon+1, []store.AlertChange{opened("p", noon+1)}); err == nil {
			f.Error("a second one was opened")
		}
		f.change(term, noon+2, opened("p", noon+2), closed(opened("p", noon), noon+2))
		f.equal([]store.Alert{opened("p", noon+2).Alert}, f.open())
		if n := len(f.pending("r")); n != 3 {
			f.Errorf("%d notices, want 3: what failed leaves none", n)
		}
	},
	"lists come newest first, in pages": func(f *alertFixture) {
		term, _ := f.lead("a", noon)
		for i := range 5 {
			at := noon + event.Time(i)
			f.change(term, at, opened(fmt.Sprint(i), at))
		}
		f.change(term, noon+9, closed(opened("3", noon+3), noon+9))
		list := func(q store.AlertQuery) (subjects string, last string) {
			alerts, err := f.s.Alerts(f.Context(), q)
			f.check(err)
			for _, a := range alerts {
				subjects, last = subjects+a.Subject, a.ID
			}
			return subjects, last
		}
		first, last := list(store.AlertQuery{Limit: 2})
		second, _ := list(store.AlertQuery{Limit: 9, Before: last})
		open, _ := list(store.AlertQuery{Limit: 9, OpenOnly: true, Kind: store.AlertStock})
		none, _ := list(store.AlertQuery{Limit: 9, Kind: store.AlertCarts})
		recent, _ := list(store.AlertQuery{Limit: 9, Since: noon + 3})
		low, _ := list(store.AlertQuery{Limit: 9, Level: opened("", noon).Alert.Level})
		out, _ := list(store.AlertQuery{Limit: 9, Level: store.StockOversold})
		f.equal([]string{"43", "210", "4210", "", "43", "43210", ""}, []string{first, second, open, none, recent, low, out})
	},
	"a notice is pending for each receiver until it is delivered or given up": func(f *alertFixture) {
		term, _ := f.lead("a", noon)
		f.change(term, noon, opened("p", noon), opened("q", noon))
		pending := f.pending("r")
		if len(pending) != 2 || pending[0].Notice.Change != opened("p", noon) || pending[0].Notice.At != noon {
			f.Fatalf("pending %+v", pending)
		}
		failed := store.Delivery{Seq: pending[0].Notice.Seq, Receiver: "r", Attempts: 1, LastAt: noon, Error: "it is down"}
		f.check(f.s.PutDelivery(f.Context(), failed))
		if got := f.pending("r"); len(got) != 2 || got[0].Delivery != failed {
			f.Errorf("after a failure: %+v", got)
		}
		failed.GivenUp = true
		f.check(f.s.PutDelivery(f.Context(), failed))
		done := store.Delivery{Seq: pending[1].Notice.Seq, Receiver: "r", Attempts: 1, LastAt: noon, DeliveredAt: noon}
		f.check(f.s.PutDelivery(f.Context(), done))
		if r, other := len(f.pending("r")), len(f.pending("other")); r != 0 || other != 2 {
			f.Errorf("%d and %d are pending, want none and two", r, other)
		}
		all, err := f.s.Deliveries(f.Context(), 10)
		f.check(err)
		f.equal([]store.Delivery{done, failed}, all)
	},
	"old notices are not pending": func(f *alertFixture) {
		term, _ := f.lead("a", noon)
		f.change(term, noon, opened("p", noon))
		f.change(term, noon+10, opened("q", noon+10))
		pending, err := f.s.PendingNotices(f.Context(), "r", noon+5, 100)
		f.check(err)
		if len(pending) != 1 || pending[0].Notice.At != noon+10 {
			f.Errorf("pending %+v, want the newer one", pending)
		}
	},
	"pruning keeps what is open": func(f *alertFixture) {
		term, _ := f.lead("a", noon)
		f.change(term, noon, opened("p", noon), opened("q", noon))
		f.change(term, noon+1, closed(opened("q", noon), noon+1))
		n, err := f.s.PruneAlerts(f.Context(), noon+2)
		f.check(err)
		if n != 4 || len(f.open()) != 1 || len(f.pending("r")) != 0 {
			f.Errorf("%d rows went, %d alerts are open; want 4 and one", n, len(f.open()))
		}
	},
	"stock alarms are products with little on hand, or an open alert": func(f *alertFixture) {
		c := store.NewChanges()
		for id, s := range map[string]store.Stock{
			"few": {Initial: 10, Sold: 5}, "enough": {Initial: 1000}, "enough again": {Initial: 1000},
			"many, but they sell": {Initial: 100}, "never counted": {Sold: 5},
		} {
			c.Stock[id] = &s
		}
		task := shopping(0)
		claim, err := f.s.Claim(f.Context(), task, "owner")
		f.check(err)
		if _, err := f.s.Commit(f.Context(), []commit{{Task: task, Epoch: claim.Epoch, Changes: c}}); err != nil {
			f.Fatal(err)
		}
		term, _ := f.lead("a", noon)
		f.change(term, noon, opened("enough again", noon))
		demand := store.Demand{At: noon, SoldUntil: 1, MeanMilli: 50_000, VarianceMilli: 60_000, Low: 120, Critical: 20}
		f.check(f.s.PutDemand(f.Context(), term, []store.ProductDemand{{ProductID: "many, but they sell", Demand: demand}}))
		levels, err := f.s.StockAlarms(f.Context(), store.Demand{MeanMilli: -1, Low: 10, Critical: 3})
		f.check(err)
		unknown := func(sold int64) store.Demand {
			return store.Demand{SoldUntil: sold, MeanMilli: -1, Low: 10, Critical: 3}
		}
		f.equal([]store.StockLevel{
			{ProductID: "enough again", OnHand: 1000, Demand: unknown(0)},
			{ProductID: "few", OnHand: 5, Demand: unknown(5)},
			{ProductID: "many, but they sell", OnHand: 100, Demand: demand},
		}, levels)

		due, err := f.s.DueDemand(f.Context(), noon+1, noon+1, 10)
		f.check(err)
		if len(due) != 5 {
			f.Errorf("%d are due, want all 5", len(due))
		}
		due, err = f.s.DueDemand(f.Context(), noon, noon, 10)
		f.check(err)
		if len(due) != 4 {
			f.Errorf("%d are due, want 4: one is up to date", len(due))
		}
	},
	"stock at risk is what lasts the shortest time, in pages": func(f *alertFixture) {
		c := store.NewChanges()
		var demands []store.ProductDemand
		for id, p := range map[string]struct{ stock, mean int64 }{"oversold": {-2, 1000}, "a day": {3, 3000}, "b day": {5, 5000}, "long": {100, 10}, "still": {1, 0}, "new": {1, -1}} {
			c.Stock[id] = &store.Stock{Initial: p.stock}
			demands = append(demands, store.ProductDemand{ProductID: id, Demand: store.Demand{At: noon, MeanMilli: p.mean, Low: 9, Critical: 4}})
		}
		c.PutProduct("b day", store.Product{Name: "B", Category: "Books"})
		task := shopping(0)
		claim, err := f.s.Claim(f.Context(), task, "owner")
		f.check(err)
		if _, err := f.s.Commit(f.Context(), []commit{{Task: task, Epoch: claim.Epoch, Changes: c}}); err != nil {
			f.Fatal(err)
		}
		term, _ := f.lead("a", noon)
		f.check(f.s.PutDemand(f.Context(), term, demands))
		page := func(q store.RiskQuery) (got []string, last store.RiskPlace) {
			items, err := f.s.StockRisk(f.Context(), q)
			f.check(err)
			for _, i := range items {
				got, last = append(got, fmt.Sprintf("%s %d", i.ProductID, i.CoverMilli())), i.Place()
			}
			return got, last
		}
		first, last := page(store.RiskQuery{Limit: 2})
		f.equal([]string{"oversold -2000", "a day 1000"}, first)
		second, _ := page(store.RiskQuery{Limit: 9, After: last})
		f.equal([]string{"b day 1000", "long 10000000"}, second)
		books, _ := page(store.RiskQuery{Limit: 9, Category: "Books"})
		f.equal([]string{"b day 1000"}, books)
	},
	"findings come oldest first": func(f *alertFixture) {
		c := store.NewChanges()
		for i, id := range []string{"c", "a", "b"} {
			c.Findings[store.FindingKey{EventID: id, Rule: store.Velocity}] = &store.Finding{At: noon + event.Time(i), VisitorID: "v"}
		}
		task := shopping(0)
		claim, err := f.s.Claim(f.Context(), task, "owner")
		f.check(err)
		if _, err := f.s.Commit(f.Context(), []commit{{Task: task, Epoch: claim.Epoch, Changes: c}}); err != nil {
			f.Fatal(err)
		}
		found, err := f.s.FindingsSince(f.Context(), noon+1, 10)
		f.check(err)
		if len(found) != 2 || found[0].Key.EventID != "a" || found[1].Key.EventID != "b" {
			f.Errorf("found %+v, want a and b", found)
		}
	},
}
