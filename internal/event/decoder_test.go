package event_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
)

func reasonOf(err error) event.Reason {
	if invalid, ok := errors.AsType[*event.Invalid](err); ok {
		return invalid.Reason
	}
	return ""
}

// defect is a record with one thing wrong.
type defect struct {
	record string
	reason event.Reason
	field  string
}

// swap returns the record of type t with old, which must be there, replaced.
func swap(t event.Type, old, with string) string {
	text := string(record(t))
	if !strings.Contains(text, old) {
		panic(old + " is not in " + text)
	}
	return strings.Replace(text, old, with, 1)
}

// defects has a bad record for every reason and class of field.
func defects() map[string]defect {
	const (
		order, view, cart = event.TypeTransaction, event.TypeProductView, event.TypeCartEvent
		stock, product    = event.TypeInventoryUpdate, event.TypeProduct
		customer          = event.TypeCustomer
	)
	long := func(n int) string { return `"` + strings.Repeat("x", n) + `"` }
	refund := func(s string) string { return strings.Replace(s, `"completed"`, `"refunded"`, 1) }
	return map[string]defect{
		"a record over the limit": {string(record(view)) + strings.Repeat(" ", event.MaxRecordBytes), event.Oversized, ""},
		"too many items":          {swap(order, `"items":[`, `"items":[`+strings.Repeat(`{},`, event.MaxItems)), event.Oversized, "items"},
		"empty":                   {"", event.BadJSON, ""},
		"not JSON":                {"<event/>", event.BadJSON, ""},
		"not an object":           {`"event"`, event.BadJSON, ""},
		"too deep":                {swap(view, `{`, `{"x":[[[[[[[[]]]]]]]],`), event.BadJSON, ""},
		"invalid UTF-8":           {swap(view, "Beauty", "\xff"), event.BadJSON, ""},
		"more after the object":   {string(record(view)) + "{}", event.BadJSON, ""},

		"unknown major":                        {swap(view, `"1.0"`, `"2.0"`), event.UnknownVersion, "schema_version"},
		"unknown major, the rest is odd":       {`{"event_id":1,"event_type":"hologram","schema_version":"3.1"}`, event.UnknownVersion, "schema_version"},
		"unknown major without minor":          {swap(view, `"1.0"`, `"2"`), event.UnknownVersion, "schema_version"},
		"unreadable version":                   {swap(view, `"1.0"`, `"first"`), event.BadSchema, "schema_version"},
		"empty version":                        {swap(view, `"1.0"`, `""`), event.BadSchema, "schema_version"},
		"version without minor":                {swap(view, `"1.0"`, `"1"`), event.BadSchema, "schema_version"},
		"version that is a number":             {swap(view, `"1.0"`, `1`), event.BadSchema, "schema_version"},
		"no type":                              {swap(view, `"event_type":"product_view",`, ``), event.BadSchema, "event_type"},
		"unknown type":                         {swap(view, `"product_view"`, `"hologram"`), event.BadSchema, "event_type"},
		"type that is a number":                {swap(view, `"product_view"`, `1`), event.BadSchema, "event_type"},
		"text that is a number":                {swap(view, `"Beauty"`, `17`), event.BadSchema, "category"},
		"integer that is a string":             {swap(view, `1490`, `"1490"`), event.BadSchema, "unit_price_minor"},
		"fraction":                             {swap(view, `1490`, `14.90`), event.BadSchema, "unit_price_minor"},
		"exponent":                             {swap(view, `1490`, `1e3`), event.BadSchema, "unit_price_minor"},
		"integer over 64 bits":                 {swap(view, `1490`, `9223372036854775808`), event.BadSchema, "unit_price_minor"},
		"boolean that is a string":             {swap(product, `true`, `"true"`), event.BadSchema, "active"},
		"timestamp that is a number":           {swap(view, `"2026-03-02T09:00:00.747Z"`, `1772442000747`), event.BadSchema, "timestamp"},
		"timestamp that is no date":            {swap(view, `2026-03-02T09:00:00.747Z`, `2026-02-30T09:00:00.747Z`), event.BadSchema, "timestamp"},
		"timestamp without zone":               {swap(view, `09:00:00.747Z`, `09:00:00.747`), event.BadSchema, "timestamp"},
		"no timestamp":                         {swap(view, `"timestamp":"2026-03-02T09:00:00.747Z",`, ``), event.BadSchema, "timestamp"},
		"arrival that is a number":             {swap(view, `"2026-03-02T09:00:00.800Z"`, `5`), event.BadSchema, "received_at"},
		"items that are an object":             {swap(order, `[{"product_id":"P0181573"`, `{"a":[{"product_id":"P0181573"`) + "}", event.BadSchema, "items"},
		"items that are a string":              {`{"event_type":"transaction","items":"none"}`, event.BadSchema, "items"},
		"item that is null":                    {swap(order, `[{`, `[null,{`), event.BadSchema, "items[0]"},
		"item whose text is a number":          {swap(order, `"Candles"`, `1`), event.BadSchema, "items[1].category"},
		"item without amount":                  {swap(order, `"amount_minor":7499,`, ``), event.BadSchema, "items[1].amount_minor"},
		"item with a field twice":              {swap(order, `"amount_minor":7499,`, `"amount_minor":7499,"amount_minor":7499,`), event.BadSchema, "items[1].amount_minor"},
		"item without quantity":                {swap(order, `"quantity":6,`, ``), event.BadSchema, "items[0].quantity"},
		"item with quantity 0":                 {swap(order, `"quantity":6,`, `"quantity":0,`), event.BadSchema, "items[0].quantity"},
		"item with too large a quantity":       {swap(order, `"quantity":6,`, `"quantity":1000000001,`), event.BadSchema, "items[0].quantity"},
		"item with a long id":                  {swap(order, `"P0181573"`, long(101)), event.BadSchema, "items[0].product_id"},
		"item with a control character":        {swap(order, `"P0181573"`, `"P\u0000"`), event.BadSchema, "items[0].product_id"},
		"no items":                             {swap(order, `"items":[{`, `"x":[{`), event.BadSchema, "items"},
		"null items":                           {`{"event_type":"transaction","items":null,"event_id":"x","timestamp":"2026-03-02T09:00:00.747Z"}`, event.BadSchema, "items"},
		"preferences that are a string":        {swap(customer, `["Wearables","Wine"]`, `"Wine"`), event.BadSchema, "preferences"},
		"preference that is a number":          {swap(customer, `"Wine"`, `5`), event.BadSchema, "preferences[1]"},
		"long preference":                      {swap(customer, `"Wine"`, long(257)), event.BadSchema, "preferences[1]"},
		"NUL in a preference":                  {swap(customer, `"Wine"`, `"\u0000"`), event.BadSchema, "preferences[1]"},
		"too many preferences":                 {swap(customer, `"Wine"`, strings.Repeat(`"a",`, 99)+`"b"`), event.BadSchema, "preferences"},
		"field twice":                          {swap(view, `"category":`, `"category":"a","category":`), event.BadSchema, "category"},
		"field twice, once as null":            {swap(view, `"category":`, `"category":null,"category":`), event.BadSchema, "category"},
		"field twice, once escaped":            {swap(view, `"category":`, `"\u0063ategory":"a","category":`), event.BadSchema, "category"},
		"long event id":                        {swap(view, `"event_id":"`, `"event_id":"`+strings.Repeat("x", 100)), event.BadSchema, "event_id"},
		"long visitor id":                      {swap(view, `"v-681e4a5f11ba938c"`, long(65)), event.BadSchema, "visitor_id"},
		"NUL in an id":                         {swap(view, `"v-681e4a5f11ba938c"`, `"v\u0000"`), event.BadSchema, "visitor_id"},
		"line break in an id":                  {swap(view, `"v-681e4a5f11ba938c"`, `"v\n"`), event.BadSchema, "visitor_id"},
		"DEL in an id":                         {swap(view, `"v-681e4a5f11ba938c"`, "\"v\x7f\""), event.BadSchema, "visitor_id"},
		"NUL in a text":                        {swap(view, `Beauty`, `\u0000`), event.BadSchema, "category"},
		"long text":                            {swap(view, `"Beauty"`, long(257)), event.BadSchema, "category"},
		"long device":                          {swap(view, `"mobile"`, long(33)), event.BadSchema, "device"},
		"country in lower case":                {swap(view, `"DE"`, `"de"`), event.BadSchema, "country"},
		"country of three letters":             {swap(view, `"DE"`, `"DEU"`), event.BadSchema, "country"},
		"country of one letter":                {swap(view, `"DE"`, `"D"`), event.BadSchema, "country"},
		"currency in lower case":               {swap(order, `"EUR"`, `"eur"`), event.BadSchema, "currency"},
		"currency of two letters":              {swap(order, `"EUR"`, `"EU"`), event.BadSchema, "currency"},
		"no currency":                          {swap(order, `"currency":"EUR",`, ``), event.BadSchema, "currency"},
		"unknown status":                       {swap(order, `"completed"`, `"done"`), event.BadSchema, "status"},
		"no status":                            {swap(order, `"status":"completed",`, ``), event.BadSchema, "status"},
		"unknown action":                       {swap(cart, `"add"`, `"buy"`), event.BadSchema, "action"},
		"unknown reason":                       {swap(stock, `"restock"`, `"magic"`), event.BadSchema, "reason"},
		"no delta":                             {swap(stock, `"delta":120,`, ``), event.BadSchema, "delta"},
		"null delta":                           {swap(stock, `"delta":120,`, `"delta":null,`), event.BadSchema, "delta"},
		"delta out of range":                   {swap(stock, `120`, `-1000000001`), event.BadSchema, "delta"},
		"add of a negative quantity":           {swap(cart, `"quantity":1`, `"quantity":-1`), event.BadSchema, "quantity"},
		"quantity out of range":                {swap(cart, `"quantity":1`, `"quantity":1000000001`), event.BadSchema, "quantity"},
		"clock skew over ten minutes":          {swap(view, `"source"`, `"clock_skew_ms":600001,"source"`), event.BadSchema, "clock_skew_ms"},
		"clock skew under minus ten":           {swap(view, `"source"`, `"clock_skew_ms":-600001,"source"`), event.BadSchema, "clock_skew_ms"},
		"no name":                              {swap(product, `"name":"Pocket watch",`, ``), event.BadSchema, "name"},
		"no price":                             {swap(product, `"price_minor":3845,`, ``), event.BadSchema, "price_minor"},
		"no date of registration":              {swap(customer, `"registered_at"`, `"x"`), event.BadSchema, "registered_at"},
		"no subtotal":                          {swap(order, `"subtotal_minor":14153,`, ``), event.BadSchema, "subtotal_minor"},
		"a refund without lines":               {`{"event_id":"1","event_type":"transaction","timestamp":"2026-03-02T09:00:00.747Z","visitor_id":"v","transaction_id":"t","refund_id":"r","status":"refunded","items":[],"subtotal_minor":0,"total_minor":5,"currency":"EUR"}`, event.UnknownOrder, "items"},
		"a completed order without lines":      {`{"event_id":"1","event_type":"transaction","timestamp":"2026-03-02T09:00:00.747Z","visitor_id":"v","transaction_id":"t","status":"completed","items":[],"subtotal_minor":0,"total_minor":0,"base_total_minor":0,"currency":"EUR"}`, event.BadSchema, "items"},
		"schema before a missing key":          {`{"event_type":"product_view","timestamp":"2026-03-02T09:00:00.747Z","country":"de"}`, event.BadSchema, "country"},
		"missing key before a bad amount":      {strings.Replace(swap(view, `"visitor_id"`, `"x"`), "1490", "-1", 1), event.MissingKey, "visitor_id"},
		"missing key before a bad timestamp":   {strings.Replace(swap(view, `"visitor_id"`, `"x"`), "2026", "1999", 1), event.MissingKey, "visitor_id"},
		"bad timestamp before a bad amount":    {strings.Replace(swap(view, "1490", "-1"), "2026", "1999", 1), event.BadTimestamp, "timestamp"},
		"no rate before a bad amount":          {strings.Replace(swap(order, `,"base_total_minor":10431`, ``), "15568", "1", 1), event.NoRate, "base_total_minor"},
		"no event id":                          {swap(view, `"event_id"`, `"x"`), event.MissingKey, "event_id"},
		"empty visitor id":                     {swap(view, `"v-681e4a5f11ba938c"`, `""`), event.MissingKey, "visitor_id"},
		"null visitor id":                      {swap(view, `"v-681e4a5f11ba938c"`, `null`), event.MissingKey, "visitor_id"},
		"customer without user":                {swap(customer, `"user_id"`, `"x"`), event.MissingKey, "user_id"},
		"order without id":                     {swap(order, `"transaction_id"`, `"x"`), event.MissingKey, "transaction_id"},
		"refund without id":                    {refund(string(record(order))), event.MissingKey, "refund_id"},
		"cart without id":                      {swap(cart, `"cart_id"`, `"x"`), event.MissingKey, "cart_id"},
		"cart action without product":          {swap(cart, `"product_id"`, `"x"`), event.MissingKey, "product_id"},
		"view without product":                 {swap(view, `"product_id"`, `"x"`), event.MissingKey, "product_id"},
		"stock without product":                {swap(stock, `"product_id"`, `"x"`), event.MissingKey, "product_id"},
		"product without id":                   {swap(product, `"product_id"`, `"x"`), event.MissingKey, "product_id"},
		"item without product":                 {swap(order, `"product_id":"P0049937",`, ``), event.MissingKey, "items[1].product_id"},
		"timestamp before 2000":                {swap(view, `"timestamp":"2026`, `"timestamp":"1999`), event.BadTimestamp, "timestamp"},
		"timestamp over 5 min ahead":           {swap(view, `09:00:00.747Z`, `09:05:00.801Z`), event.BadTimestamp, "timestamp"},
		"ahead by the clock's correction":      {swap(view, `"source"`, `"clock_skew_ms":300054,"source"`), event.BadTimestamp, "timestamp"},
		"no base total":                        {swap(order, `,"base_total_minor":10431`, ``), event.NoRate, "base_total_minor"},
		"no base amount of a line":             {swap(order, `,"base_amount_minor":5025`, ``), event.NoRate, "items[1].base_amount_minor"},
		"negative price":                       {swap(view, `1490`, `-1`), event.BadAmount, "unit_price_minor"},
		"price over the limit":                 {swap(view, `1490`, `1000000000000001`), event.BadAmount, "unit_price_minor"},
		"negative price in a cart":             {swap(cart, `3845`, `-3845`), event.BadAmount, "unit_price_minor"},
		"negative price of a product":          {swap(product, `3845`, `-3845`), event.BadAmount, "price_minor"},
		"negative cost":                        {swap(product, `2100`, `-2100`), event.BadAmount, "cost_minor"},
		"negative line":                        {swap(order, `"amount_minor":7499`, `"amount_minor":-7499`), event.BadAmount, "items[1].amount_minor"},
		"negative tax":                         {swap(order, `"tax_minor":1415`, `"tax_minor":-1415`), event.BadAmount, "tax_minor"},
		"total over the limit":                 {swap(order, `15568`, `1000000000000001`), event.BadAmount, "total_minor"},
		"subtotal that is not the lines'":      {strings.Replace(swap(order, `14153`, `14154`), "15568", "15569", 1), event.BadAmount, "subtotal_minor"},
		"total that does not add up":           {swap(order, `15568`, `15567`), event.BadAmount, "total_minor"},
		"base lines above the base total":      {swap(order, `10431`, `9482`), event.BadAmount, "base_total_minor"},
		"base lines below, no tax, no freight": {strings.Replace(swap(order, `"tax_minor":1415,`, ``), "15568", "14153", 1), event.BadAmount, "base_total_minor"},
	}
}

func TestABadRecordIsRefusedWithItsReasonAndField(t *testing.T) {
	for name, tc := range defects() {
		t.Run(name, func(t *testing.T) {
			var fast, slow event.Decoder
			var e event.Event
			err := fast.Decode([]byte(tc.record), sampleTime, &e)
			invalid, ok := errors.AsType[*event.Invalid](err)
			if !ok {
				t.Fatalf("error = %v, want an *Invalid", err)
			}
			got := defect{tc.record, invalid.Reason, invalid.Field}
			if diff := cmp.Diff(tc, got, cmp.AllowUnexported(defect{})); diff != "" && len(tc.record) < 2000 {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			} else if diff != "" {
				t.Errorf("%v, want %s of %q", err, tc.reason, tc.field)
			}
			if invalid.Detail == "" || len(invalid.Detail) > 400 {
				t.Errorf("detail of %d bytes: %s", len(invalid.Detail), invalid.Detail)
			}
			checkAgreement(t, &fast, &slow, []byte(tc.record), sampleTime)
		})
	}
}

func TestEveryReasonHasADefect(t *testing.T) {
	seen := map[event.Reason]bool{}
	for _, d := range defects() {
		seen[d.reason] = true
	}
	for _, r := range event.Reasons {
		if !seen[r] {
			t.Errorf("no record is refused for %s", r)
		}
	}
}

func TestAnUnusualRecordIsTaken(t *testing.T) {
	const (
		order, view, cart = event.TypeTransaction, event.TypeProductView, event.TypeCartEvent
	)
	tests := map[string]struct {
		record string
		want   func(*event.Event)
	}{
		"white space":               {strings.ReplaceAll(string(record(view)), `":`, "\" :\n\t"), nil},
		"white space around":        {" " + string(record(view)) + "\r\n", nil},
		"escapes":                   {swap(view, "Beauty", `\u00e4\/\"\\\n\ud83d\ude00`), func(e *event.Event) { e.Category = "ä/\"\\\n😀" }},
		"escaped key":               {swap(view, `"category"`, `"\u0063ategory"`), nil},
		"not ASCII":                 {swap(view, "Beauty", `Schönheit €`), func(e *event.Event) { e.Category = "Schönheit €" }},
		"unknown members":           {swap(view, `{`, `{"email":"a@b.c","x":{"y":[1,{"z":null}]},`), nil},
		"members of another type":   {swap(view, `{`, `{"items":5,"delta":[],`), nil},
		"false":                     {swap(event.TypeProduct, `true`, `false`), func(e *event.Event) { e.Active = false }},
		"keys in another case":      {swap(view, `{`, `{"Event_ID":1,`), nil},
		"null":                      {swap(view, `"Beauty"`, `null`), func(e *event.Event) { e.Category = "" }},
		"no version":                {swap(view, `"schema_version":"1.0",`, ``), nil},
		"null version":              {swap(view, `"schema_version":"1.0"`, `"schema_version":null`), nil},
		"a later minor":             {swap(view, `"1.0"`, `"1.12"`), func(e *event.Event) { e.SchemaVersion = "1.12" }},
		"no country":                {swap(view, `"DE"`, `""`), func(e *event.Event) { e.Country = "" }},
		"5 min ahead":               {swap(view, `09:00:00.747Z`, `09:05:00.800Z`), func(e *event.Event) { e.Timestamp = sampleTime + event.MaxAhead }},
		"ahead, but corrected":      {swap(view, `09:00:00.747Z","received_at`, `09:10:00.000Z","clock_skew_ms":-600000,"received_at`), func(e *event.Event) { e.Timestamp, e.ClockSkewMS = sampleTime+599_200, -600_000 }},
		"another zone, finer":       {swap(view, `2026-03-02T09:00:00.747Z`, `2026-03-02T10:30:00.7479+01:30`), nil},
		"seconds only":              {swap(view, `09:00:00.747Z`, `09:00:00Z`), func(e *event.Event) { e.Timestamp = sampleTime - 800 }},
		"an arrival that is not so": {swap(view, `2026-03-02T09:00:00.800Z`, `whenever`), nil},
		"the first instant":         {swap(view, `2026-03-02T09:00:00.747Z`, `2000-01-01T00:00:00.000Z`), func(e *event.Event) { e.Timestamp = event.FirstTimestamp }},
		"members in another order":  {`{"category":"Beauty",` + strings.Replace(string(record(view)), `"category":"Beauty",`, ``, 1)[1:], nil},
		"minus zero":                {swap(view, "1490", "-0"), func(e *event.Event) { e.UnitPriceMinor = 0 }},
		"checkout without product":  {strings.Replace(swap(cart, `"product_id":"P0220703",`, ``), "add", "checkout", 1), func(e *event.Event) { e.ProductID, e.Action = "", event.ActionCheckout }},
		"update by a negative":      {strings.Replace(swap(cart, `"quantity":1`, `"quantity":-3`), "add", "update", 1), func(e *event.Event) { e.Quantity, e.Action = -3, event.ActionUpdate }},
		"failed without items": {
			`{"event_id":"1","event_type":"transaction","timestamp":"2026-03-02T09:00:00.747Z","visitor_id":"v","transaction_id":"t","status":"failed","items":[],"subtotal_minor":0,"total_minor":0,"base_total_minor":0,"currency":"EUR"}`,
			func(e *event.Event) {
				*e = event.Event{
					ID: "1", Type: order, SchemaVersion: "1.0", Timestamp: sampleTime - 53, ReceivedAt: sampleTime, VisitorID: "v",
					TransactionID: "t", Status: event.StatusFailed, Items: []event.Item{}, Currency: "EUR",
				}
			},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var fast, slow event.Decoder
			var got event.Event
			if err := fast.Decode([]byte(tc.record), sampleTime, &got); err != nil {
				t.Fatal(err)
			}
			want := sample(got.Type)
			if tc.want != nil {
				tc.want(&want)
			}
			if diff := cmp.Diff(want, got, equal); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			checkAgreement(t, &fast, &slow, []byte(tc.record), sampleTime)
		})
	}
}

func TestADecodedEventSharesTheRecordsMemory(t *testing.T) {
	var d event.Decoder
	var e event.Event
	b := record(event.TypeProductView)
	if err := d.Decode(b, sampleTime, &e); err != nil {
		t.Fatal(err)
	}
	clear(b)
	if e.Category != strings.Repeat("\x00", len("Beauty")) {
		t.Errorf("category = %q: it was copied", e.Category)
	}
	if e.Type != event.TypeProductView {
		t.Errorf("type = %q: it must outlive the record", e.Type)
	}
}

func TestAPanicInTheDecoderIsAnErrorOfTheRecord(t *testing.T) {
	var d event.Decoder
	err := d.Decode(record(event.TypeProductView), sampleTime, nil) // nowhere to decode to
	if reasonOf(err) != event.BadJSON || !strings.Contains(err.Error(), "please report it") {
		t.Errorf("got %v", err)
	}
}
