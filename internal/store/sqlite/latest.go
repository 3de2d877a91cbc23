package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"globalmart/internal/store"
)

// Products returns the latest values of those of ids that are known.
func (s *Store) Products(ctx context.Context, ids []string) (map[string]store.Product, error) {
	products := make(map[string]store.Product, len(ids))
	err := s.read(ctx, getProducts, []any{list(ids)}, func(rows *sql.Rows) error {
		var id string
		var p store.Product
		err := rows.Scan(&id, &p.Version.At, &p.Version.EventID, &p.Name, &p.Brand, &p.Category, &p.PriceMinor, &p.CostMinor, &p.Active)
		products[id] = p
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: %d products: %w", len(ids), err)
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
		return p, fmt.Errorf("sqlite: product %s: %w", id, store.ErrNotFound)
	}
	return p, nil
}

// Customer returns the latest profile of a customer; store.ErrNotFound if there
// is none.
func (s *Store) Customer(ctx context.Context, id string) (store.Customer, error) {
	var c store.Customer
	var preferences []byte
	err := s.readers.QueryRowContext(ctx, getCustomer, id).Scan(
		&c.Version.At, &c.Version.EventID, &c.Country, &c.RegisteredAt, &preferences)
	if err != nil {
		err = notFound(err)
	} else {
		err = json.Unmarshal(preferences, &c.Preferences)
	}
	if err != nil {
		return store.Customer{}, fmt.Errorf("sqlite: customer %s: %w", id, err)
	}
	if len(c.Preferences) == 0 {
		c.Preferences = nil
	}
	return c, nil
}

// AsOf tells how fresh the live tables are.
func (s *Store) AsOf(ctx context.Context) (store.AsOf, error) {
	var a store.AsOf
	if err := s.readers.QueryRowContext(ctx, getAsOf).Scan(&a.RecordTime, &a.Committed); err != nil {
		return store.AsOf{}, fmt.Errorf("sqlite: as of: %w", classify(err))
	}
	return a, nil
}
