package event_test

import (
	"testing"

	"globalmart/internal/event"
)

func TestEveryTypeHasATopicAndAKey(t *testing.T) {
	for typ, want := range map[event.Type]struct{ topic, key string }{
		event.TypeTransaction:     {"transactions", "v-681e4a5f11ba938c"},
		event.TypeProductView:     {"product_views", "v-681e4a5f11ba938c"},
		event.TypeCartEvent:       {"cart_events", "v-681e4a5f11ba938c"},
		event.TypeInventoryUpdate: {"inventory_updates", "P0220703"},
		event.TypeProduct:         {"products", "P0220703"},
		event.TypeCustomer:        {"customers", "u-0d3e832a7640ad21"},
		"hologram":                {"", "v-681e4a5f11ba938c"},
	} {
		e := sample(typ)
		if got := typ.Topic(); got != want.topic {
			t.Errorf("%s: topic %q, want %q", typ, got, want.topic)
		}
		if got := e.Key(); got != want.key {
			t.Errorf("%s: key %q, want %q", typ, got, want.key)
		}
	}
}
