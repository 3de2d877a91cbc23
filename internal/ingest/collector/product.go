package collector

import "globalmart/internal/event"

// productEvents are the events of looking at products.
var productEvents = map[string]fill{
	"Product Viewed":  viewed,
	"Viewed Product":  viewed,
	"Product Clicked": viewed,
	"Clicked Product": viewed,
}

func viewed(t *intake, m *message, e *event.Event) {
	e.Type = event.TypeProductView
	t.product(m.properties, e)
	e.Referrer = m.referrer()
}

// product says which product e is about.
func (t *intake) product(p value, e *event.Event) {
	e.ProductID, e.Category = productID(p), category(p)
	e.UnitPriceMinor = t.basePrice(p)
}

func productID(p value) string { return first(p, "product_id", "sku", "id") }

func category(p value) string { return clip(p.member("category").text(), event.MaxTextLength) }
