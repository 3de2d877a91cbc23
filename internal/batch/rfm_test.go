package batch_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/batch"
	"globalmart/internal/batch/batchtest"
	"globalmart/internal/rules"
)

const asOf batch.Date = "2026-02-01"

// buildSegments makes the segments of the built-in rules.
func buildSegments(lab *batchtest.Lab) {
	lab.BuildFile("dim_segment", "40_dim_segment.sql", batch.Params{"segments": rules.Default().RFM.Segments.Cells()})
}

// buildRFM makes mart_rfm of the customers' days.
func buildRFM(lab *batchtest.Lab, days string) {
	lab.Put("fact_customer_day", days)
	for _, table := range []string{"customer_base", "rfm_thresholds", "mart_rfm"} {
		lab.Build(table, asOf)
	}
}

const scores = "select customer_key, recency_days, frequency, monetary_minor, r, f, m, segment from mart_rfm order by customer_key"

func TestScoresAndSegments(t *testing.T) {
	lab := batchtest.Open(t)
	buildSegments(lab)
	tests := map[string]struct{ days, want string }{
		"a customer alone is new": {
			`('2026-01-31', 7, 'DE', 3, 3, 500, 0)`,
			"7 1 3 500 5 1 1 New Customers\n",
		},
		"equal customers have equal scores": {
			`('2026-01-05', 1, 'DE', 1, 1, 100, 0), ('2026-01-05', 2, 'FR', 1, 9, 100, 50), ('2026-01-05', 3, 'DE', 1, 1, 100, 0)`,
			"1 27 1 100 5 1 1 New Customers\n2 27 1 100 5 1 1 New Customers\n3 27 1 100 5 1 1 New Customers\n",
		},
		"five customers are five scores, and the better the higher": {
			`('2026-01-01', 1, 'DE', 1, 1, 100, 0), ('2026-01-02', 2, 'DE', 2, 1, 200, 0), ('2026-01-03', 3, 'DE', 3, 1, 300, 0),
			('2026-01-04', 4, 'DE', 4, 1, 400, 0), ('2026-01-05', 5, 'DE', 5, 1, 500, 0)`,
			"1 31 1 100 1 1 1 Lost\n2 30 2 200 2 2 2 Hibernating\n3 29 3 300 3 3 3 Need Attention\n" +
				"4 28 4 400 4 4 4 Loyal Customers\n5 27 5 500 5 5 5 Champions\n",
		},
		"refunds beyond purchases are the least money, not none": {
			`('2026-01-05', 1, 'DE', 1, 1, 100, 0), ('2026-01-06', 1, 'DE', 0, -1, -900, 900), ('2026-01-05', 2, 'DE', 1, 1, 0, 0)`,
			"1 27 1 -800 5 1 1 New Customers\n2 27 1 0 5 1 3 Potential Loyalists\n",
		},
		"a refund makes nobody recent": {
			`('2026-01-05', 1, 'DE', 1, 1, 100, 0), ('2026-01-31', 1, 'DE', 0, -1, -10, 10)`,
			"1 27 1 90 5 1 1 New Customers\n",
		},
		"without a completed order in the window there is no segment": {
			`('2026-01-05', 1, 'DE', 0, -1, -100, 100), ('2025-01-31', 2, 'DE', 5, 5, 500, 0), ('2026-02-01', 3, 'DE', 1, 1, 100, 0),
			('2025-02-01', 4, 'DE', 1, 1, 100, 0)`,
			"4 365 1 100 5 1 1 New Customers\n",
		},
		"nobody": {`('2026-01-05', 1, 'DE', 0, -1, -100, 100)`, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			buildRFM(lab, test.days)
			if diff := cmp.Diff(test.want, lab.Text(scores)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestEveryCellHasTheSegmentOfTheRules puts a customer into each of the 125 cells, by
// thresholds that are given.
func TestEveryCellHasTheSegmentOfTheRules(t *testing.T) {
	lab := batchtest.Open(t)
	buildSegments(lab)
	lab.Put("rfm_thresholds", `(125, '2026-01-04', '2026-01-03', '2026-01-02', '2026-01-01', 2, 3, 4, 5, 20, 30, 40, 50, 0, 0, 0)`)
	lab.Put("customer_base", `select 100 * r + 10 * f + m, date '2025-12-31' + cast(r as int), 1, f, 10 * m
		from range(1, 6) a(r), range(1, 6) b(f), range(1, 6) c(m)`)
	lab.Build("mart_rfm", asOf)
	var want strings.Builder
	for r := 1; r <= 5; r++ {
		for f := 1; f <= 5; f++ {
			for m := 1; m <= 5; m++ {
				fmt.Fprintln(&want, 100*r+10*f+m, r, f, m, (f+m)/2, rules.Default().RFM.Segments.Of(r, f, m))
			}
		}
	}
	if diff := cmp.Diff(want.String(), lab.Text("select customer_key, r, f, m, fm, segment from mart_rfm order by customer_key")); diff != "" {
		t.Error(diff)
	}
}

// customerDay is a row of fact_customer_day; day counts back from the as-of date.
type customerDay struct {
	day, customer, orders, net int
	country                    string
}

// values are rows as those of a table. There is at least one: it is before any window.
func values(rows []customerDay) string {
	all := []string{"('2001-01-01', 0, 'XX', 1, 1, 1, 0)"}
	for _, d := range rows {
		all = append(all, fmt.Sprintf("('%s', %d, '%s', %d, 1, %d, 0)", asOf.Add(-d.day), d.customer, d.country, d.orders, d.net))
	}
	return strings.Join(all, ", ")
}

// customerDays draws rows, one for each day, customer and country at most, few enough
// values to tie.
func customerDays(t *rapid.T, label string) []customerDay {
	day := rapid.Custom(func(t *rapid.T) customerDay {
		return customerDay{
			day: rapid.IntRange(-1, 8).Draw(t, "day") * 46, customer: rapid.IntRange(1, 12).Draw(t, "customer"),
			orders: rapid.IntRange(0, 3).Draw(t, "orders"), net: rapid.SampledFrom([]int{-5000, -1, 0, 1, 4095, 4096, 4097, 9000, 1 << 50}).Draw(t, "net"),
			country: rapid.SampledFrom([]string{"DE", "FR"}).Draw(t, "country"),
		}
	})
	return rapid.SliceOfNDistinct(day, 0, 40, func(d customerDay) string { return fmt.Sprint(d.day, d.customer, d.country) }).Draw(t, label)
}

// modelRFM is the definition, counted for each customer among all: a line of scores,
// and the customers who have equals on both sides of a fifth's border, by measure.
func modelRFM(rows []customerDay) (text string, tied [3]int) {
	type customer struct{ key, recency, orders, net int }
	byKey := map[int]*customer{}
	for _, d := range rows {
		if d.day < 1 || d.day > 365 {
			continue
		}
		c := byKey[d.customer]
		if c == nil {
			c = &customer{key: d.customer, recency: 1 << 30}
			byKey[d.customer] = c
		}
		c.orders += d.orders
		c.net += d.net
		if d.orders > 0 {
			c.recency = min(c.recency, d.day)
		}
	}
	var all []*customer
	for _, c := range byKey {
		if c.orders > 0 {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b *customer) int { return a.key - b.key })
	measures := []func(c *customer) int{func(c *customer) int { return -c.recency }, func(c *customer) int { return c.orders }, func(c *customer) int { return c.net }}
	for _, c := range all {
		score := [3]int{}
		for i, of := range measures {
			lower, equal, higher := 0, 0, 0
			for _, other := range all {
				switch v, w := of(other), of(c); {
				case v < w:
					lower++
				case v == w:
					equal++
				default:
					higher++
				}
			}
			score[i] = 1 + 5*lower/len(all)
			if i == 0 {
				score[i] = 5 - 5*higher/len(all)
			}
			from := lower // of the customers before the group, best last
			if i == 0 {
				from = higher
			}
			for k := 1; k <= 4; k++ {
				if 5*from < k*len(all) && k*len(all) < 5*(from+equal) {
					tied[i]++
					break
				}
			}
		}
		text += fmt.Sprintln(c.key, c.recency, c.orders, c.net, score[0], score[1], score[2], rules.Default().RFM.Segments.Of(score[0], score[1], score[2]))
	}
	return text, tied
}

func TestScoresAgreeWithTheirDefinition(t *testing.T) {
	lab := batchtest.Open(t)
	buildSegments(lab)
	rapid.Check(t, func(t *rapid.T) {
		rows := customerDays(t, "days")
		buildRFM(lab, values(rows))
		want, tied := modelRFM(rows)
		if diff := cmp.Diff(want, lab.Text(scores)); diff != "" {
			t.Fatal(diff)
		}
		shares := "select customers, round(r_tie_share * customers), round(f_tie_share * customers), round(m_tie_share * customers) from rfm_thresholds"
		if n := strings.Count(want, "\n"); n > 0 {
			if diff := cmp.Diff(fmt.Sprintln(n, tied[0], tied[1], tied[2]), lab.Text(shares)); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

func TestTheOrderOfRowsDecidesNothing(t *testing.T) {
	lab := batchtest.Open(t)
	buildSegments(lab)
	random := rand.New(rand.NewPCG(1, 2))
	rows := make([]customerDay, 3000)
	for i := range rows {
		rows[i] = customerDay{day: i%400 + 1, customer: random.IntN(500), orders: random.IntN(3), net: random.IntN(40) * 1000, country: "DE"}
	}
	const all = "select * from mart_rfm"
	buildRFM(lab, values(rows))
	want := lab.Text(all) + lab.Text("select * from rfm_thresholds")
	for range 5 {
		random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		buildRFM(lab, values(rows))
		if diff := cmp.Diff(want, lab.Text(all)+lab.Text("select * from rfm_thresholds")); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestScoresAndSegmentsAddUp(t *testing.T) {
	lab := batchtest.Open(t)
	buildSegments(lab)
	lab.Do("insert into dim_customer (customer_key, user_id, country) values (1, 'one', 'DE')")
	buildRFM(lab, `('2026-01-01', 1, 'DE', 1, 1, 100, 0), ('2026-01-01', 2, 'DE', 1, 1, 200, 0), ('2026-01-01', 3, 'DE', 1, 1, 300, 0),
		('2026-01-01', 4, 'DE', 1, 1, 401, 0), ('2026-01-31', 5, 'DE', 9, 9, 1000, 0)`)
	lab.Build("mart_rfm_score", asOf)
	lab.Build("mart_segment", asOf)
	// Four of five have equal dates and orders: only scores 1 and 5 of f, and 4 and 5 of r, can be.
	for _, test := range []struct{ what, query, want string }{
		{
			"scores", "select measure, score, customers, customer_share, lowest, highest from mart_rfm_score where customers > 0 order by 1, 2",
			"f 1 4 0.8 1 1\nf 5 1 0.2 9 9\nm 1 1 0.2 100 100\nm 2 1 0.2 200 200\nm 3 1 0.2 300 300\nm 4 1 0.2 401 401\nm 5 1 0.2 1000 1000\nr 4 4 0.8 31 31\nr 5 1 0.2 1 1\n",
		},
		{"scores without a customer", "select count(*), count(lowest) from mart_rfm_score where customers = 0", "6 0\n"},
		{"ties", "select r_tie_share, f_tie_share, m_tie_share from rfm_thresholds", "0.8 0.8 0\n"},
		{
			"segments", "select * exclude (position) from mart_segment where customers > 0 order by 1",
			"Champions 1 0.2 1000 " + fmt.Sprint(1000.0/2001) + " 1 9 1000\n" +
				"Potential Loyalists 2 0.4 701 " + fmt.Sprint(701.0/2001) + " 31 1 351\n" +
				"Promising 2 0.4 300 " + fmt.Sprint(300.0/2001) + " 31 1 150\n",
		},
		{"segments without a customer", "select count(*), sum(net_minor)::int, count(avg_frequency) from mart_segment where customers = 0", "8 0 0\n"},
		{"the best segment first", "select segment from mart_segment order by position", "Champions\nLoyal Customers\nPotential Loyalists\nNew Customers\nPromising\n" +
			"Need Attention\nAbout To Sleep\nAt Risk\nCan't Lose Them\nHibernating\nLost\n"},
		{"names of customers", "select user_id, country from mart_rfm where customer_key <= 2 order by customer_key", "one DE\n<nil> <nil>\n"},
		{"the order for serving", "select string_agg(customer_key, ' ') from mart_rfm", "5 4 3 2 1\n"},
	} {
		if diff := cmp.Diff(test.want, lab.Text(test.query)); diff != "" {
			t.Errorf("%s: %s", test.what, diff)
		}
	}
}

func TestSegmentsOfAShopsOwnComeAfterTheKnownOnes(t *testing.T) {
	lab := batchtest.Open(t)
	own := rules.Default().RFM.Segments
	own.R5 = [rules.Scores]string{"Fresh", "Fresh", "Best", "Best", "Best"}
	own.R2 = [rules.Scores]string{"Cold", "Cold", "Cold", "Cold", "Cold"}
	lab.BuildFile("dim_segment", "40_dim_segment.sql", batch.Params{"segments": own.Cells()})
	got := lab.Text("select segment from dim_segment group by segment, position order by position")
	want := "Loyal Customers\nPotential Loyalists\nPromising\nNeed Attention\nAbout To Sleep\nAt Risk\nCan't Lose Them\nHibernating\nLost\nBest\nFresh\nCold\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
