package event_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"globalmart/internal/event"
)

func TestValidateRefusesWhatNoRecordCanSay(t *testing.T) {
	view := event.TypeProductView
	tests := map[string]struct {
		typ    event.Type
		damage func(*event.Event)
		reason event.Reason
		field  string
	}{
		"no arrival":              {view, func(e *event.Event) { e.ReceivedAt = 0 }, event.BadTimestamp, "received_at"},
		"arrival after year 9999": {view, func(e *event.Event) { e.ReceivedAt = 1 << 60 }, event.BadTimestamp, "received_at"},
		"unknown type":            {view, func(e *event.Event) { e.Type = "hologram" }, event.BadSchema, "event_type"},
		"unknown major":           {view, func(e *event.Event) { e.Type, e.SchemaVersion = "hologram", "2.0" }, event.UnknownVersion, "schema_version"},
		"empty version":           {view, func(e *event.Event) { e.SchemaVersion = "" }, event.BadSchema, "schema_version"},
		"invalid UTF-8 in an id":  {view, func(e *event.Event) { e.ID = "a\xff" }, event.BadSchema, "event_id"},
		"invalid UTF-8 in a text": {view, func(e *event.Event) { e.Category = "a\xff" }, event.BadSchema, "category"},
		"registered in year -1":   {event.TypeCustomer, func(e *event.Event) { e.RegisteredAt = -1 << 60 }, event.BadSchema, "registered_at"},
		"no amount":               {view, func(e *event.Event) { e.UnitPriceMinor = event.NoAmount }, event.BadAmount, "unit_price_minor"},
		"sums that overflow": {event.TypeTransaction, func(e *event.Event) {
			for range 20 {
				e.Items = append(e.Items, event.Item{ProductID: "p", Quantity: 1, AmountMinor: 1 << 62})
			}
		}, event.BadAmount, "items[2].amount_minor"},
		"too many items": {event.TypeTransaction, func(e *event.Event) { e.Items = make([]event.Item, event.MaxItems+1) }, event.Oversized, "items"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			e := sample(tc.typ)
			tc.damage(&e)
			invalid, ok := errors.AsType[*event.Invalid](e.Validate())
			if !ok || invalid.Reason != tc.reason || invalid.Field != tc.field {
				t.Errorf("got %v, want %s of %s", invalid, tc.reason, tc.field)
			}
			if !utf8.Valid(e.AppendJSON(nil)) {
				t.Error("the encoded form is not UTF-8")
			}
		})
	}
}

func TestAnErrorOfAGoodEventIsNil(t *testing.T) {
	for _, typ := range sampleTypes {
		e := sample(typ)
		if err := e.Validate(); err != nil { // a nil *Invalid would not be nil here
			t.Errorf("%s: %v", typ, err)
		}
	}
}

func TestDetailsSayWhatWasFoundAndWhatIsExpected(t *testing.T) {
	var d event.Decoder
	var e event.Event
	for name, tc := range map[string]struct{ record, want string }{
		"total": {
			swap(event.TypeTransaction, "15568", "15567"),
			"bad_amount: total_minor: found 15567, subtotal - discount + shipping + tax is 15568",
		},
		"enum": {
			swap(event.TypeCartEvent, `"add"`, `"buy"`),
			`schema: action: found "buy", want one of add, remove, update, clear, checkout`,
		},
		"kind": {
			swap(event.TypeProductView, "1490", `"`+strings.Repeat("9", 60)+`"`),
			`schema: unit_price_minor: found the string "9999999999999999999999999999999999999999...", want a 64-bit integer without fraction or exponent`,
		},
		"syntax": {
			"{]",
			"bad_json: invalid character ']' looking for beginning of object key string, at byte 2 of 2",
		},
		"version": {
			swap(event.TypeProductView, `"1.0"`, `"2.0"`),
			`unknown_version: schema_version: found "2.0", this build reads 1.x`,
		},
		"clock": {
			swap(event.TypeProductView, `09:00:00.747Z`, `10:00:00.000Z`),
			"bad_timestamp: timestamp: found 2026-03-02T10:00:00.000Z (clock corrected by 0 ms), want at most 5 min after its arrival at 2026-03-02T09:00:00.800Z",
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := d.Decode([]byte(tc.record), sampleTime, &e)
			if err == nil || err.Error() != tc.want {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}
