package processor

import (
	"slices"
	"strings"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// catalogue keeps the latest state of products and customers, by event time and
// then event id.
type catalogue struct{ stateless }

// Apply takes a product or a customer; other events move nothing.
func (catalogue) Apply(e *event.Event, out *store.Changes) {
	version := store.Version{At: e.Time(), EventID: strings.Clone(e.ID)}
	if e.Type == event.TypeProduct {
		out.PutProduct(strings.Clone(e.ProductID), store.Product{
			Version: version, Name: strings.Clone(e.Name), Brand: strings.Clone(e.Brand), Category: strings.Clone(e.Category),
			PriceMinor: e.PriceMinor, CostMinor: e.CostMinor, Active: e.Active,
		})
	}
	if e.Type == event.TypeCustomer {
		preferences := slices.Clone(e.Preferences)
		for i := range preferences {
			preferences[i] = strings.Clone(preferences[i])
		}
		out.PutCustomer(strings.Clone(e.UserID), store.Customer{
			Version: version, Country: strings.Clone(e.Country), RegisteredAt: e.RegisteredAt, Preferences: preferences,
		})
	}
}
