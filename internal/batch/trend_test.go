package batch_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/batch"
	"globalmart/internal/batch/batchtest"
)

// sale is a category's day in a country, by one customer.
type sale struct {
	date              batch.Date
	country, category string
	customer, net     int
}

// trendLab is a lab with the days of three years.
func trendLab(t *testing.T) *batchtest.Lab {
	lab := batchtest.Open(t)
	lab.Put("dim_date", `select cast(d as date), 0, 0, 0, 0, month_start(d), null, week_start(d), 0, 0, 0
		from range(date '2024-01-01', date '2027-01-01', interval 1 day) t(d)`)
	return lab
}

// buildTrends makes mart_trend of the sales as of a date.
func buildTrends(lab *batchtest.Lab, sales []sale, date batch.Date) {
	rows := []string{"('2000-01-01', '', '', 0, 0)"}
	for _, s := range sales {
		rows = append(rows, fmt.Sprintf("('%s', '%s', '%s', %d, %d)", s.date, s.country, s.category, s.customer, s.net))
	}
	lab.Do("create or replace temp table sale as select cast(d as date) as event_date, country, category, customer, net from (values " + strings.Join(rows, ", ") +
		") v(d, country, category, customer, net) where customer > 0")
	lab.Put("fact_category_day", `select event_date, country, category, count(*), 2 * count(*), sum(net), 5, 0, 0 from sale group by all`)
	lab.Put("fact_sales_day", `select event_date, country, count(*), 2 * count(*), sum(net), 7, 0, 0, 0, 0, 0 from sale group by all`)
	lab.Put("fact_customer_day", `select event_date, customer, country, count(*), 2 * count(*), sum(net), 0 from sale group by all`)
	buyers, _ := batch.Find("trend_buyers")
	lab.Do("create or replace temp table every_month as select * from trend_buyers where false")
	months := map[batch.Date]bool{}
	for _, s := range sales {
		months[s.date.Month()] = true
	}
	for month := range months {
		lab.BuildFile(buyers.Name, buyers.SQL, batch.Params{"from": month, "to": month.NextMonth(), "as_of": date})
		lab.Do("insert into every_month from trend_buyers")
	}
	lab.Put(buyers.Name, "select * from every_month")
	lab.Build("mart_trend", date)
}

// period is a day, ISO week or month.
type period struct{ begins, ends time.Time }

func periodOf(granularity string, date batch.Date) period {
	day, err := time.Parse(time.DateOnly, string(date))
	if err != nil {
		panic(err)
	}
	switch granularity {
	case "week":
		day = day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
		return period{day, day.AddDate(0, 0, 7)}
	case "month":
		day = day.AddDate(0, 0, 1-day.Day())
		return period{day, day.AddDate(0, 1, 0)}
	}
	return period{day, day.AddDate(0, 0, 1)}
}

// back returns the period n before p.
func (p period) back(granularity string, n int) period {
	switch granularity {
	case "week":
		return period{p.begins.AddDate(0, 0, -7*n), p.ends.AddDate(0, 0, -7*n)}
	case "month":
		return period{p.begins.AddDate(0, -n, 0), p.ends.AddDate(0, -n, 0)}
	}
	return period{p.begins.AddDate(0, 0, -n), p.ends.AddDate(0, 0, -n)}
}

// modelTrend is the definition of one row of mart_trend, reckoned from the sales.
func modelTrend(sales []sale, asOf batch.Date, granularity, country, category string, p period) string {
	first := slices.MinFunc(sales, func(a, b sale) int { return strings.Compare(string(a.date), string(b.date)) }).date
	begin, end := periodOf("day", first).begins, periodOf("day", asOf).begins
	since := time.Time{} // of the series
	sum := func(p period) (net int, buyers map[int]bool) {
		buyers = map[int]bool{}
		for _, s := range sales {
			day := periodOf("day", s.date).begins
			if country != "" && s.country != country || category != "" && s.category != category {
				continue
			}
			if own := periodOf(granularity, s.date).begins; since.IsZero() || own.Before(since) {
				since = own
			}
			if !day.Before(p.begins) && day.Before(p.ends) {
				net += s.net
				buyers[s.customer] = true
			}
		}
		return net, buyers
	}
	complete := func(p period) bool { return !p.begins.Before(begin) && !p.ends.After(end) }
	net, buyers := sum(p)
	other := func(n int) (value, change any) {
		q := p.back(granularity, n)
		if q.begins.Before(since) {
			return nil, nil
		}
		then, _ := sum(q)
		if complete(p) && complete(q) && then != 0 {
			change = float64(net)/float64(then) - 1
		}
		return then, change
	}
	prev, change := other(1)
	ago, yearChange := other(map[string]int{"day": 364, "week": 52, "month": 12}[granularity])
	size, total := map[string]int{"day": 7, "week": 4, "month": 3}[granularity], 0
	var average any
	for n := range size {
		q := p.back(granularity, n)
		if q.begins.Before(since) || !complete(q) {
			break
		}
		then, _ := sum(q)
		if total += then; n == size-1 {
			average = int(math.Floor(float64(total)/float64(size) + 0.5))
		}
	}
	var of any
	if category == "" {
		of = len(buyers)
	}
	return fmt.Sprintln(net, of, prev, change, ago, yearChange, average, map[bool]int{true: 1}[complete(p)])
}

func TestTrendsAgreeWithTheirDefinition(t *testing.T) {
	lab := trendLab(t)
	one := rapid.Custom(func(t *rapid.T) sale {
		return sale{
			date:    batch.Date("2025-01-28").Add(rapid.IntRange(0, 420).Draw(t, "day")),
			country: rapid.SampledFrom([]string{"DE", "FR"}).Draw(t, "country"), category: rapid.SampledFrom([]string{"Books", "Toys"}).Draw(t, "category"),
			customer: rapid.IntRange(1, 3).Draw(t, "customer"), net: rapid.IntRange(-2, 9).Draw(t, "net"),
		}
	})
	checkSome(t, 30, func(t *rapid.T) {
		sales := rapid.SliceOfN(one, 1, 15).Draw(t, "sales")
		date := batch.Date("2025-12-28").Add(rapid.IntRange(0, 60).Draw(t, "as of"))
		buildTrends(lab, sales, date)
		rows := lab.Rows(`select granularity, bucket, country, category, net_minor, buyers, prev_net_minor, change, year_ago_net_minor, year_change,
			moving_avg_minor, is_complete from mart_trend where granularity <> 'day' or hash(bucket) % 10 = 0`)
		for _, row := range rows {
			p := periodOf(row[0].(string), batch.Date(row[1].(string)))
			want := modelTrend(sales, date, row[0].(string), row[2].(string), row[3].(string), p)
			if diff := cmp.Diff(want, fmt.Sprintln(row[4:]...)); diff != "" {
				t.Fatalf("%v: %s", row[:4], diff)
			}
		}
	})
}

func TestATrendHasEveryPeriodSinceTheFirstSale(t *testing.T) {
	lab := trendLab(t)
	buildTrends(lab, []sale{{"2025-12-30", "DE", "Books", 1, 100}, {"2026-01-06", "FR", "Toys", 1, 40}, {"2026-01-09", "DE", "Books", 2, -10}}, "2026-01-12")
	weeks := "select bucket, net_minor, refund_minor, orders, units, buyers, prev_net_minor, change, moving_avg_minor, is_complete from mart_trend where granularity = 'week' and country = '' and category = '' order by bucket"
	// 2025-12-29 begins before the facts do.
	want := "2025-12-29 100 7 1 2 1 <nil> <nil> <nil> 0\n2026-01-05 30 14 2 4 2 100 <nil> <nil> 1\n"
	if diff := cmp.Diff(want, lab.Text(weeks)); diff != "" {
		t.Error(diff)
	}
	for _, test := range []struct{ where, want string }{
		{"granularity = 'day' and country = '' and category = ''", "13 2025-12-30 2026-01-11\n"},
		{"granularity = 'day' and country = 'FR' and category = 'Toys'", "6 2026-01-06 2026-01-11\n"},
		{"granularity = 'month' and country = 'DE' and category = 'Books'", "2 2025-12-01 2026-01-01\n"},
		{"granularity = 'week' and country = '' and category = 'Toys'", "1 2026-01-05 2026-01-05\n"},
	} {
		if diff := cmp.Diff(test.want, lab.Text("select count(*), min(bucket), max(bucket) from mart_trend where "+test.where)); diff != "" {
			t.Errorf("%s: %s", test.where, diff)
		}
	}
}
