package postgres

import (
	"context"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/store"
)

// Stocks returns the stock of those of ids that something is known of.
func (s *Store) Stocks(ctx context.Context, ids []string) (map[string]store.Stock, error) {
	stocks := make(map[string]store.Stock, len(ids))
	err := s.read(ctx, func(row pgx.Rows) error {
		r, err := scanStock(row)
		stocks[r.ProductID] = r.Stock
		return err
	}, getStocks, ids)
	if err != nil {
		return nil, fmt.Errorf("postgres: stock of %d products: %w", len(ids), err)
	}
	return stocks, nil
}

// Stock returns the stock of a product; store.ErrNotFound if nothing is known
// of it.
func (s *Store) Stock(ctx context.Context, id string) (store.Stock, error) {
	stocks, err := s.Stocks(ctx, []string{id})
	if err != nil {
		return store.Stock{}, err
	}
	stock, ok := stocks[id]
	if !ok {
		return stock, fmt.Errorf("postgres: stock of product %s: %w", id, store.ErrNotFound)
	}
	return stock, nil
}

// StockList returns products of which a stock is known, the least on hand first. It
// sums up all of them.
func (s *Store) StockList(ctx context.Context, q store.StockQuery) ([]store.StockItem, error) {
	after, most := q.After, int64(math.MaxInt64)
	if after == (store.StockPlace{}) {
		after.OnHand = math.MinInt64
	}
	if q.Most != nil {
		most = *q.Most
	}
	items, err := page(ctx, s, q.Limit, func(row pgx.Rows) (i store.StockItem, err error) {
		return i, row.Scan(append(append([]any{&i.ProductID}, movements(&i.Stock)...), &i.Name, &i.Category)...)
	}, listStock, named{"on_hand": after.OnHand, "product_id": after.ProductID, "most": most})
	if err != nil {
		return nil, fmt.Errorf("postgres: list stock: %w", err)
	}
	return items, nil
}

// StockRisk returns products whose demand is known and above 0, those whose stock lasts
// the shortest time first. It reads them all.
func (s *Store) StockRisk(ctx context.Context, q store.RiskQuery) ([]store.RiskItem, error) {
	after := q.After
	if after == (store.RiskPlace{}) {
		after.CoverMilli = math.MinInt64
	}
	items, err := page(ctx, s, q.Limit, func(row pgx.Rows) (i store.RiskItem, err error) {
		return i, row.Scan(append(append([]any{&i.ProductID}, movements(&i.Stock)...), &i.Name, &i.Category, &i.MeanMilli, &i.Low, &i.Critical)...)
	}, listRisk, named{"cover": after.CoverMilli, "product_id": after.ProductID, "category": q.Category})
	if err != nil {
		return nil, fmt.Errorf("postgres: list stock at risk: %w", err)
	}
	return items, nil
}

// StockTotals returns the stock of all products. It reads them all.
func (s *Store) StockTotals(ctx context.Context) (store.StockTotals, error) {
	var t store.StockTotals
	into := append([]any{&t.Products, &t.Out, &t.Oversold}, movements(&t.Stock)...)
	if err := s.readRow(ctx, into, getStockTotals); err != nil {
		return store.StockTotals{}, fmt.Errorf("postgres: stock totals: %w", err)
	}
	return t, nil
}

func scanStock(row pgx.Rows) (r store.StockRow, err error) {
	return r, row.Scan(append([]any{&r.ProductID}, movements(&r.Stock)...)...)
}

// movements returns where to scan the columns of stock, in the order of every
// statement.
func movements(s *store.Stock) []any {
	return []any{&s.Initial, &s.Restocked, &s.Adjusted, &s.Sold, &s.Returned}
}
