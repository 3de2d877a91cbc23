package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/warehouse"
)

type productPerformanceInput struct {
	Page
	Category string `query:"category" minLength:"1" maxLength:"256" example:"Electronics" doc:"Exact name. Absent: all."`
	SortBy   string `query:"sort_by" default:"total_revenue" enum:"total_revenue,units_sold,orders,views,conversion_rate,return_rate,margin,rank_change" doc:"The highest first; what is not known comes last."`
	Period   string `query:"period" default:"30d" enum:"7d,30d,90d,365d" doc:"Days before the as-of date that count."`
}

// periods are the days of each period.
var periods = map[string]int{"7d": 7, "30d": 30, "90d": 90, "365d": 365}

// ProductPerformance is how a product did.
type ProductPerformance struct {
	ProductID         string       `json:"product_id"`
	Name              *string      `json:"name" doc:"null if it is not in the catalogue."`
	Brand             *string      `json:"brand"`
	Category          *string      `json:"category"`
	TotalRevenueMinor event.Minor  `json:"total_revenue_minor" doc:"Net of refunds."`
	UnitsSold         int64        `json:"units_sold" doc:"Net of returns."`
	Orders            int64        `json:"orders"`
	Views             int64        `json:"views"`
	ConversionRate    *float64     `json:"conversion_rate" doc:"Orders per view; null without views."`
	ReturnedUnits     int64        `json:"returned_units"`
	ReturnRate        *float64     `json:"return_rate" doc:"Of the units that were sold; null if there are none."`
	MarginMinor       *event.Minor `json:"margin_minor" doc:"Revenue less cost; null where a cost is not known."`
	MarginRate        *float64     `json:"margin_rate"`
	RevenueRank       int64        `json:"revenue_rank" doc:"1 is the highest revenue of all; equal revenues share a rank."`
	RankInCategory    int64        `json:"rank_in_category"`
	PreviousRank      *int64       `json:"previous_rank" doc:"In the period of the same length before; null if it sold nothing then, or the facts do not reach back."`
	RankChange        *int64       `json:"rank_change" doc:"Ranks that it rose by since."`
	ABC               string       `json:"abc" enum:"A,B,C" doc:"A: the best products that make up 80 % of revenue, B: the next up to 95 %, C: the rest."`
}

// ProductList are products, the best first.
type ProductList struct {
	AsOf       string               `json:"as_of_date" format:"date" doc:"The days before it count."`
	PeriodDays int                  `json:"period_days"`
	Products   []ProductPerformance `json:"products" nullable:"false"`
	NextCursor *string              `json:"next_cursor" doc:"For the next page; null on the last."`
}

func (a *API) addProductPerformance() {
	op := huma.Operation{
		OperationID: "product-performance", Path: "/api/v1/products/performance", Tags: []string{"products"},
		Summary:     "How products did, the best first",
		Description: "Revenue, units, views, conversion, returns, margin, rank and ABC class of every product with a view or a sale in the period.",
	}
	name, brand, category := "Pocket atlas", "Meridian", "Books"
	rate, returned, margin, marginRate, previous, rose := 0.031, 0.02, event.Minor(93_120), 0.41, int64(14), int64(3)
	answerFrom(a, op, sourceWarehouse, ProductList{AsOf: exampleState.AsOf, PeriodDays: 30, Products: []ProductPerformance{{
		ProductID: "P0001234", Name: &name, Brand: &brand, Category: &category, TotalRevenueMinor: 227_122, UnitsSold: 98, Orders: 91, Views: 2_935,
		ConversionRate: &rate, ReturnedUnits: 2, ReturnRate: &returned, MarginMinor: &margin, MarginRate: &marginRate,
		RevenueRank: 11, RankInCategory: 1, PreviousRank: &previous, RankChange: &rose, ABC: "A",
	}}}, a.productPerformance)
}

func (a *API) productPerformance(ctx context.Context, in *productPerformanceInput) (reply[ProductList], error) {
	page, err := in.page()
	if err != nil {
		return reply[ProductList]{}, err
	}
	days := periods[in.Period]
	found, err := a.deps.Warehouse.Products(ctx, warehouse.ProductQuery{Page: page, Days: days, Category: in.Category, Sort: warehouse.ProductSort(in.SortBy)})
	if err != nil {
		return reply[ProductList]{}, warehouseProblem("product performance", err)
	}
	if len(found.Rows) == 0 {
		if err := a.knownCategory(ctx, found.State.Run, in.Category); err != nil {
			return reply[ProductList]{}, err
		}
	}
	out := ProductList{AsOf: found.State.AsOf, PeriodDays: days, Products: make([]ProductPerformance, len(found.Rows)), NextCursor: nextPage(page, found.State, len(found.Rows))}
	for i := range found.Rows {
		out.Products[i] = productPerformance(&found.Rows[i])
	}
	return fromWarehouse(a, found.State, out)
}

func productPerformance(p *warehouse.Product) ProductPerformance {
	return ProductPerformance{
		ProductID: p.ID, Name: p.Name, Brand: p.Brand, Category: p.Category, TotalRevenueMinor: p.NetMinor, UnitsSold: p.Units, Orders: p.Orders, Views: p.Views,
		ConversionRate: rounded(p.ViewToBuy), ReturnedUnits: p.ReturnedUnits, ReturnRate: rounded(p.ReturnRate), MarginMinor: p.MarginMinor, MarginRate: rounded(p.MarginRate),
		RevenueRank: p.RevenueRank, RankInCategory: p.RankInCategory, PreviousRank: p.PreviousRank, RankChange: p.RankChange, ABC: p.ABC,
	}
}
