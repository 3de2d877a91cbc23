package mongodb_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"globalmart/internal/batch"
	"globalmart/internal/batch/batchtest"
	"globalmart/internal/event"
	"globalmart/internal/lake"
	"globalmart/internal/store"
	"globalmart/internal/testenv"
	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/cached"
	"globalmart/internal/warehouse/mongodb"
	"globalmart/internal/warehouse/parquet"
	"globalmart/internal/warehouse/warehousetest"
)

// TestAnswersAreThoseOfTheFiles asks both adapters every question about runs of the jobs
// over some days of orders, the second of which changes a part of the first.
func TestAnswersAreThoseOfTheFiles(t *testing.T) {
	shop := batchtest.NewShop(t)
	url := testenv.MongoDB(t)
	w := connect(t, url)
	of := mongodb.NewReader(w)
	shop.Mirrors = []warehouse.Mirror{mirrorOf(t, w, shop.Warehouse, time.Now)}
	files, err := parquet.NewReader(t.Context(), shop.Warehouse)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Close() })
	r := rand.New(rand.NewPCG(5, 6))
	for _, day := range []string{"2026-02-20", "2026-02-28", "2026-03-01"} {
		shop.History(lake.SourceHistory, day, warehousetest.Orders(r, day, 50)...)
	}
	shop.Run("2026-03-02", batch.Jobs()...)
	shop.Log(warehousetest.Orders(r, "2026-03-02", 50)...)
	shop.Run("2026-03-03", batch.Jobs()...)
	for name, ask := range questions() {
		want, err := ask(t.Context(), files)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := ask(t.Context(), of)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-12, 0), cmpopts.EquateApproxTime(time.Millisecond)); diff != "" {
			t.Errorf("%s (-files +MongoDB):\n%s", name, diff)
		}
	}
	_, database, _ := strings.Cut(w.Address(), "/")
	checkDocumented(t, url, database)
}

type asked func(context.Context, cached.Source) (any, error)

// questions are all of them, with every filter and order.
func questions() map[string]asked {
	page := warehouse.Page{Skip: 1, Limit: 7}
	days := warehouse.DaysQuery{From: "2026-02-21", To: "2026-03-02"}
	german := days
	german.Country = "DE"
	all := map[string]asked{
		"state":      func(ctx context.Context, r cached.Source) (any, error) { return r.State(ctx) },
		"segments":   func(ctx context.Context, r cached.Source) (any, error) { return r.Segments(ctx, "") },
		"before":     func(ctx context.Context, r cached.Source) (any, error) { return r.Segments(ctx, "run-0001") },
		"categories": func(ctx context.Context, r cached.Source) (any, error) { return r.Categories(ctx, "") },
		"countries":  func(ctx context.Context, r cached.Source) (any, error) { return r.Countries(ctx, "") },
		"cells":      func(ctx context.Context, r cached.Source) (any, error) { return r.RFMCells(ctx, "") },
		"worth": func(ctx context.Context, r cached.Source) (any, error) {
			return r.Worth(ctx, warehouse.WorthQuery{Bounds: []event.Minor{-1 << 53, 0, 1000, 2000, 5000, 10_000}})
		},
		"worth of some": func(ctx context.Context, r cached.Source) (any, error) {
			return r.Worth(ctx, warehouse.WorthQuery{Bounds: []event.Minor{3000, 4000}, Segment: "Champions", Country: "DE"})
		},
		"cohorts": func(ctx context.Context, r cached.Source) (any, error) {
			return r.Cohorts(ctx, warehouse.CohortQuery{To: "2026-03-01"})
		},
		"moves": func(ctx context.Context, r cached.Source) (any, error) {
			return r.Migration(ctx, warehouse.MigrationQuery{Days: 1})
		},
		"moves between days": func(ctx context.Context, r cached.Source) (any, error) {
			return r.Migration(ctx, warehouse.MigrationQuery{From: "2026-03-02", To: "2026-03-03"})
		},
		"prices":   func(ctx context.Context, r cached.Source) (any, error) { return r.PriceHistory(ctx, "", "Toys1") },
		"payments": func(ctx context.Context, r cached.Source) (any, error) { return r.Payments(ctx, german) },
		"sessions": func(ctx context.Context, r cached.Source) (any, error) { return r.SessionDays(ctx, days) },
		"buyers":   func(ctx context.Context, r cached.Source) (any, error) { return r.Buyers(ctx, german) },
		"no buyers": func(ctx context.Context, r cached.Source) (any, error) {
			return r.Buyers(ctx, warehouse.DaysQuery{From: "2026-02-21", Country: "XX"})
		},
		"pareto": func(ctx context.Context, r cached.Source) (any, error) {
			return r.Pareto(ctx, warehouse.ParetoQuery{Days: 30})
		},
	}
	for _, by := range []string{"", "DE"} {
		for _, granularity := range []string{"day", "week", "month"} {
			all["trend "+granularity+by] = func(ctx context.Context, r cached.Source) (any, error) {
				return r.Trend(ctx, warehouse.TrendQuery{Page: page, Granularity: granularity, Country: by, From: "2026-02-21"})
			}
		}
		for _, segment := range []string{"", "Champions", "Lost"} {
			all["customers "+by+segment] = func(ctx context.Context, r cached.Source) (any, error) {
				return r.Customers(ctx, warehouse.CustomerQuery{Page: page, Country: by, Segment: segment})
			}
		}
	}
	all["a customer"] = func(ctx context.Context, r cached.Source) (any, error) {
		return r.Customers(ctx, warehouse.CustomerQuery{Page: warehouse.Page{Limit: 1}, UserID: "u-7"})
	}
	all["a product"] = func(ctx context.Context, r cached.Source) (any, error) {
		return r.Products(ctx, warehouse.ProductQuery{Page: warehouse.Page{Limit: 9}, ProductID: "Toys3", Sort: warehouse.ByRevenue})
	}
	for _, category := range []string{"", "Toys"} {
		for _, sort := range []warehouse.ProductSort{
			warehouse.ByRevenue, warehouse.ByUnits, warehouse.ByOrders, warehouse.ByViews, warehouse.ByConversion, warehouse.ByReturnRate, warehouse.ByMargin, warehouse.ByRankChange,
		} {
			all["products "+category+string(sort)] = func(ctx context.Context, r cached.Source) (any, error) {
				return r.Products(ctx, warehouse.ProductQuery{Page: page, Days: 30, Category: category, Sort: sort})
			}
		}
		from, to := event.TimeOf(time.Date(2026, 2, 28, 5, 0, 0, 0, time.UTC)), event.TimeOf(time.Date(2026, 3, 2, 17, 0, 0, 0, time.UTC))
		for _, split := range []store.Split{store.ByCountry, store.ByCategory} {
			all["days "+category+string(split)] = func(ctx context.Context, r cached.Source) (any, error) {
				return r.SalesDaysSplit(ctx, warehouse.SalesDaysQuery{From: "2026-02-21", To: "2026-03-02", Category: category}, split)
			}
			all["time "+category+string(split)] = func(ctx context.Context, r cached.Source) (any, error) {
				return r.SalesSplit(ctx, warehouse.SalesQuery{From: from, To: to, Category: category}, split)
			}
		}
	}
	for _, sort := range []warehouse.PairSort{warehouse.PairsByLift, warehouse.PairsByOrders, warehouse.PairsBySupport} {
		for _, product := range []string{"", "Toys3"} {
			all["pairs "+string(sort)+product] = func(ctx context.Context, r cached.Source) (any, error) {
				return r.Pairs(ctx, warehouse.PairQuery{Page: warehouse.Page{Limit: 9}, Sort: sort, ProductID: product})
			}
		}
	}
	return all
}
