package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/warehouse"
)

type paretoInput struct {
	Period string `query:"period" default:"30d" enum:"7d,30d,90d,365d" doc:"Days before the as-of date that count."`
}

// ABCClass is the products of a class together.
type ABCClass struct {
	Class           string      `json:"class" enum:"A,B,C"`
	Products        int64       `json:"products"`
	ProductShare    *float64    `json:"product_share" doc:"Of the products with revenue."`
	NetRevenueMinor event.Minor `json:"net_revenue_minor"`
	RevenueShare    *float64    `json:"revenue_share"`
}

// ParetoPoint is a point of the curve.
type ParetoPoint struct {
	ProductShare *float64 `json:"product_share" doc:"Share of the products, the best ones."`
	RevenueShare *float64 `json:"revenue_share" doc:"What they bring of all revenue."`
}

// Pareto is how revenue is spread over products.
type Pareto struct {
	AsOf            string        `json:"as_of_date" format:"date"`
	PeriodDays      int           `json:"period_days"`
	Products        int64         `json:"products" doc:"With net revenue above 0: only these count here."`
	NetRevenueMinor event.Minor   `json:"net_revenue_minor" doc:"Of these."`
	Classes         []ABCClass    `json:"classes" nullable:"false" doc:"A, B and C."`
	Curve           []ParetoPoint `json:"curve" nullable:"false" doc:"At most 100 points, the best products first; it rises to 1, 1."`
}

func (a *API) addPareto() {
	op := huma.Operation{
		OperationID: "products-pareto", Path: "/api/v1/products/pareto", Tags: []string{"products"},
		Summary:     "ABC classes, and the curve of revenue over products",
		Description: "Which share of the products brings which share of the revenue. A: the best products that make up 80 % of revenue, B: the next up to 95 %, C: the rest.",
	}
	answerFrom(a, op, sourceWarehouse, paretoOf(exampleState.AsOf, 30, []warehouse.ParetoStep{
		{Hundredth: 1, ABC: "A", Products: 4, NetMinor: 81_000}, {Hundredth: 40, ABC: "B", Products: 6, NetMinor: 14_500}, {Hundredth: 100, ABC: "C", Products: 9, NetMinor: 4_500},
	}), a.pareto)
}

func (a *API) pareto(ctx context.Context, in *paretoInput) (reply[Pareto], error) {
	days := periods[in.Period]
	found, err := a.deps.Warehouse.Pareto(ctx, warehouse.ParetoQuery{Days: days})
	if err != nil {
		return reply[Pareto]{}, warehouseProblem("pareto", err)
	}
	return fromWarehouse(a, found.State, paretoOf(found.State.AsOf, days, found.Rows))
}

func paretoOf(asOf string, days int, steps []warehouse.ParetoStep) Pareto {
	out := Pareto{AsOf: asOf, PeriodDays: days, Classes: []ABCClass{{Class: "A"}, {Class: "B"}, {Class: "C"}}, Curve: []ParetoPoint{}}
	for _, s := range steps {
		out.Products += s.Products
		out.NetRevenueMinor += s.NetMinor
		for i := range out.Classes {
			if c := &out.Classes[i]; c.Class == s.ABC {
				c.Products += s.Products
				c.NetRevenueMinor += s.NetMinor
			}
		}
	}
	for i := range out.Classes {
		c := &out.Classes[i]
		c.ProductShare, c.RevenueShare = rounded(ratio(c.Products, out.Products)), rounded(ratio(int64(c.NetRevenueMinor), int64(out.NetRevenueMinor)))
	}
	var products, net int64
	for i, s := range steps {
		products += s.Products
		net += int64(s.NetMinor)
		if i+1 < len(steps) && steps[i+1].Hundredth == s.Hundredth {
			continue // the point is where the hundredth ends
		}
		out.Curve = append(out.Curve, ParetoPoint{rounded(ratio(products, out.Products)), rounded(ratio(net, int64(out.NetRevenueMinor)))})
	}
	return out
}

type affinityInput struct {
	Page
	ProductID string `query:"product_id" maxLength:"100" example:"P0001234" doc:"Only pairs with this product. Absent: all."`
	Sort      string `query:"sort" default:"-lift" enum:"-lift,-orders,-support" doc:"The highest first."`
}

// ProductPair is two products that were bought together.
type ProductPair struct {
	A            string   `json:"product_a"`
	B            string   `json:"product_b"`
	Orders       int64    `json:"orders" doc:"With both."`
	Support      *float64 `json:"support" doc:"Of all orders."`
	ConfidenceAB *float64 `json:"confidence_ab" doc:"Of the orders with a, with b."`
	ConfidenceBA *float64 `json:"confidence_ba" doc:"Of the orders with b, with a."`
	Lift         *float64 `json:"lift" doc:"How many times more often than by chance."`
}

// Affinity are pairs of products.
type Affinity struct {
	AsOf       string        `json:"as_of_date" format:"date" doc:"The 30 days before it count."`
	Pairs      []ProductPair `json:"pairs" nullable:"false"`
	NextCursor *string       `json:"next_cursor" doc:"For the next page; null on the last."`
}

func (a *API) addAffinity() {
	op := huma.Operation{
		OperationID: "products-affinity", Path: "/api/v1/products/affinity", Tags: []string{"products"},
		Summary:     "Products that are bought together",
		Description: "Pairs of at least 5 orders in 30 days, with support, confidence and lift; of each product its 20 most frequent ones. Orders of more than 50 products count nowhere.",
	}
	support, confidence, lift := 0.0004, 0.21, 6.2
	answerFrom(a, op, sourceWarehouse, Affinity{AsOf: exampleState.AsOf, Pairs: []ProductPair{{"P0001234", "P0004711", 41, &support, &confidence, &confidence, &lift}}}, a.affinity)
}

func (a *API) affinity(ctx context.Context, in *affinityInput) (reply[Affinity], error) {
	page, err := in.page()
	if err != nil {
		return reply[Affinity]{}, err
	}
	found, err := a.deps.Warehouse.Pairs(ctx, warehouse.PairQuery{Page: page, ProductID: in.ProductID, Sort: warehouse.PairSort(in.Sort[1:])})
	if err != nil {
		return reply[Affinity]{}, warehouseProblem("affinity", err)
	}
	out := Affinity{AsOf: found.State.AsOf, Pairs: make([]ProductPair, len(found.Rows)), NextCursor: nextPage(page, found.State, len(found.Rows))}
	for i, p := range found.Rows {
		out.Pairs[i] = ProductPair{p.A, p.B, p.Orders, p.Support, rounded(p.ConfidenceAB), rounded(p.ConfidenceBA), rounded(p.Lift)}
	}
	return fromWarehouse(a, found.State, out)
}
