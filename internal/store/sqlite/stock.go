package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"globalmart/internal/store"
)

// Stocks returns the stock of those of ids that something is known of.
func (s *Store) Stocks(ctx context.Context, ids []string) (map[string]store.Stock, error) {
	stocks := make(map[string]store.Stock, len(ids))
	err := s.read(ctx, getStocks, []any{list(ids)}, func(rows *sql.Rows) error {
		r, err := scanStock(rows)
		stocks[r.ProductID] = r.Stock
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: stock of %d products: %w", len(ids), err)
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
		return stock, fmt.Errorf("sqlite: stock of product %s: %w", id, store.ErrNotFound)
	}
	return stock, nil
}

// StockList returns products of which a stock is known, the least on hand first.
func (s *Store) StockList(ctx context.Context, q store.StockQuery) ([]store.StockItem, error) {
	after, most := q.After, int64(math.MaxInt64)
	if after == (store.StockPlace{}) {
		after.OnHand = math.MinInt64
	}
	if q.Most != nil {
		most = *q.Most
	}
	items, err := page(ctx, s, listStock, q.Limit, []any{
		sql.Named("on_hand", after.OnHand), sql.Named("product_id", after.ProductID), sql.Named("most", most),
	}, func(rows *sql.Rows) (i store.StockItem, err error) {
		return i, rows.Scan(&i.ProductID, &i.Stock.Initial, &i.Stock.Restocked, &i.Stock.Adjusted, &i.Stock.Sold, &i.Stock.Returned, &i.Name, &i.Category)
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: list stock: %w", err)
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
	items, err := page(ctx, s, listRisk, q.Limit, []any{
		sql.Named("cover", after.CoverMilli), sql.Named("product_id", after.ProductID), sql.Named("category", q.Category),
	}, func(rows *sql.Rows) (i store.RiskItem, err error) {
		return i, rows.Scan(&i.ProductID, &i.Stock.Initial, &i.Stock.Restocked, &i.Stock.Adjusted, &i.Stock.Sold, &i.Stock.Returned, &i.Name, &i.Category,
			&i.MeanMilli, &i.Low, &i.Critical)
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: list stock at risk: %w", err)
	}
	return items, nil
}

// StockTotals returns the stock of all products. It reads them all.
func (s *Store) StockTotals(ctx context.Context) (store.StockTotals, error) {
	var t store.StockTotals
	err := s.readers.QueryRowContext(ctx, getStockTotals).Scan(&t.Products, &t.Out, &t.Oversold,
		&t.Stock.Initial, &t.Stock.Restocked, &t.Stock.Adjusted, &t.Stock.Sold, &t.Stock.Returned)
	if err != nil {
		return store.StockTotals{}, fmt.Errorf("sqlite: stock totals: %w", classify(err))
	}
	return t, nil
}

func scanStock(rows *sql.Rows) (r store.StockRow, err error) {
	return r, rows.Scan(&r.ProductID, &r.Stock.Initial, &r.Stock.Restocked, &r.Stock.Adjusted, &r.Stock.Sold, &r.Stock.Returned)
}

// page reads a page of a list: at most limit rows of a statement.
func page[T any](ctx context.Context, s *Store, text string, limit int, args []any, scan func(*sql.Rows) (T, error)) ([]T, error) {
	if limit <= 0 {
		return nil, fmt.Errorf("limit %d, want at least 1", limit)
	}
	var all []T
	err := s.read(ctx, text, append(args, sql.Named("limit", int64(limit))), func(rows *sql.Rows) error {
		row, err := scan(rows)
		all = append(all, row)
		return err
	})
	return all, err
}
