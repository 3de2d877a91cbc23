package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/store"
)

type inventoryInput struct {
	Page
	AtMost string `query:"at_most" pattern:"^-?[0-9]{1,12}$" patternDescription:"a number of units" example:"10" doc:"Only products with at most so many on hand."`
}

// StockMoves are the movements of a product's stock, in units.
type StockMoves struct {
	OnHand    int64 `json:"on_hand" doc:"initial + restocked + adjusted - sold + returned. Below 0: more was sold than there was."`
	Initial   int64 `json:"initial" doc:"First counts."`
	Restocked int64 `json:"restocked"`
	Adjusted  int64 `json:"adjusted" doc:"Corrections, signed."`
	Sold      int64 `json:"sold" doc:"By completed orders."`
	Returned  int64 `json:"returned" doc:"By refunds whose goods go back into stock."`
}

func stockMoves(s *store.Stock) StockMoves {
	return StockMoves{s.OnHand(), s.Initial, s.Restocked, s.Adjusted, s.Sold, s.Returned}
}

// StockEntry is the stock of a product.
type StockEntry struct {
	ProductID string  `json:"product_id"`
	Name      *string `json:"name" doc:"null if it is not in the catalogue."`
	Category  *string `json:"category"`
	StockMoves
}

// StockSums are all products together.
type StockSums struct {
	Products int64 `json:"products" doc:"Of which a stock is known."`
	Out      int64 `json:"out" doc:"Of them, with nothing on hand, or less."`
	Oversold int64 `json:"oversold" doc:"Of those, with less than nothing."`
	StockMoves
}

// Inventory is the stock of products, the least on hand first.
type Inventory struct {
	Totals     StockSums    `json:"totals" doc:"Of all products, whatever was asked for."`
	Products   []StockEntry `json:"products" nullable:"false"`
	NextCursor *string      `json:"next_cursor" doc:"For the next page; null on the last."`
}

// exampleStock is the stock of the examples.
var exampleStock = store.Stock{Initial: 40, Restocked: 60, Adjusted: -1, Sold: 97, Returned: 2}

func (a *API) addInventory() {
	op := huma.Operation{
		OperationID: "inventory", Path: "/api/v1/inventory", Tags: []string{"inventory"},
		Summary:     "Stock, the least on hand first",
		Description: "On hand to the unit: first counts and all updates less what was sold, with what came back.",
	}
	name, category := "Pocket atlas", "Books"
	answer(a, op, Inventory{
		Totals:   StockSums{Products: 1, StockMoves: stockMoves(&exampleStock)},
		Products: []StockEntry{{ProductID: "P0001234", Name: &name, Category: &category, StockMoves: stockMoves(&exampleStock)}},
	}, a.inventory)
}

func (a *API) inventory(ctx context.Context, in *inventoryInput) (reply[Inventory], error) {
	q := store.StockQuery{Limit: in.Limit}
	var err error
	if q.After, err = parseCursor[store.StockPlace](in.Cursor); err != nil {
		return reply[Inventory]{}, invalid(wrong("cursor", in.Cursor, "%v", err))
	}
	if in.AtMost != "" {
		var most int64
		if _, err := fmt.Sscan(in.AtMost, &most); err != nil {
			return reply[Inventory]{}, invalid(wrong("at_most", in.AtMost, "expected a number of units"))
		}
		q.Most = &most
	}
	totals, err := a.deps.Shop.StockTotals(ctx)
	if err != nil {
		return reply[Inventory]{}, fmt.Errorf("api: inventory totals: %w", err)
	}
	items, err := a.deps.Shop.StockList(ctx, q)
	if err != nil {
		return reply[Inventory]{}, fmt.Errorf("api: inventory: %w", err)
	}
	out := Inventory{
		Totals:     StockSums{totals.Products, totals.Out, totals.Oversold, stockMoves(&totals.Stock)},
		Products:   make([]StockEntry, len(items)),
		NextCursor: nextCursor(in.Page, items, func(i *store.StockItem) any { return i.Place() }),
	}
	for i := range items {
		out.Products[i] = StockEntry{items[i].ProductID, known(items[i].Name), known(items[i].Category), stockMoves(&items[i].Stock)}
	}
	return reply[Inventory]{data: out}, nil
}

type productStockInput struct {
	ProductID string `path:"product_id" minLength:"1" maxLength:"100" example:"P0001234" doc:"As the catalogue and the events name it."`
}

func (a *API) addProductStock() {
	op := huma.Operation{
		OperationID: "product-stock", Path: "/api/v1/inventory/{product_id}", Tags: []string{"inventory"},
		Summary:     "Stock of one product",
		Description: "404 if nothing is known of its stock.",
	}
	name, category := "Pocket atlas", "Books"
	answer(a, op, StockEntry{ProductID: "P0001234", Name: &name, Category: &category, StockMoves: stockMoves(&exampleStock)}, a.productStock)
}

func (a *API) productStock(ctx context.Context, in *productStockInput) (reply[StockEntry], error) {
	stock, err := a.deps.Shop.Stock(ctx, in.ProductID)
	if errors.Is(err, store.ErrNotFound) {
		return reply[StockEntry]{}, huma.Error404NotFound("Nothing is known of the stock of product " + in.ProductID + ".")
	}
	if err != nil {
		return reply[StockEntry]{}, fmt.Errorf("api: stock of a product: %w", err)
	}
	products, err := a.deps.Shop.Products(ctx, []string{in.ProductID})
	if err != nil {
		return reply[StockEntry]{}, fmt.Errorf("api: stock of a product: %w", err)
	}
	p := products[in.ProductID]
	return reply[StockEntry]{data: StockEntry{in.ProductID, known(p.Name), known(p.Category), stockMoves(&stock)}}, nil
}
