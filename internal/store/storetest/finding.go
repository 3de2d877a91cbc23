package storetest

import (
	"fmt"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// unusual commits findings of orders e0 to e9, a minute after each other from
// noon on, each by one of two rules, countries, categories and visitors, and
// returns them, the newest first.
func (f *fixture) unusual() []store.FindingRow {
	f.Helper()
	c := store.NewChanges()
	rows := make([]store.FindingRow, 10)
	pick := func(i int, a, b string) string {
		if i%2 > 0 {
			return b
		}
		return a
	}
	for i := range rows {
		r := store.FindingRow{
			Key: store.FindingKey{EventID: fmt.Sprint("e", i), Rule: store.Rule(pick(i/4, "high_value", "velocity"))},
			Finding: store.Finding{
				At: noon + event.Time(i)*minute, Country: pick(i, "DE", "FR"), Category: pick(i/2, "Books", "Toys"), VisitorID: pick(i/8, "v", "w"),
			},
		}
		c.Findings[r.Key] = &r.Finding
		rows[len(rows)-1-i] = r
	}
	f.commit(commit{Task: shopping(0), Epoch: f.claim(shopping(0)).Epoch, Changes: c})
	return rows
}

var findingTests = map[string]func(*fixture){
	"findings and baselines are kept whole, and replaced": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		k, other := store.FindingKey{EventID: "e", Rule: store.HighValue}, store.FindingKey{EventID: "e", Rule: store.UnusualQuantity}
		finding := store.Finding{
			At: noon, ReceivedAt: noon + 1, TransactionID: "t", VisitorID: "v", UserID: "u", Country: "DE", ProductID: "p", Category: "Büro & Papier",
			OrderMinor: 1e15, Value: 1 << 60, Expected: 3, ScoreMilli: -4, ThresholdMilli: 3500, Baseline: "Büro & Papier/amount/3/7",
		}
		bk := store.BaselineKey{Category: "Büro & Papier", Measure: store.MeasureAmount, Partition: 3, Version: 7}
		baseline := store.Baseline{From: noon, Samples: 1 << 40, Median: 2, SpreadMilli: 3}
		for i := range event.Time(3) { // the last one replaces the ones before
			c := store.NewChanges()
			finding.At, baseline.From = noon+i, noon+i
			c.Findings[k], c.Findings[other], c.Baselines[bk] = &finding, &store.Finding{At: noon}, &baseline
			f.commit(commit{Task: task, Epoch: epoch, Changes: c})
			got := f.tables("")
			f.equal(map[store.FindingKey]store.Finding{k: finding, other: {At: noon}}, got.Findings)
			f.equal(map[store.BaselineKey]store.Baseline{bk: baseline}, got.Baselines)
		}
		page, err := f.FindingList(f.Context(), store.FindingQuery{Limit: 10})
		f.check(err)
		f.equal([]store.FindingRow{{Key: k, Finding: finding}, {Key: other, Finding: store.Finding{At: noon}}}, page)
	},
	"pages are of the newest first, by every filter": func(f *fixture) {
		rows := f.unusual()
		for _, q := range []store.FindingQuery{
			{},
			{From: noon + 2*minute},
			{To: noon + 2*minute},
			{From: noon + minute, To: noon + 8*minute},
			{Rule: store.Velocity},
			{Country: "FR"},
			{Category: "Toys"},
			{VisitorID: "w"},
			{VisitorID: "v", From: noon + minute, To: noon + 6*minute, Country: "DE"},
			{Rule: store.HighValue, Category: "Toys", Country: "DE"},
			{VisitorID: "x"},
			{Rule: store.Velocity, VisitorID: "v", Category: "Books"},
		} {
			var want []store.FindingRow
			for _, r := range rows {
				if r.Finding.At >= q.From && (q.To == 0 || r.Finding.At < q.To) && (q.Rule == "" || r.Key.Rule == q.Rule) &&
					(q.Country == "" || r.Finding.Country == q.Country) && (q.Category == "" || r.Finding.Category == q.Category) &&
					(q.VisitorID == "" || r.Finding.VisitorID == q.VisitorID) {
					want = append(want, r)
				}
			}
			var got []store.FindingRow
			for q.Limit = 2; ; {
				page, err := f.FindingList(f.Context(), q)
				f.check(err)
				if len(page) == 0 {
					break
				}
				got = append(got, page...)
				q.Before = page[len(page)-1].Place()
			}
			f.equal(want, got)
		}
	},
	"pages go on within one time": func(f *fixture) {
		c := store.NewChanges()
		for i := range 6 {
			c.Findings[store.FindingKey{EventID: fmt.Sprint("e", i/2), Rule: store.Rule(fmt.Sprint("r", i%2))}] = &store.Finding{At: noon, VisitorID: "v"}
		}
		f.commit(commit{Task: shopping(0), Epoch: f.claim(shopping(0)).Epoch, Changes: c})
		for _, visitor := range []string{"", "v"} {
			q := store.FindingQuery{Limit: 1, VisitorID: visitor}
			for i := 5; i >= 0; i-- {
				page, err := f.FindingList(f.Context(), q)
				f.check(err)
				f.equal(1, len(page))
				f.equal(store.FindingKey{EventID: fmt.Sprint("e", i/2), Rule: store.Rule(fmt.Sprint("r", i%2))}, page[0].Key)
				q.Before = page[0].Place()
			}
		}
	},
	"since a time, the oldest first": func(f *fixture) {
		rows := f.unusual()
		got, err := f.FindingsSince(f.Context(), noon+7*minute, 2)
		f.check(err)
		f.equal([]store.FindingRow{rows[2], rows[1]}, got)
	},
	"pruning takes findings of orders before, and no baselines": func(f *fixture) {
		rows := f.unusual()
		c := store.NewChanges()
		c.Baselines[store.BaselineKey{Category: "Books"}] = &store.Baseline{From: 1}
		f.commit(commit{Task: shopping(0), Epoch: f.claim(shopping(0)).Epoch, Changes: c})
		n, err := f.PruneFindings(f.Context(), noon+9*minute)
		f.check(err)
		f.equal(int64(9), n)
		got := f.tables("")
		f.equal(map[store.FindingKey]store.Finding{rows[0].Key: rows[0].Finding}, got.Findings)
		f.equal(1, len(got.Baselines))
	},
}
