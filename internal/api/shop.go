package api

import (
	"context"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// shopReader is what the endpoints of stock, sessions, carts, findings and alerts
// need of a store.
type shopReader interface {
	StockList(ctx context.Context, q store.StockQuery) ([]store.StockItem, error)
	StockTotals(ctx context.Context) (store.StockTotals, error)
	StockRisk(ctx context.Context, q store.RiskQuery) ([]store.RiskItem, error)
	Stock(ctx context.Context, id string) (store.Stock, error)
	Products(ctx context.Context, ids []string) (map[string]store.Product, error)
	Customer(ctx context.Context, id string) (store.Customer, error)

	SessionList(ctx context.Context, q store.SessionQuery) ([]store.SessionRow, error)
	SessionTotals(ctx context.Context, from, to event.Time, country string) (store.SessionTotals, error)
	OpenTotals(ctx context.Context) (store.Open, error)

	CartList(ctx context.Context, q store.CartQuery) ([]store.CartRow, error)
	CartTotals(ctx context.Context, c store.CartScope) (map[store.CartStatus]store.CartTotals, error)

	FindingList(ctx context.Context, q store.FindingQuery) ([]store.FindingRow, error)
	Alerts(ctx context.Context, q store.AlertQuery) ([]store.Alert, error)
	OpenAlertCounts(ctx context.Context) (map[store.AlertKind]map[store.AlertLevel]int64, error)
}

// addShop adds the endpoints that need more than sales.
func (a *API) addShop() {
	a.addAnomalies()
	a.addAlerts()
	a.addDashboard()
	a.addInventory()
	a.addProductStock()
	a.addStockRisk()
	a.addSessions()
	a.addSessionsSummary()
	a.addFunnel()
	a.addCarts()
	a.addCartsSummary()
}

// maxLiveRange bounds what is summed row by row for one answer: a day of a shop of
// 500 events/s has 5 million sessions.
const maxLiveRange = 7 * dayMS

// parseLive reads from and to of a live summary: the last day if both are absent.
func (a *API) parseLive(fromText, toText string) (from, to event.Time, errs []error) {
	from, to, errs = a.parseBounds(fromText, toText)
	if errs != nil {
		return from, to, errs
	}
	if toText == "" {
		to = a.now()
	}
	if fromText == "" {
		from = to - dayMS
	}
	if to-from > maxLiveRange {
		errs = append(errs, wrong("from", fromText, "at most %d days are summed live", maxLiveRange/dayMS))
	}
	return from, to, errs
}

// ratio returns part / whole, or nil if whole is 0.
func ratio(part, whole int64) *float64 {
	if whole == 0 {
		return nil
	}
	r := float64(part) / float64(whole)
	return &r
}
