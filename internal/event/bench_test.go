package event_test

import (
	"bytes"
	"testing"

	"globalmart/internal/event"
)

// sampleTime is when the sample events arrived: 2026-03-02T09:00:00.800Z.
const sampleTime event.Time = 1_772_442_000_800

// sample returns a typical event of type t, of about 500 bytes.
func sample(t event.Type) event.Event {
	e := event.Event{
		ID: event.UUIDv7(sampleTime, 0x2ab, 0x1f00ba12cd34ef56), Type: t, SchemaVersion: event.SchemaVersion,
		Timestamp: sampleTime - 53, ReceivedAt: sampleTime, Source: "generator",
		VisitorID: "v-681e4a5f11ba938c", UserID: "u-0d3e832a7640ad21", SessionID: "s-433dca18a46ad6ed",
		Country: "DE", Device: "mobile",
	}
	switch t {
	case event.TypeTransaction:
		e.TransactionID, e.Status, e.Currency, e.PaymentMethod = "t-3056db8a712cbed1", event.StatusCompleted, "EUR", "card"
		e.CartID = "c-06797aba4fcf4bf2"
		e.Items = []event.Item{
			{ProductID: "P0181573", Category: "Notebooks", Quantity: 6, UnitPriceMinor: 1109, AmountMinor: 6654, BaseAmountMinor: 4458},
			{ProductID: "P0049937", Category: "Candles", Quantity: 1, UnitPriceMinor: 7499, AmountMinor: 7499, BaseAmountMinor: 5025},
		}
		e.SubtotalMinor, e.TaxMinor, e.TotalMinor, e.BaseTotalMinor = 14153, 1415, 15568, 10431
	case event.TypeProductView:
		e.ProductID, e.Category, e.UnitPriceMinor = "P0060024", "Beauty", 1490
		e.Referrer = "https://www.example.com/search?q=soap"
	case event.TypeCartEvent:
		e.CartID, e.Action, e.ProductID = "c-8a54fb9573bf1d03", event.ActionAdd, "P0220703"
		e.Category, e.Quantity, e.UnitPriceMinor = "Wearables", 1, 3845
	case event.TypeInventoryUpdate:
		e = bare(e)
		e.ProductID, e.Delta, e.StockReason = "P0220703", 120, event.StockRestock
	case event.TypeProduct:
		e = bare(e)
		e.ProductID, e.Name, e.Brand, e.Category = "P0220703", "Pocket watch", "Acme", "Wearables"
		e.PriceMinor, e.CostMinor, e.Active = 3845, 2100, true
	case event.TypeCustomer:
		e = bare(e)
		e.UserID, e.Country, e.RegisteredAt = "u-0d3e832a7640ad21", "DE", sampleTime-1e9
		e.Preferences = []string{"Wearables", "Wine"}
	}
	return e
}

// bare returns e without what only events of a visitor have.
func bare(e event.Event) event.Event {
	return event.Event{
		ID: e.ID, Type: e.Type, SchemaVersion: e.SchemaVersion, Timestamp: e.Timestamp, ReceivedAt: e.ReceivedAt, Source: e.Source,
	}
}

var sampleTypes = []event.Type{
	event.TypeTransaction, event.TypeProductView, event.TypeCartEvent,
	event.TypeInventoryUpdate, event.TypeProduct, event.TypeCustomer,
}

func record(t event.Type) []byte {
	e := sample(t)
	return e.AppendJSON(nil)
}

// mix is 1:3:1 orders, views and cart events, in an order that repeats after
// five.
func mix() [][]byte {
	view := record(event.TypeProductView)
	return [][]byte{record(event.TypeTransaction), view, view, record(event.TypeCartEvent), view}
}

func BenchmarkDecode(b *testing.B) {
	for name, records := range map[string][][]byte{
		"order": {record(event.TypeTransaction)},
		"view":  {record(event.TypeProductView)},
		"cart":  {record(event.TypeCartEvent)},
		"mix":   mix(),
	} {
		b.Run(name, func(b *testing.B) { decodeAll(b, records) })
	}
}

// BenchmarkDecodeStrict decodes records with white space, which the scanner
// declines.
func BenchmarkDecodeStrict(b *testing.B) {
	for _, t := range sampleTypes[:3] {
		b.Run(string(t), func(b *testing.B) {
			decodeAll(b, [][]byte{bytes.ReplaceAll(record(t), []byte(`,"`), []byte(`, "`))})
		})
	}
}

func decodeAll(b *testing.B, records [][]byte) {
	var d event.Decoder
	var e event.Event
	size, i := 0, 0
	for _, r := range records {
		size += len(r)
	}
	b.SetBytes(int64(size / len(records)))
	b.ReportAllocs()
	for b.Loop() {
		if err := d.Decode(records[i], sampleTime, &e); err != nil {
			b.Fatal(err)
		}
		if i++; i == len(records) {
			i = 0
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	for _, t := range sampleTypes[:3] {
		b.Run(string(t), func(b *testing.B) {
			e := sample(t)
			var buf []byte
			b.ReportAllocs()
			for b.Loop() {
				buf = e.AppendJSON(buf[:0])
			}
			b.SetBytes(int64(len(buf)))
		})
	}
}

func BenchmarkValidate(b *testing.B) {
	for _, t := range sampleTypes[:3] {
		b.Run(string(t), func(b *testing.B) {
			e := sample(t)
			b.ReportAllocs()
			for b.Loop() {
				if err := e.Validate(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseUUID(b *testing.B) {
	id := event.UUIDv7(sampleTime, 1, 2)
	for b.Loop() {
		if _, _, ok := event.ParseUUID(id); !ok {
			b.Fatal("not a UUID")
		}
	}
}
