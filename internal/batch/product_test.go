package batch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/batch"
	"globalmart/internal/batch/batchtest"
)

// productDay is a row of fact_product_day; day counts back from the as-of date.
type productDay struct {
	day, product           int
	category               string
	views, orders, net     int
	returned, refund, cost int // cost < 0: not known
}

func (d productDay) value() string {
	cost := "null"
	if d.cost >= 0 {
		cost = fmt.Sprint(d.cost)
	}
	return fmt.Sprintf("('%s', 'P%d', id_key('P%d'), '%s', %d, 0, %d, %d, %d, %d, %d, %s)",
		asOf.Add(-d.day), d.product, d.product, d.category, d.views, d.orders, 2*d.orders-d.returned, d.net, d.returned, d.refund, cost)
}

// productDays draws rows, at most one for each day and product, around the edges of
// the ages.
func productDays(t *rapid.T, label string) []productDay {
	day := rapid.Custom(func(t *rapid.T) productDay {
		return productDay{
			day:     rapid.SampledFrom([]int{-1, 0, 1, 7, 8, 14, 15, 30, 31, 60, 61, 90, 91, 180, 181, 365, 366, 730, 731}).Draw(t, "day"),
			product: rapid.IntRange(1, 6).Draw(t, "product"), category: rapid.SampledFrom([]string{"Books", "Toys"}).Draw(t, "category"),
			views: rapid.IntRange(0, 3).Draw(t, "views"), orders: rapid.IntRange(0, 2).Draw(t, "orders"),
			net: rapid.SampledFrom([]int{-50, 0, 5, 15, 80, 100, 5000, 5100, 90_000}).Draw(t, "net"), returned: rapid.IntRange(0, 1).Draw(t, "returned"),
			cost: rapid.IntRange(-1, 40).Draw(t, "cost"),
		}
	})
	return rapid.SliceOfNDistinct(day, 0, 30, func(d productDay) string { return fmt.Sprint(d.day, " ", d.product) }).Draw(t, label)
}

// productLab is a lab with the views of product_base: the ages of fact_product_day, and
// for the next run those of days_before and fact_product_day, without the days of the table kept.
func productLab(t *testing.T) (*batchtest.Lab, batch.Table) {
	lab := batchtest.Open(t)
	table, there := batch.Find("product_base")
	if !there || len(table.Inputs) != 8 {
		t.Fatal("no product_base of eight ages")
	}
	lab.Do("create temp table slide (days int)")
	lab.Do("create temp table kept (event_date date)")
	lab.PutAs("days_before", "fact_product_day", "select * from fact_product_day")
	unlisted, _ := batch.Find("product_unlisted")
	for _, in := range append(slices.Clone(table.Inputs), unlisted.Inputs[0]) {
		from, to := asOf.Add(-in.Before), asOf.Add(in.After)
		now := fmt.Sprintf("event_date >= date '%s' and event_date < date '%s'", from, to)
		then := fmt.Sprintf("event_date >= date '%s' - days and event_date < date '%s' - days", from, to)
		unkept := fmt.Sprintf("not (%s and %s and event_date in (from kept))", now, then)
		view := in.Name
		if in.As != "" {
			view = in.As
			lab.Do(fmt.Sprintf("create temp view %s as select * from fact_product_day where %s", view, now))
		}
		lab.Do(fmt.Sprintf("create temp view %s_in as select f.* from fact_product_day f, slide where %s and %s", view, now, unkept))
		lab.Do(fmt.Sprintf("create temp view %s_out as select f.* from days_before f, slide where %s and %s", view, then, unkept))
	}
	return lab, table
}

// putDays puts rows under a name of fact_product_day's columns.
func putDays(lab *batchtest.Lab, name string, rows []productDay) {
	all := []string{productDay{day: 9999}.value()} // before every age, for there must be one
	for _, d := range rows {
		all = append(all, d.value())
	}
	lab.PutAs(name, "fact_product_day", strings.Join(all, ", "))
}

func TestTheProductsOfTheNextRunAreThoseFromScratch(t *testing.T) {
	lab, base := productLab(t)
	unlisted, there := batch.Find("product_unlisted")
	if !there {
		t.Fatal("no product_unlisted")
	}
	checkSome(t, 25, func(t *rapid.T) {
		before, after := productDays(t, "before"), productDays(t, "after")
		var kept []string
		for _, d := range before { // days that are now as they were
			if rapid.IntRange(0, 3).Draw(t, "replace") == 0 {
				continue
			}
			same := func(other productDay) bool { return other.day == d.day }
			after = slices.DeleteFunc(after, same)
			for _, b := range before {
				if same(b) {
					after = append(after, b)
				}
			}
			kept = append(kept, fmt.Sprintf("('%s')", asOf.Add(-d.day)))
		}
		slide := rapid.IntRange(-2, 40).Draw(t, "slide")
		lab.Do(fmt.Sprintf("create or replace temp table slide as select %d as days", slide))
		lab.Do("create or replace temp table kept as select cast(x as date) as event_date from (values ('1999-01-01'), " + strings.Join(append(kept, "('1999-01-02')"), ", ") + ") v(x)")

		putDays(lab, "fact_product_day", moved(before, slide)) // the views are those of the as-of date: let the days be earlier instead
		catalogue(t, lab, 2)
		for _, table := range []batch.Table{base, unlisted} {
			lab.Build(table.Name, asOf)
			lab.Do(fmt.Sprintf("create or replace temp table %s_prev as from %[1]s", table.Name))
		}
		putDays(lab, "days_before", before)
		putDays(lab, "fact_product_day", after)
		catalogue(t, lab, 4)
		for _, table := range []batch.Table{base, unlisted} {
			all := fmt.Sprintf("select * from %s order by all", table.Name)
			lab.BuildFile(table.Name, table.Merge, batch.WholeParams(table, asOf))
			got := lab.Text(all)
			lab.Build(table.Name, asOf)
			if diff := cmp.Diff(lab.Text(all), got); diff != "" {
				t.Fatalf("%s: %s", table.Name, diff)
			}
		}
	})
}

// catalogue adds some of the first n products to dim_product, or takes them into it
// anew; not all have a category.
func catalogue(t *rapid.T, lab *batchtest.Lab, n int) {
	if n == 2 {
		lab.Do("delete from dim_product")
	}
	for i := range n {
		category := rapid.SampledFrom([]string{"", "null", "'Games'"}).Draw(t, "listed")
		if category == "" {
			continue
		}
		lab.Do(fmt.Sprintf("update dim_product set is_current = 0 where product_id = 'P%d'", i+1))
		lab.Do(fmt.Sprintf("insert into dim_product (product_key, product_id, category, is_current) values (id_key('P%d'), 'P%[1]d', %s, 1)", i+1, category))
	}
}

// moved are the rows as seen from a date so many days earlier.
func moved(rows []productDay, days int) []productDay {
	all := slices.Clone(rows)
	for i := range all {
		all[i].day -= days
	}
	return all
}

// modelProducts is the definition of a period's figures, counted for each product
// among all.
func modelProducts(rows []productDay, period, firstDay int) string {
	type sums struct {
		key, views, orders, units, net, returned, cost int
		unknown                                        bool
		category                                       string
	}
	of := func(from, to int) []sums { // days from..to before the as-of date
		var all []sums
		for key := range 7 {
			s, moved := sums{key: key}, false
			for _, d := range rows {
				if d.product != key || d.day < from || d.day > to {
					continue
				}
				moved = true
				s.views += d.views
				s.orders += d.orders
				s.units += 2*d.orders - d.returned
				s.net += d.net
				s.returned += d.returned
				s.cost += max(d.cost, 0)
				s.unknown = s.unknown || d.cost < 0 && (d.orders > 0 || d.returned > 0)
			}
			for _, d := range rows { // a product without a record of the catalogue
				if d.product == key && d.day >= 1 && d.day <= 365 {
					s.category = max(s.category, d.category)
				}
			}
			if moved {
				all = append(all, s)
			}
		}
		return all
	}
	better := func(all []sums, net int) (n, revenue int) {
		for _, s := range all {
			if s.net > net {
				n++
				revenue += max(s.net, 0)
			}
		}
		return n, revenue
	}
	now, before := of(1, period), of(period+1, 2*period)
	total := 0
	for _, s := range now {
		total += max(s.net, 0)
	}
	text := ""
	for _, s := range now {
		above, revenue := better(now, s.net)
		inCategory := 1
		for _, other := range now {
			if other.category == s.category && other.net > s.net {
				inCategory++
			}
		}
		abc := "C"
		if 100*revenue < 95*total {
			abc = "B"
		}
		if 100*revenue < 80*total {
			abc = "A"
		}
		var previous, change, cost, margin any
		for _, b := range before {
			if b.key == s.key && b.orders > 0 && firstDay >= 2*period {
				n, _ := better(before, b.net)
				previous, change = n+1, n-above
			}
		}
		if !s.unknown {
			cost, margin = s.cost, s.net-s.cost
		}
		text += fmt.Sprintln(fmt.Sprintf("P%d", s.key), s.category, s.views, s.orders, s.units, s.net, s.returned, cost, margin, above+1, inCategory, previous, change, abc)
	}
	return text
}

func TestProductsAgreeWithTheirDefinition(t *testing.T) {
	lab, table := productLab(t)
	checkSome(t, 50, func(t *rapid.T) {
		rows := productDays(t, "days")
		firstDay := rapid.SampledFrom([]int{14, 60, 730, 731}).Draw(t, "first day")
		putDays(lab, "fact_product_day", rows)
		lab.Build(table.Name, asOf)
		lab.Put("dim_geography", fmt.Sprintf("('DE', '%s', null)", asOf.Add(-firstDay)))
		lab.Build("product_unlisted", asOf)
		lab.Build("mart_product", asOf)
		for _, period := range []int{7, 30, 90, 365} {
			got := lab.Text(fmt.Sprintf(`select product_id, category, views, orders, units, net_minor, returned_units, cost_minor, margin_minor, revenue_rank,
				rank_in_category, previous_rank, rank_change, abc from mart_product where period = %d order by product_id`, period))
			if diff := cmp.Diff(modelProducts(rows, period, firstDay), got); diff != "" {
				t.Fatalf("period %d: %s", period, diff)
			}
		}
	})
}

func TestRatesOfAProduct(t *testing.T) {
	lab, table := productLab(t)
	lab.Do(`insert into dim_product (product_key, product_id, name, brand, category, valid_from, is_current)
		values (id_key('P1'), 'P1', 'Old name', 'Brand', 'Books', '2025-01-01', 0), (id_key('P1'), 'P1', 'Novel', 'Brand', 'Novels', '2025-02-01', 1),
			(id_key('P4'), 'P4', 'Ball', null, 'Dogs', '2025-01-01', 0), (id_key('P4'), 'P4', 'Ball', null, 'Balls', '2025-02-01', 0),
			(id_key('P4'), 'P4', 'Ball', null, null, '2025-03-01', 1), (id_key('P5'), 'P5', 'Box', null, null, '2025-03-01', 1)`)
	lab.Put("dim_geography", "('DE', '2026-01-01', null)")
	putDays(lab, "fact_product_day", []productDay{
		{day: 1, product: 1, category: "Books", views: 8, orders: 2, net: 300, returned: 1, cost: 180},
		{day: 2, product: 2, category: "Toys", net: 0},
		{day: 2, product: 3, category: "Toys", orders: 1, net: 10, cost: -1},
		{day: 2, product: 4, category: "Toys", net: 0},
		{day: 2, product: 5, category: "Toys", net: 40},
	})
	lab.Build(table.Name, asOf)
	lab.Build("product_unlisted", asOf)
	lab.Build("mart_product", asOf)
	want := "P4 Ball <nil> Balls <nil> <nil> <nil>\nP1 Novel Brand Novels 0.25 0.25 0.4\nP5 Box <nil> Toys <nil> <nil> 1\n" +
		"P3 <nil> <nil> Toys 0 <nil> <nil>\nP2 <nil> <nil> Toys <nil> <nil> <nil>\n"
	got := lab.Text("select product_id, name, brand, category, return_rate, view_to_buy, margin_rate from mart_product where period = 7")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("P2\nP3\nP5\n", lab.Text("select product_id from product_unlisted order by 1")); diff != "" {
		t.Errorf("products without a category in the catalogue: %s", diff)
	}
}

func TestAffinity(t *testing.T) {
	lab, table := productLab(t)
	putDays(lab, "fact_product_day", []productDay{
		{day: 30, product: 1, orders: 10}, {day: 1, product: 2, orders: 20}, {day: 1, product: 3, orders: 4}, {day: 31, product: 1, orders: 99},
	})
	lab.Build(table.Name, asOf)
	lab.Put("fact_sales_day", "('2026-01-02', 'DE', 60, 0, 0, 0, 0, 0, 0, 0, 0), ('2026-01-31', 'FR', 40, 0, 0, 0, 0, 0, 0, 0, 0), ('2026-01-01', 'DE', 999, 0, 0, 0, 0, 0, 0, 0, 0)")
	lab.Put("fact_basket_pair", `('2026-01-02', 'P1', 'P2', 2), ('2026-01-31', 'P1', 'P2', 3), ('2026-01-01', 'P1', 'P2', 50), ('2026-02-01', 'P1', 'P2', 50),
		('2026-01-31', 'P2', 'P3', 4)`)
	lab.Build("mart_affinity", asOf)
	const all, want = "select * from mart_affinity", "P1 P2 5 0.05 0.5 0.25 2.5\n"
	if diff := cmp.Diff(want, lab.Text(all)); diff != "" {
		t.Error(diff)
	}

	// An order of 51 products has no pairs. With it among the orders of its day and of its products, nothing changes.
	lab.Do("update fact_sales_day set orders = orders + 1 where event_date = '2026-01-02'")
	lab.Do("update product_base set orders = orders + 1 where product_key in (id_key('P1'), id_key('P2')) and age <= 3")
	lines := func(offset, products, isRefund int) string { // two lines of each product
		return fmt.Sprintf(`select date '2026-01-02', null, 'e', 't', null, null, null, null, id_key('P' || p), 'P' || p, 'c', 'DE', 2 * p - l, %d, 1, 1, 1, 1, 0, 0, null, null, 'raw', null, 0, %d
			from range(1, %d + 1) t(p) cross join range(1, 3) v(l)`, isRefund, offset, products)
	}
	lab.Put("fact_order_line", strings.Join([]string{lines(7, 51, 0), lines(8, 50, 0), lines(9, 60, 1)}, " union all "))
	lab.Build("mart_affinity", asOf)
	if diff := cmp.Diff(want, lab.Text(all)); diff != "" {
		t.Errorf("with a large order: %s", diff)
	}
}

func TestAProductHasTwentyPartnersAtMost(t *testing.T) {
	lab, table := productLab(t)
	var days []productDay
	var pairs []string
	for i := range 31 {
		days = append(days, productDay{day: 1, product: 100 + i, orders: 1000})
		if i > 0 {
			pairs = append(pairs, fmt.Sprintf("('2026-01-31', 'P100', 'P%d', %d)", 100+i, 100+i))
		}
	}
	putDays(lab, "fact_product_day", days)
	lab.Build(table.Name, asOf)
	lab.Put("fact_sales_day", "('2026-01-31', 'DE', 9000, 0, 0, 0, 0, 0, 0, 0, 0)")
	// The weakest partner of P100 has no other: it keeps the pair.
	lab.Put("fact_basket_pair", strings.Join(append(pairs, "('2026-01-31', 'P101', 'P102', 5)"), ", "))
	lab.Build("mart_affinity", asOf)
	if got := lab.Text("select count(*), count(distinct product_b) from mart_affinity"); got != "31 30\n" {
		t.Errorf("got %s, want all 30 pairs of P100 and that of P101: each is among the first 20 of one of its products", got)
	}
}
