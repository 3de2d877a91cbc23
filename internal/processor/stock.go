package processor

import (
	"strings"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// stock turns what moves a product's stock into increments: inventory updates by
// their reason, in the family that reads them, and in the other one completed
// orders and those refunds whose goods go back into stock, line by line.
type stock struct{ stateless }

// Apply adds a movement to out; other events move nothing.
func (stock) Apply(e *event.Event, out *store.Changes) {
	switch {
	case e.Type == event.TypeInventoryUpdate:
		s := movements(out, e.ProductID)
		switch e.StockReason {
		case event.StockInitial:
			s.Initial += e.Delta
		case event.StockRestock:
			s.Restocked += e.Delta
		case event.StockAdjustment:
			s.Adjusted += e.Delta
		}
	case e.Type == event.TypeTransaction && e.Status == event.StatusCompleted:
		for i := range e.Items {
			movements(out, e.Items[i].ProductID).Sold += e.Items[i].Quantity
		}
	case e.Type == event.TypeTransaction && e.Status == event.StatusRefunded && e.Restock:
		for i := range e.Items {
			movements(out, e.Items[i].ProductID).Returned += e.Items[i].Quantity
		}
	}
}

// movements returns the row of a product in out.
func movements(out *store.Changes, id string) *store.Stock {
	s := out.Stock[id]
	if s == nil {
		s = &store.Stock{}
		out.Stock[strings.Clone(id)] = s
	}
	return s
}
