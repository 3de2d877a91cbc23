package collector_test

import (
	"errors"
	"strings"
	"testing"

	"globalmart/internal/event"
)

// common is what each record of the table begins with, but for its type.
const common = `"schema_version":"1.0","timestamp":"2026-03-02T10:20:30.000Z","received_at":"2026-03-02T10:20:30.000Z","source":"shop",`

func TestWhatTheSpecNamesBecomesAnEventOfOurs(t *testing.T) {
	const (
		shirt = `"product_id":"p1","sku":"s1","category":"Shirts","price":19.9`
		pair  = `[{"product_id":"p1","category":"Shirts","price":19,"quantity":1},{"product_id":"p2","price":"3.00","quantity":2}]`
	)
	view := `{"event_id":"m1","event_type":"product_view",` + common + `"visitor_id":"v1","product_id":"p1","category":"Shirts","unit_price_minor":1990}`
	cart := func(rest string) string {
		return `{"event_id":"m1","event_type":"cart_event",` + common + `"visitor_id":"v1",` + rest + `}`
	}
	order := func(rest string) string {
		return `{"event_id":"m1","event_type":"transaction",` + common + `"visitor_id":"v1","transaction_id":"o1",` + rest + `}`
	}
	// 25.00 of goods, 2.50 off, 3.00 of shipping, 2.00 of tax: the example of the spec.
	spec := `"status":"completed","items":[{"product_id":"p1","category":"Shirts","quantity":1,"unit_price_minor":1900,"amount_minor":1900,"base_amount_minor":1710},` +
		`{"product_id":"p2","quantity":2,"unit_price_minor":300,"amount_minor":600,"base_amount_minor":540}],` +
		`"subtotal_minor":2500,"discount_minor":250,"shipping_minor":300,"tax_minor":200,"total_minor":2750,"base_total_minor":2750,"currency":"USD","cart_id":"of:v1"`
	tests := map[string]struct{ properties, topic, want string }{
		"Product Viewed":                 {`{` + shirt + `}`, event.TopicProductViews, view},
		"Viewed Product":                 {`{` + shirt + `}`, event.TopicProductViews, view},
		"Product Clicked":                {`{` + shirt + `}`, event.TopicProductViews, view},
		"Clicked Product":                {`{` + shirt + `,"currency":"usd"}`, event.TopicProductViews, view},
		"Product Added":                  {`{` + shirt + `,"cart_id":"c1","quantity":2}`, event.TopicCartEvents, cart(`"cart_id":"c1","product_id":"p1","category":"Shirts","unit_price_minor":1990,"action":"add","quantity":2`)},
		"Added Product":                  {`{"id":"p1","currency":"EUR","price":"10"}`, event.TopicCartEvents, cart(`"cart_id":"of:v1","product_id":"p1","unit_price_minor":1100,"action":"add","quantity":1`)},
		"Wishlist Product Added to Cart": {`{"sku":"s1"}`, event.TopicCartEvents, cart(`"cart_id":"of:v1","product_id":"s1","action":"add","quantity":1`)},
		"Product Removed":                {`{"product_id":"p1","quantity":"3"}`, event.TopicCartEvents, cart(`"cart_id":"of:v1","product_id":"p1","action":"remove","quantity":3`)},
		"Removed Product":                {`{"product_id":"p1"}`, event.TopicCartEvents, cart(`"cart_id":"of:v1","product_id":"p1","action":"remove","quantity":1`)},
		"Cart Viewed":                    {`{"cart_id":"c1","products":` + pair + `}`, event.TopicCartEvents, cart(`"cart_id":"c1","product_id":"p1","category":"Shirts","action":"update"`)},
		"Checkout Started":               {`{"order_id":"o1","cart_id":"c1","products":` + pair + `}`, event.TopicCartEvents, cart(`"cart_id":"c1","action":"checkout"`)},
		"Started Order":                  {`{}`, event.TopicCartEvents, cart(`"cart_id":"of:v1","action":"checkout"`)},
		"Order Completed":                {`{"order_id":"o1","total":27.5,"subtotal":22.5,"revenue":22.5,"shipping":3,"tax":2,"discount":2.5,"products":` + pair + `}`, event.TopicTransactions, order(spec)},
		"Completed Order":                {`{"order_id":"o1","revenue":22.5,"shipping":3,"tax":2,"products":` + pair + `}`, event.TopicTransactions, order(spec)},
		"Order Refunded": {
			`{"order_id":"o1","refund_id":"r1","restock":true,"currency":"EUR","products":[{"product_id":"p2","price":3,"quantity":1}]}`, event.TopicTransactions,
			order(`"status":"refunded","refund_id":"r1","restock":true,"items":[{"product_id":"p2","quantity":1,"unit_price_minor":300,"amount_minor":300,"base_amount_minor":330}],` +
				`"subtotal_minor":300,"total_minor":300,"base_total_minor":330,"currency":"EUR","cart_id":"of:v1"`),
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			record := r.one(t, "/v1/track", `{"messageId":"m1","anonymousId":"v1","event":"`+name+`","properties":`+test.properties+`}`)
			if record.Topic != test.topic || string(record.Key) != "v1" || !record.Timestamp.Equal(now.Std()) {
				t.Errorf("topic %s, key %s at %s, want %s, v1 at %s", record.Topic, record.Key, record.Timestamp, test.topic, now.Std())
			}
			if got := string(record.Value); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if _, err := decode(record); err != nil {
				t.Errorf("the stream refuses it: %v", err)
			}
		})
	}
}

func TestWhatIsNoneOfOursIsKept(t *testing.T) {
	tests := map[string]struct{ path, body, want string }{
		"a name of the spec that moves nothing":  {"/v1/track", `{"event":"Order Updated","properties":{"order_id":"o1","email":"a@b.example"}}`, "Order Updated"},
		"a name of the shop's":                   {"/v1/track", `{"event":"Newsletter Read"}`, "Newsletter Read"},
		"an empty cart":                          {"/v1/track", `{"event":"Cart Viewed","properties":{"products":[]}}`, "Cart Viewed"},
		"a page":                                 {"/v1/page", `{"name":"Home","properties":{"url":"https://shop.example/?token=secret"}}`, "page"},
		"a screen":                               {"/v1/s", `{"name":"Home"}`, "screen"},
		"a group":                                {"/v1/group", `{"groupId":"g1"}`, "group"},
		"an alias":                               {"/v1/a", `{"previousId":"v0"}`, "alias"},
		"a profile that does not say since when": {"/v1/identify", `{"traits":{"email":"a@b.example"}}`, "identify"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			record := r.one(t, test.path, strings.TrimSuffix(test.body, "}")+`,"messageId":"m1","anonymousId":"v1","userId":"u1"}`)
			want := `{"event_id":"m1","event_type":"` + test.want + `","schema_version":"1.0","timestamp":"2026-03-02T10:20:30.000Z",` +
				`"received_at":"2026-03-02T10:20:30.000Z","source":"shop","visitor_id":"v1","user_id":"u1"}`
			if got := string(record.Value); record.Topic != event.TopicOtherEvents || got != want {
				t.Errorf("topic %s\ngot  %s\nwant %s", record.Topic, got, want)
			}
		})
	}
}

func TestAProfileThatSaysSinceWhenIsACustomer(t *testing.T) {
	r := newRig(t)
	record := r.one(t, "/v1/identify", `{"messageId":"m1","anonymousId":"v1","userId":"u1","traits":{"createdAt":"2025-01-02T03:04:05Z","email":"a@b.example","address":{"country":"de"}}}`)
	want := `{"event_id":"m1","event_type":"customer",` + common + `"user_id":"u1","country":"DE","registered_at":"2025-01-02T03:04:05.000Z"}`
	if got := string(record.Value); record.Topic != event.TopicCustomers || string(record.Key) != "u1" || got != want {
		t.Errorf("topic %s, key %s\ngot  %s\nwant %s", record.Topic, record.Key, got, want)
	}
}

func TestWhatAnOrderCost(t *testing.T) {
	line := func(price, quantity string) string {
		return `"products":[{"product_id":"p1","price":` + price + `,"quantity":` + quantity + `}]`
	}
	tests := map[string]struct {
		properties                string
		subtotal, discount, total event.Minor
		base                      event.Minor
		reason                    event.Reason
	}{
		"lines alone":                             {properties: line("10", "3"), subtotal: 3000, total: 3000, base: 3000},
		"prices with fractions of a cent":         {properties: line("3.3333", "3"), subtotal: 1000, total: 1000, base: 1000},
		"what a float makes of 0.1 + 0.2":         {properties: line("0.30000000000000004", "1"), subtotal: 30, total: 30, base: 30},
		"a currency without decimals":             {properties: line("1500", "2") + `,"currency":"JPY"`, subtotal: 3000, total: 3000, base: 2010},
		"another currency":                        {properties: line("10", "1") + `,"currency":"EUR","shipping":2`, subtotal: 1000, total: 1200, base: 1320},
		"a discount that is stated":               {properties: line("10", "1") + `,"discount":1,"total":9`, subtotal: 1000, discount: 100, total: 900, base: 900},
		"a discount that is not":                  {properties: line("10", "1") + `,"total":9`, subtotal: 1000, discount: 100, total: 900, base: 900},
		"a discount that the prices have in them": {properties: line("9", "1") + `,"discount":1,"subtotal":9`, subtotal: 900, total: 900, base: 900},
		"a discount that is all there is":         {properties: line("10", "1") + `,"discount":1`, subtotal: 1000, discount: 100, total: 900, base: 900},
		"the total wins":                          {properties: line("10", "1") + `,"total":9,"revenue":99,"subtotal":"?"`, subtotal: 1000, discount: 100, total: 900, base: 900},
		"an order that cost nothing":              {properties: line("0", "1"), subtotal: 0, total: 0},
		"a discount that explains nothing":        {properties: line("10", "1") + `,"discount":3,"total":9`, reason: event.BadAmount},
		"lines that cost less than was paid":      {properties: line("10", "1") + `,"total":11`, reason: event.BadAmount},
		"a price that is no number":               {properties: line(`"ten"`, "1"), reason: event.BadAmount},
		"a price of an object":                    {properties: line(`{}`, "1"), reason: event.BadAmount},
		"a total that is no number":               {properties: line("10", "1") + `,"total":"$9"`, reason: event.BadAmount},
		"a tax that is no number":                 {properties: line("10", "1") + `,"tax":true`, reason: event.BadAmount},
		"a negative price":                        {properties: line("-10", "1"), reason: event.BadAmount},
		"more than there is":                      {properties: line("1e17", "1"), reason: event.BadAmount},
		"a currency without a rate":               {properties: line("10", "1") + `,"currency":"GBP"`, reason: event.NoRate},
		"a currency that is none":                 {properties: line("10", "1") + `,"currency":"dollars"`, reason: event.BadSchema},
		"no units":                                {properties: line("10", "0"), reason: event.BadSchema},
		"half a unit":                             {properties: line("10", "0.5"), reason: event.BadSchema},
		"no lines":                                {properties: `"total":10`, reason: event.BadSchema},
		"a line without a product":                {properties: `"products":[{"price":1}]`, reason: event.MissingKey},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			record := newRig(t).one(t, "/v1/track", `{"userId":"u1","event":"Order Completed","properties":{"order_id":"o1",`+test.properties+`}}`)
			e, err := decode(record)
			if invalid, ok := errors.AsType[*event.Invalid](err); ok || test.reason != "" {
				if !ok || invalid.Reason != test.reason {
					t.Fatalf("refused for %v, want %q: %s", err, test.reason, record.Value)
				}
				return
			}
			if e.SubtotalMinor != test.subtotal || e.DiscountMinor != test.discount || e.TotalMinor != test.total || e.BaseTotalMinor != test.base {
				t.Errorf("%s", record.Value)
			}
		})
	}
}

func TestWhatCannotBeTakenIsRefusedForItsReason(t *testing.T) {
	long := strings.Repeat("x", 1000)
	lines := strings.Repeat(`{"product_id":"p","price":1},`, event.MaxItems) + `{"product_id":"p","price":1}`
	wide := strings.Repeat(`{"product_id":"`+strings.Repeat(`\u0001`, 100)+`","price":1},`, 1200) + `{"product_id":"p","price":1}`
	broad := strings.Repeat(`{"product_id":"`+strings.Repeat("p", 100)+`","category":"`+strings.Repeat("c", 256)+`","price":1},`, 1500) + `{"product_id":"p","price":1}`
	tests := map[string]struct {
		event string
		topic string
		want  event.Reason
	}{
		"no id of anybody":           {`{"type":"track","event":"Product Viewed","properties":{"product_id":"p1"},"anonymousId":null}`, event.TopicProductViews, event.MissingKey},
		"a view of nothing":          {`{"type":"track","event":"Product Viewed","userId":"u1"}`, event.TopicProductViews, event.MissingKey},
		"an order without a number":  {`{"type":"track","event":"Order Completed","userId":"u1","properties":{"products":[{"product_id":"p1"}]}}`, event.TopicTransactions, event.MissingKey},
		"a track without a name":     {`{"type":"track","userId":"u1"}`, event.TopicTransactions, event.BadSchema},
		"a type that is none":        {`{"type":"video","userId":"u1"}`, event.TopicTransactions, event.BadSchema},
		"no type":                    {`{"userId":"u1","event":"Product Viewed"}`, event.TopicTransactions, event.BadSchema},
		"null":                       {`null`, event.TopicTransactions, event.BadSchema},
		"a number":                   {`7`, event.TopicTransactions, event.BadSchema},
		"a list":                     {`[]`, event.TopicTransactions, event.BadSchema},
		"an id that is too long":     {`{"type":"track","event":"Product Viewed","userId":"u1","properties":{"product_id":"` + long + `"}}`, event.TopicProductViews, event.BadSchema},
		"a time that cannot be read": {`{"type":"track","event":"Product Viewed","userId":"u1","timestamp":"yesterday","properties":{"product_id":"p1"}}`, event.TopicProductViews, event.BadTimestamp},
		"a time long past":           {`{"type":"track","event":"Product Viewed","userId":"u1","timestamp":"1999-12-31T23:59:59Z","properties":{"product_id":"p1"}}`, event.TopicProductViews, event.BadTimestamp},
		"a time to come":             {`{"type":"track","event":"Product Viewed","userId":"u1","timestamp":"2026-03-02T10:26:00Z","properties":{"product_id":"p1"}}`, event.TopicProductViews, event.BadTimestamp},
		"a quantity below nothing":   {`{"type":"track","event":"Product Added","userId":"u1","properties":{"product_id":"p1","quantity":-1}}`, event.TopicCartEvents, event.BadSchema},
		"a price that is no number":  {`{"type":"track","event":"Product Added","userId":"u1","properties":{"product_id":"p1","price":"free"}}`, event.TopicCartEvents, event.BadAmount},
		"more lines than may be":     {`{"type":"track","event":"Order Completed","userId":"u1","properties":{"order_id":"o1","products":[` + lines + `]}}`, event.TopicTransactions, event.Oversized},
		"good lines, too long":       {`{"type":"track","event":"Order Completed","userId":"u1","properties":{"order_id":"o1","products":[` + broad + `]}}`, event.TopicTransactions, event.Oversized},
		"a record that is too long":  {`{"type":"track","event":"Order Completed","userId":"u1","properties":{"order_id":"o1","products":[` + wide + `]}}`, event.TopicTransactions, event.Oversized},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			good := `{"type":"track","event":"Product Viewed","userId":"u2","properties":{"product_id":"p1"}}`
			a := r.send(t, "/v1/batch", `{"batch":[`+good+`,`+test.event+`,`+good+`]}`)
			if a.status != 200 || a.Accepted != 2 || a.RejectedCount != 1 || len(a.Rejected) != 1 || a.Rejected[0].Index != 1 || a.Rejected[0].Code != string(test.want) || a.Rejected[0].Message == "" {
				t.Errorf("status %d: %s", a.status, a.body)
			}
			if len(r.log.records) != 3 {
				t.Fatalf("%d records", len(r.log.records))
			}
			record := r.log.records[1]
			_, err := decode(record)
			invalid, ok := errors.AsType[*event.Invalid](err)
			if !ok || invalid.Reason != test.want || record.Topic != test.topic || len(record.Value) > event.MaxRecordBytes {
				t.Errorf("the stream says %v of %d bytes on %s, want %s on %s", err, len(record.Value), record.Topic, test.want, test.topic)
			}
			if got := r.Stats().Sources["shop"]; got.Accepted != 2 || got.Rejected[test.want] != 1 {
				t.Errorf("counted: %+v", got)
			}
		})
	}
}
