package verify

import (
	"fmt"
	"hash/maphash"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"globalmart/internal/batch"
	"globalmart/internal/batch/batchtest"
	engine "globalmart/internal/batch/duckdb"
	"globalmart/internal/duckdb"
	"globalmart/internal/event"
	"globalmart/internal/warehouse"
)

// republish publishes a new state of the warehouse, with the partition of a table made
// by a query over its rows.
func republish(t *testing.T, shop *batchtest.Shop, run, table, date, query string) {
	t.Helper()
	change(t, shop, run, func(p warehouse.Publication, m *warehouse.Manifest) {
		old := m.Tables[table].Between(date, date+"~")[0]
		path, err := p.Create(table, date)
		if err != nil {
			t.Fatal(err)
		}
		e, err := engine.Open(t.Context(), duckdb.Config{Memory: 128 << 20, Dirs: []string{shop.Warehouse.Dir}, TempDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		declared, _ := batch.Find(table)
		if err := e.View(t.Context(), "old", batch.View{Columns: declared.Columns, Parts: []batch.Part{{Files: []string{p.Path(old)}}}}); err != nil {
			t.Fatal(err)
		}
		if err := e.Exec(t.Context(), "copy ("+query+") to "+duckdb.Quote(path)+" (format parquet)"); err != nil {
			t.Fatal(err)
		}
		f, err := p.Add(table, date, declared.Columns, nil)
		if err != nil {
			t.Fatal(err)
		}
		changed := m.Tables[table]
		changed.Put(f)
		m.Tables[table] = changed
	})
}

// change publishes a new manifest.
func change(t *testing.T, shop *batchtest.Shop, run string, fn func(warehouse.Publication, *warehouse.Manifest)) {
	t.Helper()
	p, err := shop.Warehouse.Begin(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	next := p.Base().Clone()
	fn(p, &next)
	if err := p.Publish(t.Context(), next); err != nil {
		t.Fatal(err)
	}
}

// pathOf is the file of a partition.
func pathOf(t *testing.T, shop *batchtest.Shop, table, date string) string {
	t.Helper()
	m, err := shop.Warehouse.Current()
	if err != nil {
		t.Fatal(err)
	}
	return shop.Warehouse.Path(m.Tables[table].Between(date, date+"~")[0])
}

func TestDamageOfAWarehouseIsFoundAndNamed(t *testing.T) {
	const day = "2026-05-29"
	p := newPlatform(t)
	dir := p.writeLake(t)
	made := withBatch(t, dir, batch.ETL)
	sql := func(table, query string) func(*testing.T, *batchtest.Shop) {
		return func(t *testing.T, shop *batchtest.Shop) { republish(t, shop, "run-damaged", table, day, query) }
	}
	for name, tt := range map[string]struct {
		damage func(*testing.T, *batchtest.Shop)
		in     string // the check that finds it
		says   string
	}{
		"an amount of a country's day": {
			sql("fact_sales_day", "select * replace (case when country = 'US' then net_minor + 1 else net_minor end as net_minor) from old order by country"),
			equalsLake, `fact_sales_day 2026-05-29 "US": net_minor: want `,
		},
		"the tax of a country's day": {
			sql("fact_sales_day", "select * replace (case when country = 'US' then tax_minor - 1 else tax_minor end as tax_minor) from old order by country"),
			equalsLake, `fact_sales_day 2026-05-29 "US": tax_minor: want `,
		},
		"an amount moved between two categories": {
			sql("fact_category_day", `select * replace (net_minor + case when country = 'DE' and category = 'Books' then 5 when country = 'DE' and category = 'Home & Garden' then -5 else 0 end as net_minor)
				from old order by country, category`),
			equalsLake, `fact_category_day 2026-05-29 "DE" "Home & Garden": net_minor: want `,
		},
		"an order of a product": {
			sql("fact_product_day", "select * replace (case when product_id = 'p2' then orders - 1 else orders end as orders) from old order by product_id"),
			equalsLake, `fact_product_day 2026-05-29 "p2": orders: want `,
		},
		"views of a product": {
			sql("fact_product_day", "select * replace (case when product_id = 'p1' then views + 1 else views end as views) from old order by product_id"),
			equalsLake, `fact_product_day 2026-05-29 "p1": views: want `,
		},
		"a customer's day": {
			sql("fact_customer_day", "select * from old union all select date '2026-05-29', 7, 'DE', 1, 1, 100, 0 order by customer_key, country"),
			equalsLake, `fact_customer_day 2026-05-29 customer_key 7 DE: row: want none, got orders 1, units 1, net_minor 100, refund_minor 0`,
		},
		"an amount of an order line": {
			sql("fact_order_line", "select * replace (case when event_id = 'order-60' and line_no = 1 then net_minor + 1 else net_minor end as net_minor) from old order by ts, lake_source, kpart, koffset, line_no"),
			equalsLake, `line 1: net_minor: want 333, got 334`,
		},
		"amounts swapped between two order lines": {
			sql("fact_order_line", "select * replace (case when event_id = 'order-60' and line_no = 1 then net_minor + 1 when event_id = 'order-61' and line_no = 1 then net_minor - 1 else net_minor end as net_minor) from old order by ts, lake_source, kpart, koffset, line_no"),
			equalsLake, `line 1: net_minor: want 333, got 334`,
		},
		"the visitor of an order line": {
			sql("fact_order_line", "select * replace (case when event_id = 'order-60' then 'another' else visitor_id end as visitor_id) from old order by ts, lake_source, kpart, koffset, line_no"),
			equalsLake, `line 0: other columns: want those of the record, got others`,
		},
		"a row lost": {
			sql("fact_order_line", "select * from old where event_id <> 'order-60' order by ts, lake_source, kpart, koffset, line_no"),
			equalsLake, "line 0: row: want quantity 2, net_minor 1060, ",
		},
		"a duplicate counted": {
			sql("fact_order_line", "select * from old union all select * replace (koffset + 1 as koffset) from old where event_id = 'order-63' order by ts, lake_source, kpart, koffset, line_no"),
			equalsLake, "line 0: row: want none, got quantity 2, net_minor 1063, ",
		},
		"a duplicate that is not told": {
			sql("event_duplicate", "select * from old where topic <> 'transactions' order by all"),
			equalsLake, "event_duplicate 2026-05-29 raw transactions[",
		},
		"a key that is there twice": {
			sql("fact_sales_day", "select * from old union all select * replace (0 as orders, 0 as units, 0 as net_minor, 0 as refund_minor, 0 as tax_minor, 0 as shipping_minor) from old order by country"),
			equalsLake, "rows: want of the day, one for each key, in order, got ",
		},
		"rows of another day": {
			sql("fact_customer_day", "select * replace (date '2026-05-28' as event_date) from (select * from old union all select date '2026-05-28', 7, 'DE', 1, 1, 100, 0)"),
			equalsLake, "got a row of 2026-05-28",
		},
		"a day left out": {
			func(t *testing.T, shop *batchtest.Shop) {
				change(t, shop, "run-damaged", func(_ warehouse.Publication, m *warehouse.Manifest) {
					for name, table := range m.Tables {
						table.Drop(day)
						m.Tables[name] = table
					}
				})
			},
			equalsLake, "fact_order_line 2026-05-29: file: want the rows that follow from the lake, got none",
		},
		"a file that is missing": {
			func(t *testing.T, shop *batchtest.Shop) {
				if err := os.Remove(pathOf(t, shop, "fact_sales_day", day)); err != nil {
					t.Fatal(err)
				}
			},
			itsFiles, "tables/fact_sales_day/date=2026-05-29/run-0001.parquet: file: want there, got none",
		},
		"a file of another size": {
			func(t *testing.T, shop *batchtest.Shop) {
				if err := os.Truncate(pathOf(t, shop, "fact_session", day), 100); err != nil {
					t.Fatal(err)
				}
			},
			itsFiles, "tables/fact_session/date=2026-05-29/run-0001.parquet: bytes: want ",
		},
		"a file with other rows": {
			func(t *testing.T, shop *batchtest.Shop) {
				change(t, shop, "run-damaged", func(_ warehouse.Publication, m *warehouse.Manifest) {
					m.Tables["fact_sales_day"].Files[1].Rows++
				})
			},
			itsFiles, "tables/fact_sales_day/date=2026-05-29/run-0001.parquet: rows: want ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			shop := batchtest.NewShop(t)
			shop.Lake = dir
			if err := os.CopyFS(shop.Warehouse.Dir, os.DirFS(made.Warehouse.Dir)); err != nil {
				t.Fatal(err)
			}
			tt.damage(t, shop)
			v := named(t, run(t, lakeAndWarehouse(shop)), tt.in)
			text := ""
			for _, d := range v.Differences {
				text += d.String() + "\n"
			}
			if v.OK || !strings.Contains(text, tt.says) {
				t.Errorf("%s, found %d:\n%swant one that says %q", v.Name, v.Found, text, tt.says)
			}
		})
	}
}

// TestAByteThatIsWrongIsFoundAndDoesNoHarm changes bytes all over a file.
func TestAByteThatIsWrongIsFoundAndDoesNoHarm(t *testing.T) {
	const day = "2026-05-29"
	shop := withBatch(t, newPlatform(t).writeLake(t), batch.ETL)
	path := pathOf(t, shop, facts[orderLines].name, day)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at, err := dayOf(day)
	if err != nil {
		t.Fatal(err)
	}
	seed := maphash.MakeSeed()
	file := filepath.Join(t.TempDir(), "f.parquet")
	sum := func(content []byte) ([maxMeasures]uint64, error) {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		total := newTotals(seed, nil)
		_, _, err := orderLines.read(file, at, total)
		return total.day(at)[orderLines].sums, err
	}
	want, err := sum(good)
	if err != nil {
		t.Fatal(err)
	}
	found, tried := 0, 0
	for i := 4; i < len(good); i += 1 + len(good)/400 {
		bad := slices.Clone(good)
		bad[i] ^= 0x55
		tried++
		if got, err := sum(bad); err != nil || got != want {
			found++
		}
	}
	t.Logf("%d of %d bytes made a difference, the others are not values", found, tried)
	if found < tried/2 {
		t.Errorf("only %d of %d wrong bytes were found", found, tried)
	}
}

// TestManyDaysThatDifferAreNamed: the rows of the first, the facts of the others.
func TestManyDaysThatDifferAreNamed(t *testing.T) {
	shop := batchtest.NewShop(t)
	var orders []event.Event
	for i := range 5 {
		orders = append(orders, shopOrder(i, noon+event.Time(i)*24*hourMS))
	}
	shop.Log(orders...)
	shop.Run("2026-06-10", batch.ETL)
	for i := range 5 {
		republish(t, shop, fmt.Sprint("run-damaged-", i), "fact_product_day", orders[i].Timestamp.Std().Format(time.DateOnly), "select * replace (units + 1 as units) from old order by product_id")
	}
	v := named(t, run(t, lakeAndWarehouse(shop)), equalsLake)
	rows, days := 0, 0
	for _, d := range v.Differences {
		switch d.Field {
		case "units":
			rows++
		case "rows":
			days++
		}
	}
	if rows != 2*detailed || days != 2 || v.Found != 8 {
		t.Errorf("%d rows and %d days are named, of %d found: %v", rows, days, v.Found, v.Differences)
	}
}
