package app

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"

	"globalmart/internal/batch"
	"globalmart/internal/console"
	"globalmart/internal/datadir"
)

// productFigures are how the list of a category's best products is answered from the
// warehouse, which is asked each time.
type productFigures struct {
	Products  int64       `json:"products"`
	Warehouse string      `json:"warehouse"` // parquet or mongodb
	Question  string      `json:"question"`  // for each of the categories in turn
	One       loadFigures `json:"one_connection"`
	All       loadFigures `json:"all_connections"`
}

// madeCategories are the categories that the made-up products are spread over.
const madeCategories = 100

// firstCategory is the name of the first one.
const firstCategory = "Electronics"

// makeProducts has the job products make its mart of o.Products made-up products, each
// of which was looked at and sold on the last day.
func (a *apiBench) makeProducts(ctx context.Context) error {
	a.env.Say("%s products: writing the warehouse", console.Count(int64(a.o.Products)))
	h := batchHistory{a.bench, BenchBatchOptions{
		DailyOrders: 1, Seed: 1, Warehouse: a.o.Warehouse, Engine: EngineOptions{URL: inProcess, Memory: DefaultEngineMemory},
	}, 0, a.data()}
	if err := h.fill(ctx); err != nil { // a lake, without which no job runs
		return err
	}
	last := batch.DateOf(batchBenchEnd).Add(-1)
	err := h.makeWarehouse(ctx, func(write writeTable) error {
		if err := write("dim_product", "", a.catalogue()); err != nil {
			return err
		}
		return write("fact_product_day", string(last), a.productDay(last))
	})
	if err != nil {
		return err
	}
	_, err = h.run(ctx, string(batch.Products), batchBenchEnd)
	return err
}

// data is the data directory of the API: without live tables, which are elsewhere.
func (a *apiBench) data() datadir.Layout { return datadir.Layout(filepath.Join(a.dir, "data")) }

// madeProduct are the columns that tell products: from their number.
var madeProduct = fmt.Sprintf(`cast(hash(product) >> 4 as bigint) as product_key, 'P' || printf('%%07d', product) as product_id,
	case product %% %d when 0 then '%s' else 'Category ' || product %% %[1]d end as category`, madeCategories, firstCategory)

// catalogue is the query of dim_product.
func (a *apiBench) catalogue() string {
	return fmt.Sprintf(`select product_key, product_id, 'Product ' || product as name, 'Brand ' || product %% 500 as brand, category,
			cast(1000 as bigint) as price_minor, cast(600 as bigint) as cost_minor, true as active,
			timestamp '2025-01-01 00:00:00' as valid_from, cast(null as timestamp) as valid_to, 1 as is_current
		from (select product, %s from range(%d) t(product)) x order by product_id`, madeProduct, a.o.Products)
}

// productDay is the query of fact_product_day for a day: few products sell much.
func (a *apiBench) productDay(date batch.Date) string {
	return fmt.Sprintf(`select date '%s' as event_date, product_id, product_key, category, orders * 30 as views, orders * 3 as cart_adds, cast(orders as int) as orders,
			orders as units, orders * (500 + product_key %% 1000) as net_minor, cast(0 as bigint) as returned_units, cast(0 as bigint) as refund_minor, orders * 600 as cost_minor
		from (select cast(1 + 1000000 // (1 + product_key %% 100000) as bigint) as orders, * from (select product, %s from range(%d) t(product)) y) x order by product_id`,
		date, madeProduct, a.o.Products)
}

// productQuestions are the question of the brief, for every category.
func productQuestions() []string {
	all := []string{productQuestion(firstCategory)}
	for n := 1; n < madeCategories; n++ {
		all = append(all, productQuestion(fmt.Sprintf("Category %d", n)))
	}
	return all
}

func productQuestion(category string) string {
	return "/api/v1/products/performance?category=" + url.QueryEscape(category) + "&sort_by=total_revenue"
}

// measureProducts asks s for the best products of each category: over one connection,
// which waits for nobody, and over all.
func (a *apiBench) measureProducts(ctx context.Context, s *target) (*productFigures, error) {
	f := &productFigures{Products: int64(a.o.Products), Warehouse: "parquet", Question: productQuestion(firstCategory)}
	if a.o.Warehouse != "" {
		f.Warehouse = "mongodb"
	}
	l := load{questions: productQuestions(), connections: 1, time: a.o.Time}
	a.env.Say("products of a category from %s, one connection", f.Warehouse)
	var err error
	if f.One, err = a.measure(ctx, s, l); err != nil {
		return nil, err
	}
	l.connections = a.o.Connections
	a.env.Say("products of a category from %s, %d connections", f.Warehouse, l.connections)
	f.All, err = a.measure(ctx, s, l)
	return f, err
}
