package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/store"
	"globalmart/internal/warehouse"
)

type productInput struct {
	ProductID string `path:"product_id" minLength:"1" maxLength:"100" example:"P0001234" doc:"As the catalogue and the events name it."`
}

// PriceChange is what the catalogue said of a product for some time.
type PriceChange struct {
	From       time.Time    `json:"from"`
	To         *time.Time   `json:"to" doc:"Exclusive; null = until now."`
	PriceMinor *event.Minor `json:"price_minor"`
	CostMinor  *event.Minor `json:"cost_minor" doc:"null if it is not known."`
	Name       *string      `json:"name"`
	Brand      *string      `json:"brand"`
	Category   *string      `json:"category"`
	Active     *bool        `json:"active"`
}

// ProductPeriod is how a product did in a period.
type ProductPeriod struct {
	PeriodDays int `json:"period_days" doc:"Days before the as-of date."`
	ProductPerformance
}

// ProductDetail is what is known of a product.
type ProductDetail struct {
	ProductID   string          `json:"product_id"`
	AsOf        string          `json:"as_of_date" format:"date" doc:"Of performance and prices."`
	Performance []ProductPeriod `json:"performance" nullable:"false" doc:"Of the last 7, 30, 90 and 365 days; those without a view or a sale are left out."`
	Stock       *StockMoves     `json:"stock,omitempty" doc:"Live; absent if nothing is known of it."`
	Prices      []PriceChange   `json:"price_history" nullable:"false" doc:"What the catalogue said, the newest first."`
}

func (a *API) addProduct() {
	op := huma.Operation{
		OperationID: "product", Path: "/api/v1/products/{product_id}", Tags: []string{"products"},
		Summary:     "One product: performance, stock, price history",
		Description: "Performance and prices are from the last batch run, the stock is live. 404 if none of them is known.",
	}
	price, cost, name, category, active, stock := event.Minor(2_499), event.Minor(1_310), "Pocket atlas", "Books", true, stockMoves(&exampleStock)
	answerFrom(a, op, sourceWarehouse, ProductDetail{
		ProductID: "P0001234", AsOf: exampleState.AsOf, Performance: []ProductPeriod{}, Stock: &stock,
		Prices: []PriceChange{{From: a.local(exampleNow - 30*dayMS), PriceMinor: &price, CostMinor: &cost, Name: &name, Category: &category, Active: &active}},
	}, a.product)
}

func (a *API) product(ctx context.Context, in *productInput) (reply[ProductDetail], error) {
	var none reply[ProductDetail]
	found, err := a.deps.Warehouse.Products(ctx, warehouse.ProductQuery{Page: warehouse.Page{Limit: len(periods)}, ProductID: in.ProductID, Sort: warehouse.ByRevenue})
	if err != nil {
		return none, warehouseProblem("a product", err)
	}
	prices, err := a.deps.Warehouse.PriceHistory(ctx, found.State.Run, in.ProductID)
	if err := ignoreNone(err); err != nil {
		return none, warehouseProblem("prices of a product", err)
	}
	out := ProductDetail{ProductID: in.ProductID, AsOf: found.State.AsOf, Performance: []ProductPeriod{}, Prices: []PriceChange{}}
	for i := range found.Rows {
		out.Performance = append(out.Performance, ProductPeriod{found.Rows[i].Days, productPerformance(&found.Rows[i])})
	}
	for i := range prices.Rows {
		out.Prices = append(out.Prices, a.priceChange(&prices.Rows[i]))
	}
	if out.Stock, err = a.stockOf(ctx, in.ProductID); err != nil {
		return none, fmt.Errorf("api: stock of a product: %w", err)
	}
	if out.Stock == nil && len(out.Performance) == 0 && len(out.Prices) == 0 {
		return none, huma.Error404NotFound("Nothing is known of product " + in.ProductID + ".")
	}
	return fromWarehouse(a, found.State, out)
}

func (a *API) priceChange(p *warehouse.PriceChange) PriceChange {
	c := PriceChange{From: p.From.In(a.zone), PriceMinor: p.PriceMinor, CostMinor: p.CostMinor, Name: p.Name, Brand: p.Brand, Category: p.Category, Active: p.Active}
	if p.To != nil {
		to := p.To.In(a.zone)
		c.To = &to
	}
	return c
}

// stockOf is the stock of a product, or nil if nothing is known of it.
func (a *API) stockOf(ctx context.Context, id string) (*StockMoves, error) {
	if a.deps.Shop == nil {
		return nil, nil
	}
	stock, err := a.deps.Shop.Stock(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	moves := stockMoves(&stock)
	return &moves, nil
}

type stockRiskInput struct {
	Page
	Category string `query:"category" minLength:"1" maxLength:"256" example:"Electronics" doc:"Exact name, as the catalogue has it. Absent: all."`
}

// RiskEntry is a product and how long its stock lasts.
type RiskEntry struct {
	ProductID    string     `json:"product_id"`
	Name         *string    `json:"name" doc:"null if it is not in the catalogue."`
	Category     *string    `json:"category"`
	OnHand       int64      `json:"on_hand"`
	DailyUnits   float64    `json:"units_a_day" doc:"Weighted exponentially, brought up to date daily."`
	CoverDays    float64    `json:"days_of_cover" doc:"on_hand / units_a_day; below 0 where more was sold than there was."`
	OutAt        *time.Time `json:"out_at" doc:"When it runs out at that rate; null if it has."`
	ReorderPoint int64      `json:"reorder_point" doc:"At or below it stock is low."`
	Critical     int64      `json:"critical_point" doc:"At or below it stock is critical."`
}

// StockRisk are products by how long their stock lasts.
type StockRisk struct {
	Products   []RiskEntry `json:"products" nullable:"false"`
	NextCursor *string     `json:"next_cursor" doc:"For the next page; null on the last."`
}

func (a *API) addStockRisk() {
	op := huma.Operation{
		OperationID: "stock-risk", Path: "/api/v1/products/stock-risk", Tags: []string{"products"},
		Summary:     "Which products run out first",
		Description: "Days of cover, from the live stock and how the product sells. Products that do not sell, or have not been watched for long enough, are left out.",
	}
	name, category, out := "Pocket atlas", "Books", a.local(exampleNow+36*hourMS)
	answer(a, op, StockRisk{Products: []RiskEntry{{ProductID: "P0001234", Name: &name, Category: &category, OnHand: 4, DailyUnits: 2.667, CoverDays: 1.5, OutAt: &out, ReorderPoint: 19, Critical: 8}}}, a.stockRisk)
}

func (a *API) stockRisk(ctx context.Context, in *stockRiskInput) (reply[StockRisk], error) {
	after, err := parseCursor[store.RiskPlace](in.Cursor)
	if err != nil {
		return reply[StockRisk]{}, invalid(wrong("cursor", in.Cursor, "%v", err))
	}
	items, err := a.deps.Shop.StockRisk(ctx, store.RiskQuery{Category: in.Category, After: after, Limit: in.Limit})
	if err != nil {
		return reply[StockRisk]{}, fmt.Errorf("api: stock at risk: %w", err)
	}
	now := a.now()
	out := StockRisk{Products: make([]RiskEntry, len(items)), NextCursor: nextCursor(in.Page, items, func(i *store.RiskItem) any { return i.Place() })}
	for i := range items {
		item := &items[i]
		e := RiskEntry{
			ProductID: item.ProductID, Name: known(item.Name), Category: known(item.Category), OnHand: item.Stock.OnHand(),
			DailyUnits: float64(item.MeanMilli) / 1000, CoverDays: float64(item.CoverMilli()) / 1000, ReorderPoint: item.Low, Critical: item.Critical,
		}
		if cover := item.CoverMilli(); cover > 0 {
			e.OutAt = a.localOrNull(min(now+event.Time(cover)*(dayMS/1000), endOfTime))
		}
		out.Products[i] = e
	}
	return reply[StockRisk]{data: out}, nil
}
