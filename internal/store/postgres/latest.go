package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/store"
)

// Products returns the latest values of those of ids that are known.
func (s *Store) Products(ctx context.Context, ids []string) (map[string]store.Product, error) {
	products := make(map[string]store.Product, len(ids))
	err := s.read(ctx, func(row pgx.Rows) error {
		var id string
		var p store.Product
		err := row.Scan(&id, &p.Version.At, &p.Version.EventID, &p.Name, &p.Brand, &p.Category, &p.PriceMinor, &p.CostMinor, &p.Active)
		products[id] = p
		return err
	}, getProducts, ids)
	if err != nil {
		return nil, fmt.Errorf("postgres: %d products: %w", len(ids), err)
	}
	return products, nil
}

// Product returns the latest value of a product; store.ErrNotFound if it is not
// known.
func (s *Store) Product(ctx context.Context, id string) (store.Product, error) {
	products, err := s.Products(ctx, []string{id})
	if err != nil {
		return store.Product{}, err
	}
	p, ok := products[id]
	if !ok {
		return p, fmt.Errorf("postgres: product %s: %w", id, store.ErrNotFound)
	}
	return p, nil
}

// Customer returns the latest profile of a customer; store.ErrNotFound if there
// is none.
func (s *Store) Customer(ctx context.Context, id string) (store.Customer, error) {
	var c store.Customer
	err := s.readRow(ctx, []any{&c.Version.At, &c.Version.EventID, &c.Country, &c.RegisteredAt, &c.Preferences}, getCustomer, id)
	if err != nil {
		return store.Customer{}, fmt.Errorf("postgres: customer %s: %w", id, err)
	}
	if len(c.Preferences) == 0 {
		c.Preferences = nil
	}
	return c, nil
}

// AsOf tells how fresh the live tables are.
func (s *Store) AsOf(ctx context.Context) (store.AsOf, error) {
	var a store.AsOf
	if err := s.readRow(ctx, []any{&a.RecordTime, &a.Committed}, getAsOf); err != nil {
		return store.AsOf{}, fmt.Errorf("postgres: as of: %w", err)
	}
	return a, nil
}
