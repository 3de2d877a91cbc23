package storetest

import (
	"fmt"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

const (
	minute = event.Time(60_000)
	hour   = 60 * minute
)

// fill commits 1 order of DE in each of minutes 0 to 149 after noon, and 10 of
// FR in each tenth of them.
func (f *fixture) fill() {
	f.Helper()
	task := shopping(0)
	epoch := f.claim(task).Epoch
	c := store.NewChanges()
	for i := range event.Time(150) {
		c.Merge(orders(noon+i*minute, "DE", 1))
		if i%10 == 0 {
			c.Merge(orders(noon+i*minute, "FR", 10))
		}
	}
	f.commit(commit{Task: task, Epoch: epoch, Changes: c})
}

// windows returns "minute after noon: orders" for each window.
func (f *fixture) windows(q store.SalesQuery) []string {
	f.Helper()
	windows, err := f.SalesWindows(f.Context(), q)
	f.check(err)
	var got []string
	for _, w := range windows {
		got = append(got, fmt.Sprintf("%d: %d", (w.Start-noon)/minute, w.Sales.Orders))
	}
	return got
}

var salesTests = map[string]func(*fixture){
	"windows are newest first, at most so many": func(f *fixture) {
		f.fill()
		f.equal([]string{"149: 1", "148: 1"}, f.windows(store.SalesQuery{Granularity: store.Minute, Limit: 2}))
		f.equal([]string{"120: 60", "60: 120"}, f.windows(store.SalesQuery{Granularity: store.Hour, Limit: 2}))
		f.equal(150, len(f.windows(store.SalesQuery{Granularity: store.Minute})))
	},
	"a range includes its start and excludes its end": func(f *fixture) {
		f.fill()
		f.equal([]string{"10: 11", "9: 1"}, f.windows(store.SalesQuery{Granularity: store.Minute, From: noon + 9*minute, To: noon + 11*minute}))
		f.equal([]string{"60: 120"}, f.windows(store.SalesQuery{Granularity: store.Hour, From: noon + 1, To: noon + 2*hour}))
	},
	"filters by country and category": func(f *fixture) {
		f.fill()
		f.equal([]string{"140: 10", "130: 10"}, f.windows(store.SalesQuery{Granularity: store.Minute, Country: "FR", Limit: 2}))
		f.equal([]string{"149: 1"}, f.windows(store.SalesQuery{Granularity: store.Minute, Category: "Books", Limit: 1}))
		f.equal([]string{"120: 30", "60: 60", "0: 60"}, f.windows(store.SalesQuery{Granularity: store.Hour, Country: "FR"}))
		f.equal([]string{"120: 60"}, f.windows(store.SalesQuery{Granularity: store.Hour, Category: "Books", Limit: 1}))
		f.equal([]string{"0: 60"}, f.windows(store.SalesQuery{Granularity: store.Hour, Category: "Books", Country: "DE", To: noon + 1}))
		f.equal(0, len(f.windows(store.SalesQuery{Granularity: store.Minute, Country: "XX"})))
	},
	"what is not kept is refused": func(f *fixture) {
		for _, q := range []store.SalesQuery{
			{Granularity: store.Day}, {}, {Granularity: store.Minute, Country: "DE", Category: "Books"},
		} {
			if _, err := f.SalesWindows(f.Context(), q); err == nil {
				f.Errorf("%+v: no error", q)
			}
		}
	},
	"an empty store answers with nothing": func(f *fixture) {
		f.equal(0, len(f.windows(store.SalesQuery{Granularity: store.Minute})))
		total, err := f.SalesTotals(f.Context(), 0, 0, "", "")
		f.check(err)
		f.equal(store.Sales{}, total)
		countries, err := f.Countries(f.Context())
		f.check(err)
		categories, err := f.Categories(f.Context())
		f.check(err)
		f.equal(0, len(countries)+len(categories))
		n, err := f.PruneMinutes(f.Context(), noon)
		f.check(err)
		f.equal(int64(0), n)
	},
	"totals are exact to the minute": func(f *fixture) {
		f.fill()
		for _, r := range []struct{ from, to event.Time }{{0, 150}, {5, 6}, {59, 61}, {1, 149}, {60, 120}, {30, 121}, {-1000, 1000}, {140, 30}, {200, 300}} {
			for _, filter := range []struct{ country, category string }{{}, {"DE", ""}, {"FR", ""}, {"", "Books"}} {
				var want int64
				for m := max(r.from, 0); m < min(r.to, 150); m++ {
					if filter.country != "FR" {
						want++
					}
					if filter.country != "DE" && m%10 == 0 {
						want += 10
					}
				}
				got, err := f.SalesTotals(f.Context(), noon+r.from*minute, noon+r.to*minute, filter.country, filter.category)
				f.check(err)
				if got.Orders != want || got.RevenueMinor != event.Minor(1000*want) {
					f.Errorf("minutes %d to %d of %+v: %+v, want %d orders", r.from, r.to, filter, got, want)
				}
			}
		}
		all, err := f.SalesTotals(f.Context(), 0, 0, "", "")
		f.check(err)
		f.equal(int64(300), all.Orders)
	},
	"totals by country and category are of whole hours": func(f *fixture) {
		f.fill()
		got, err := f.SalesTotals(f.Context(), noon+minute, noon+150*minute, "DE", "Books")
		f.check(err)
		f.equal(int64(60), got.Orders)
	},
	"totals of pruned minutes are of whole hours": func(f *fixture) {
		f.fill()
		n, err := f.PruneMinutes(f.Context(), noon+140*minute)
		f.check(err)
		f.equal(int64(140+14+140), n)
		f.equal(10, len(f.windows(store.SalesQuery{Granularity: store.Minute})))
		f.equal(3, len(f.windows(store.SalesQuery{Granularity: store.Hour})))
		got, err := f.SalesTotals(f.Context(), noon+30*minute, noon+150*minute, "", "")
		f.check(err)
		f.equal(int64(120+20), got.Orders)
	},
	"hours need not be on hours of UTC": func(f *fixture) {
		task := shopping(0)
		c := store.NewChanges()
		start := noon + 30*minute // as in India
		for i := range event.Time(60) {
			c.MinuteByCountry[store.SalesKey{Start: start + i*minute, Country: "IN"}] = &store.Sales{Orders: 1}
		}
		c.Hour[store.SalesKey{Start: start, Country: "IN"}] = &store.Sales{Orders: 60}
		f.commit(commit{Task: task, Epoch: f.claim(task).Epoch, Changes: c})
		for want, r := range map[int64][2]event.Time{60: {0, 90}, 59: {31, 120}, 1: {89, 200}, 30: {0, 60}} {
			got, err := f.SalesTotals(f.Context(), noon+r[0]*minute, noon+r[1]*minute, "", "")
			f.check(err)
			f.equal(want, got.Orders)
		}
	},
	"pruning takes more than one step if there is much": func(f *fixture) {
		task := shopping(0)
		c := store.NewChanges()
		for i := range event.Time(12_000) {
			c.MinuteByCountry[store.SalesKey{Start: noon + i*minute, Country: "DE"}] = &store.Sales{Orders: 1}
		}
		f.commit(commit{Task: task, Epoch: f.claim(task).Epoch, Changes: c})
		n, err := f.PruneMinutes(f.Context(), noon+11_999*minute)
		f.check(err)
		f.equal(int64(11_999), n)
		f.equal([]string{"11999: 1"}, f.windows(store.SalesQuery{Granularity: store.Minute}))
	},
	"a split adds up to the totals": func(f *fixture) {
		f.fill()
		parts := func(q store.SplitQuery) (got []string) {
			found, err := f.SalesSplit(f.Context(), q)
			f.check(err)
			for _, p := range found {
				got = append(got, fmt.Sprintf("%s: %d", p.Name, p.Sales.Orders))
			}
			return got
		}
		f.equal([]string{"DE: 150", "FR: 150"}, parts(store.SplitQuery{By: store.ByCountry}))
		f.equal([]string{"Books: 300"}, parts(store.SplitQuery{By: store.ByCategory}))
		f.equal([]string{"FR: 60"}, parts(store.SplitQuery{By: store.ByCountry, Category: "Books", Country: "FR", From: noon + hour, To: noon + 2*hour}))
		f.equal([]string{"Books: 60"}, parts(store.SplitQuery{By: store.ByCategory, Country: "DE", To: noon + 1}))
		f.equal(0, len(parts(store.SplitQuery{By: store.ByCategory, Category: "Toys"})))
		if _, err := f.SalesSplit(f.Context(), store.SplitQuery{By: "device"}); err == nil {
			f.Error("a split that is none is answered")
		}
	},
	"countries and categories are listed once": func(f *fixture) {
		f.fill()
		task := shopping(1)
		c := store.NewChanges()
		for _, k := range []store.SalesKey{{Start: noon, Country: "AT", Category: "Ärger"}, {Start: noon + hour, Country: "AT"}, {Start: noon, Country: "AT", Category: "Art"}} {
			c.Hour[k] = &store.Sales{Refunds: 1}
		}
		f.commit(commit{Task: task, Epoch: f.claim(task).Epoch, Changes: c})
		countries, err := f.Countries(f.Context())
		f.check(err)
		f.equal([]string{"AT", "DE", "FR"}, countries)
		categories, err := f.Categories(f.Context())
		f.check(err)
		f.equal([]string{"Art", "Books", "Ärger"}, categories)
	},
}
