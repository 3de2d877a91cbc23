// Package eventtest draws valid events for property tests: of every type, with
// all fields that the type has, each absent at times, and texts of every kind
// that JSON must escape or the decoder must copy. Every event it draws passes
// Validate; ids are drawn anew each time, so tests that need events to share a
// visitor or a cart set those ids themselves.
package eventtest

import (
	"pgregory.net/rapid"

	"globalmart/internal/event"
)

// Draw draws an event of any type.
func Draw(t *rapid.T) event.Event {
	return rapid.OneOf(
		rapid.Custom(Transaction), rapid.Custom(View), rapid.Custom(Cart),
		rapid.Custom(Inventory), rapid.Custom(Product), rapid.Custom(Customer),
	).Draw(t, "event")
}

// View draws a product view.
func View(t *rapid.T) event.Event {
	e := visit(t, event.TypeProductView)
	e.ProductID = id(t, "product_id", event.MaxIDLength)
	e.Category = maybe(t, "category", text(event.MaxTextLength))
	e.UnitPriceMinor = amount(t, "unit_price_minor")
	e.Referrer = maybe(t, "referrer", text(event.MaxTextLength))
	return e
}

// Cart draws an action on a cart.
func Cart(t *rapid.T) event.Event {
	e := visit(t, event.TypeCartEvent)
	e.CartID = id(t, "cart_id", event.MaxIDLength)
	e.Action = rapid.SampledFrom([]event.Action{
		event.ActionAdd, event.ActionRemove, event.ActionUpdate, event.ActionClear, event.ActionCheckout,
	}).Draw(t, "action")
	if e.Action == event.ActionClear || e.Action == event.ActionCheckout {
		return e
	}
	e.ProductID = id(t, "product_id", event.MaxIDLength)
	e.Category = maybe(t, "category", text(event.MaxTextLength))
	e.Quantity = rapid.Int64Range(1, 20).Draw(t, "quantity")
	if e.Action == event.ActionUpdate {
		e.Quantity = rapid.Int64Range(-event.MaxQuantity, event.MaxQuantity).Draw(t, "change")
	}
	e.UnitPriceMinor = amount(t, "unit_price_minor")
	return e
}

// Inventory draws a stock movement.
func Inventory(t *rapid.T) event.Event {
	e := fact(t, event.TypeInventoryUpdate)
	e.ProductID = id(t, "product_id", event.MaxIDLength)
	e.Delta = rapid.Int64Range(-event.MaxQuantity, event.MaxQuantity).Draw(t, "delta")
	e.StockReason = rapid.SampledFrom([]event.StockReason{
		event.StockInitial, event.StockRestock, event.StockAdjustment,
	}).Draw(t, "reason")
	return e
}

// Product draws a catalogue entry.
func Product(t *rapid.T) event.Event {
	e := fact(t, event.TypeProduct)
	e.ProductID = id(t, "product_id", event.MaxIDLength)
	e.Name = rapid.StringMatching(`[A-Za-zäöüß€ "\\/]{1,40}`).Draw(t, "name")
	e.Brand = maybe(t, "brand", text(event.MaxTextLength))
	e.Category = maybe(t, "category", text(event.MaxTextLength))
	e.PriceMinor = amount(t, "price_minor")
	e.CostMinor = amount(t, "cost_minor")
	e.Active = rapid.Bool().Draw(t, "active")
	return e
}

// Customer draws a customer's profile.
func Customer(t *rapid.T) event.Event {
	e := fact(t, event.TypeCustomer)
	e.UserID = id(t, "user_id", event.MaxIDLength)
	e.Country = country(t)
	e.RegisteredAt = event.Time(rapid.Int64Range(-1e12, int64(e.ReceivedAt)).Draw(t, "registered_at"))
	if n := rapid.IntRange(0, 4).Draw(t, "preferences"); n > 0 {
		e.Preferences = rapid.SliceOfN(text(event.MaxTextLength), n, n).Draw(t, "categories")
	}
	return e
}

// fact draws what every event of type typ has.
func fact(t *rapid.T, typ event.Type) event.Event {
	const from, to = 946_684_800_000 + 1e9, 4_102_444_800_000 // 2000-01-12 to 2100
	e := event.Event{
		Type:          typ,
		SchemaVersion: rapid.SampledFrom([]string{"1.0", "1.0", "1.0", "1.7", "1.20"}).Draw(t, "schema_version"),
		ReceivedAt:    event.Time(rapid.Int64Range(from, to).Draw(t, "received_at")),
		ClockSkewMS:   rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(-event.MaxClockSkewMS, event.MaxClockSkewMS)).Draw(t, "clock_skew_ms"),
		Source:        maybe(t, "source", text(64)),
	}
	e.ID = id(t, "event_id", event.MaxIDLength)
	ago := rapid.Int64Range(-event.MaxAhead, 1e8).Draw(t, "ago")
	e.Timestamp = e.ReceivedAt - event.Time(ago) - event.Time(e.ClockSkewMS)
	return e
}

// visit draws what every event of a visitor has.
func visit(t *rapid.T, typ event.Type) event.Event {
	e := fact(t, typ)
	e.VisitorID = id(t, "visitor_id", event.MaxVisitorID)
	e.UserID = maybe(t, "user_id", ids(event.MaxIDLength))
	e.SessionID = maybe(t, "session_id", ids(event.MaxIDLength))
	e.Country = country(t)
	e.Device = maybe(t, "device", rapid.SampledFrom([]string{"desktop", "mobile", "tablet"}))
	return e
}

func country(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "DE", "US", "JP", "GB", "FR", event.UnknownCountry}).Draw(t, "country")
}

// maybe draws from g or, one time in two, nothing.
func maybe(t *rapid.T, label string, g *rapid.Generator[string]) string {
	return rapid.OneOf(rapid.Just(""), g).Draw(t, label)
}

func id(t *rapid.T, label string, most int) string { return ids(most).Draw(t, label) }

// ids draws ids of at most most bytes: UUIDs and opaque ones.
func ids(most int) *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.Custom(func(t *rapid.T) string {
			at := event.Time(rapid.Int64Range(0, 4e12).Draw(t, "ms"))
			return event.UUIDv7(at, rapid.Uint64().Draw(t, "hi"), rapid.Uint64().Draw(t, "lo"))
		}),
		rapid.StringMatching(`[A-Za-z0-9_:.-]{1,64}`),
		rapid.StringOfN(rapid.RuneFrom([]rune("aZ09-_/\"\\ äß€😀")), 1, -1, most),
	)
}

// text draws texts of at most most bytes, with all that may stand in one.
func text(most int) *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[A-Za-z &'-]{1,32}`),
		rapid.StringOfN(rapid.RuneFrom([]rune("aZ0 &/\"\\\t\n\x01\x1f\x7fäß€\u2028😀\ufffd")), 1, -1, most),
	)
}

// amount draws an amount of money.
func amount(t *rapid.T, label string) event.Minor {
	return event.Minor(rapid.OneOf(
		rapid.Just(int64(0)), rapid.Int64Range(1, 100_000), rapid.Int64Range(0, int64(event.MaxAmount)),
	).Draw(t, label))
}
