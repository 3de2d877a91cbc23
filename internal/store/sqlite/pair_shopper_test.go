package sqlite_test

import (
	"context"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

func (p *pair) Stocks(ctx context.Context, ids []string) (map[string]store.Stock, error) {
	return p.turn().Stocks(ctx, ids)
}

func (p *pair) Stock(ctx context.Context, id string) (store.Stock, error) {
	return p.turn().Stock(ctx, id)
}

func (p *pair) StockList(ctx context.Context, q store.StockQuery) ([]store.StockItem, error) {
	return p.turn().StockList(ctx, q)
}

func (p *pair) StockTotals(ctx context.Context) (store.StockTotals, error) {
	return p.turn().StockTotals(ctx)
}

func (p *pair) SessionList(ctx context.Context, q store.SessionQuery) ([]store.SessionRow, error) {
	return p.turn().SessionList(ctx, q)
}

func (p *pair) SessionTotals(ctx context.Context, from, to event.Time, country string) (store.SessionTotals, error) {
	return p.turn().SessionTotals(ctx, from, to, country)
}

func (p *pair) OpenTotals(ctx context.Context) (store.Open, error) { return p.turn().OpenTotals(ctx) }

func (p *pair) CartList(ctx context.Context, q store.CartQuery) ([]store.CartRow, error) {
	return p.turn().CartList(ctx, q)
}

func (p *pair) CartTotals(ctx context.Context, c store.CartScope) (map[store.CartStatus]store.CartTotals, error) {
	return p.turn().CartTotals(ctx, c)
}

func (p *pair) CartsAtRisk(ctx context.Context, asOf event.Time, idle, recovery time.Duration) (event.Minor, int64, error) {
	return p.turn().CartsAtRisk(ctx, asOf, idle, recovery)
}

func (p *pair) FindingList(ctx context.Context, q store.FindingQuery) ([]store.FindingRow, error) {
	return p.turn().FindingList(ctx, q)
}

func (p *pair) FindingsSince(ctx context.Context, since event.Time, limit int) ([]store.FindingRow, error) {
	return p.turn().FindingsSince(ctx, since, limit)
}

func (p *pair) PruneSessions(ctx context.Context, before event.Time) (int64, error) {
	return p.turn().PruneSessions(ctx, before)
}

func (p *pair) PruneCarts(ctx context.Context, before event.Time) (int64, error) {
	return p.turn().PruneCarts(ctx, before)
}

func (p *pair) PruneFindings(ctx context.Context, before event.Time) (int64, error) {
	return p.turn().PruneFindings(ctx, before)
}
