package importer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"globalmart/internal/event"
	"globalmart/internal/ingest/importer"
	"globalmart/internal/rules"
)

// loadJSONL imports text and returns what was rejected, too.
func loadJSONL(t testing.TB, text string) (*importer.Import, []importer.Rejection) {
	t.Helper()
	var rejected []importer.Rejection
	im, err := importer.JSONL(t.Context(), strings.NewReader(text), importer.Options{
		Convert: rules.Default().Convert,
		Reject:  func(r importer.Rejection) { rejected = append(rejected, r) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return im, rejected
}

// records returns the events as JSON.
func records(im *importer.Import) []string {
	var all []string
	for e := range im.Events() {
		all = append(all, string(e.AppendJSON(nil)))
	}
	return all
}

// view returns a line of a product view; more is JSON after its last member.
func view(id, more string) string {
	return `{"event_id":"` + id + `","event_type":"product_view","visitor_id":"v","product_id":"p"` + more + "}"
}

const (
	at10        = `,"timestamp":"2026-01-02T10:00:00.000Z"`
	receivedAt5 = `,"received_at":"2026-01-02T10:00:05.000Z"`
)

func TestEventsStayAsTheyAreButForWhatIsNotTheirs(t *testing.T) {
	const head = `{"event_id":"a","event_type":"product_view","schema_version":"1.0","timestamp":"2026-01-02T10:00:00.000Z",`
	tests := map[string]struct{ line, want string }{
		"received_at is the record's own": {
			view("a", at10+receivedAt5),
			head + `"received_at":"2026-01-02T10:00:05.000Z","visitor_id":"v","product_id":"p"}`,
		},
		"else the timestamp": {
			view("a", at10),
			head + `"received_at":"2026-01-02T10:00:00.000Z","visitor_id":"v","product_id":"p"}`,
		},
		"also if it is null": {
			view("a", at10+`,"received_at":null`),
			head + `"received_at":"2026-01-02T10:00:00.000Z","visitor_id":"v","product_id":"p"}`,
		},
		"corrected by the skew of the clock": {
			view("a", at10+`,"clock_skew_ms":600000`),
			head + `"clock_skew_ms":600000,"received_at":"2026-01-02T10:10:00.000Z","visitor_id":"v","product_id":"p"}`,
		},
		"whatever else is called so": {
			view("a", `,"referrer":"received_at","x":{"received_at":"2001-01-01T00:00:00Z"}`+at10+` , "received\u005fat" : "2026-01-02T11:00:05+01:00"`),
			head + `"received_at":"2026-01-02T10:00:05.000Z","visitor_id":"v","product_id":"p","referrer":"received_at"}`,
		},
		"members that the contract does not have are dropped": {
			view("a", at10+receivedAt5+`,"email":"someone@example.com","items":[{"product_id":"q"}],"ip":{"v":[4]}`),
			head + `"received_at":"2026-01-02T10:00:05.000Z","visitor_id":"v","product_id":"p"}`,
		},
		"any spelling becomes the canonical one": {
			"  {\"product_id\" : \"p\\u0021\",\t\"visitor_id\":\"v\", \"timestamp\":\"2026-01-02T11:00:00+01:00\", \"event_type\":\"product_view\",\"event_id\":\"a\",\"source\":\"till\"} ",
			head + `"received_at":"2026-01-02T10:00:00.000Z","source":"till","visitor_id":"v","product_id":"p!"}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			im, rejected := loadJSONL(t, test.line+"\n")
			if diff := cmp.Diff([]string{test.want}, records(im)); diff != "" {
				t.Error(diff)
			}
			if len(rejected) > 0 {
				t.Errorf("rejected: %+v", rejected)
			}
		})
	}
}

func TestEveryTopicIsTakenInTheOrderItWasReceived(t *testing.T) {
	at := func(second int) string { return fmt.Sprintf(`,"timestamp":"2026-01-02T10:00:%02d.000Z"`, second) }
	text := "\ufeff" + view("3", at(3)) + "\r\n\n" +
		`{"event_id":"4","event_type":"cart_event","visitor_id":"v","cart_id":"c","action":"clear"` + at(4) + "}\n" +
		`{"event_id":"1","event_type":"inventory_update","product_id":"p","delta":-3,"reason":"adjustment"` + at(1) + "}\n" +
		`{"event_id":"2","event_type":"product","product_id":"p","name":"Lamp","price_minor":5` + at(2) + "}\n" +
		"not an event\n" +
		`{"event_id":"2b","event_type":"customer","user_id":"u","registered_at":"1999-01-01T00:00:00Z"` + at(2) + "}\n" +
		order("5", "USD", "", "") + "\n" +
		`{"event_id":"6","event_type":"transaction","visitor_id":"v","transaction_id":"6","status":"pending","items":[],"subtotal_minor":0,"total_minor":0,"currency":"XXX"` + at(59) + "}\n" +
		view("0", `,"received_at":"2026-01-02T10:00:00.500Z"`+at(9))
	im, rejected := loadJSONL(t, text)
	var ids []string
	for e := range im.Events() {
		ids = append(ids, e.ID)
	}
	if diff := cmp.Diff([]string{"0", "1", "2", "2b", "3", "4", "5", "6"}, ids); diff != "" {
		t.Error(diff)
	}
	want := importer.Summary{
		FileBytes: int64(len(text)), Rows: 9, Rejected: map[importer.Reason]int{"bad_json": 1}, NoRate: 1, Events: 8,
		Topics: map[string]int{"product_views": 2, "cart_events": 1, "inventory_updates": 1, "products": 1, "customers": 1, "transactions": 2},
		First:  1_767_348_000_500, Last: 1_767_348_059_000,
	}
	if diff := cmp.Diff(want, im.Summary, cmpopts.IgnoreFields(importer.Summary{}, "FileSHA256")); diff != "" {
		t.Error(diff)
	}
	if len(rejected) != 1 || rejected[0].Line != 6 || rejected[0].Row != "not an event" {
		t.Errorf("rejected: %+v", rejected)
	}
}

// order returns a line of an order of 100 + 250 less 50, with shipping of 30;
// base and lineBase are JSON after the total, and after the first line's amount.
func order(id, currency, base, lineBase string) string {
	return `{"event_id":"` + id + `","event_type":"transaction","visitor_id":"v","transaction_id":"` + id + `","status":"completed",` +
		`"items":[{"product_id":"p","quantity":1,"amount_minor":100` + lineBase + `},{"product_id":"q","quantity":2,"amount_minor":250}],` +
		`"subtotal_minor":350,"discount_minor":50,"shipping_minor":30,"total_minor":330,"currency":"` + currency + `"` + base +
		`,"timestamp":"2026-01-02T10:00:05.000Z"}`
}

func TestBaseAmountsThatAreMissingAreMade(t *testing.T) {
	whole := strings.Replace(order("a", "EUR", `,"base_total_minor":333`, `,"base_amount_minor":1`), `"amount_minor":250`, `"amount_minor":250,"base_amount_minor":2`, 1)
	tests := map[string]struct {
		line string
		want [3]event.Minor // total, lines
	}{
		"in the reporting currency":                {order("a", "USD", "", ""), [3]event.Minor{330, 86, 214}},
		"in another":                               {order("a", "GBP", "", ""), [3]event.Minor{419, 109, 272}},
		"in one without minor units":               {order("a", "JPY", "", ""), [3]event.Minor{221, 57, 144}},
		"all anew, if one is missing":              {order("a", "USD", `,"base_total_minor":999`, `,"base_amount_minor":1`), [3]event.Minor{330, 86, 214}},
		"none, if there is no rate":                {order("a", "CHF", "", ""), [3]event.Minor{event.NoAmount, event.NoAmount, event.NoAmount}},
		"none, if there is no rate but one amount": {order("a", "CHF", `,"base_total_minor":999`, ""), [3]event.Minor{event.NoAmount, event.NoAmount, event.NoAmount}},
		"those that are there stay":                {whole, [3]event.Minor{333, 1, 2}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			im, rejected := loadJSONL(t, test.line)
			if len(rejected) > 0 {
				t.Fatalf("rejected: %+v", rejected)
			}
			for e := range im.Events() {
				got := [3]event.Minor{e.BaseTotalMinor, e.Items[0].BaseAmountMinor, e.Items[1].BaseAmountMinor}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Error(diff)
				}
				if err := e.Validate(); err != nil && !noRate(err) {
					t.Error(err)
				}
			}
			if noBase := test.want[0] == event.NoAmount; (im.Summary.NoRate == 1) != noBase {
				t.Errorf("%d without a rate", im.Summary.NoRate)
			}
		})
	}
}

func TestLinesThatAreNoEventAreRejectedWithTheirReason(t *testing.T) {
	bad := func(from, to string) string { return strings.Replace(order("a", "USD", "", ""), from, to, 1) }
	tests := map[string]struct {
		line   string
		reason event.Reason
		detail string // starts so
	}{
		"no JSON":                  {"{", event.BadJSON, "unexpected end"},
		"an array":                 {"[" + view("a", at10) + "]", event.BadJSON, "found an array, want an object"},
		"two events":               {view("a", at10) + view("b", at10), event.BadJSON, "invalid character"},
		"Latin-1":                  {view("\xa3", at10), event.BadJSON, "not UTF-8"},
		"no type":                  {"{}", event.BadSchema, "event_type: missing"},
		"another contract":         {`{"event_type":"page","messageId":"1"}`, event.BadSchema, `event_type: found "page"`},
		"another version":          {view("a", at10+`,"schema_version":"2.0"`), event.UnknownVersion, `schema_version: found "2.0"`},
		"no id":                    {view("", at10), event.MissingKey, "event_id: missing"},
		"no timestamp":             {view("a", ""), event.BadSchema, "timestamp: missing"},
		"a timestamp before 2000":  {view("a", `,"timestamp":"1997-01-01T00:00:00Z"`), event.BadTimestamp, "timestamp: found 1997-01-01"},
		"one that is ahead":        {view("a", `,"timestamp":"2026-01-02T10:10:05.001Z"`+receivedAt5), event.BadTimestamp, "timestamp: found 2026-01-02T10:10:05.001Z"},
		"received before 2000":     {view("a", at10+`,"received_at":"1999-12-31T23:59:59Z"`), event.BadTimestamp, "received_at: found 1999-12-31"},
		"received at no time":      {view("a", at10+`,"received_at":"now"`), event.BadSchema, "received_at: want an RFC 3339"},
		"received at a number":     {view("a", at10+`,"received_at":1767348000000`), event.BadSchema, "received_at: "},
		"received twice":           {view("a", at10+receivedAt5+receivedAt5), event.BadSchema, "received_at: given twice"},
		"amounts that disagree":    {bad(`"total_minor":330`, `"total_minor":331`), event.BadAmount, "total_minor: found 331"},
		"a negative amount":        {bad(`"amount_minor":100`, `"amount_minor":-100`), event.BadAmount, "items[0].amount_minor: found -100"},
		"the greatest amounts":     {bad(`"subtotal_minor":350`, `"subtotal_minor":9223372036854775807`), event.BadAmount, "subtotal_minor"},
		"the least amounts":        {bad(`"discount_minor":50`, `"discount_minor":-9223372036854775807`), event.BadAmount, "discount_minor"},
		"a record that is too big": {view("a", at10+`,"x":"`+strings.Repeat("x", event.MaxRecordBytes)+`"`), event.Oversized, "524412 bytes, at most 524288"},
		"far too big":              {view("a", at10+`,"x":"`+strings.Repeat("x", 5*event.MaxRecordBytes)+`"`), event.Oversized, "2621564 bytes, at most 524288"},
		"too big when written out": {longOrder(t, 2000), event.Oversized, "5"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			im, rejected := loadJSONL(t, view("1", at10)+"\n"+test.line+"\n"+view("2", at10)+"\n")
			if len(rejected) != 1 {
				t.Fatalf("%d lines were rejected, want 1: %+v", len(rejected), rejected)
			}
			got := rejected[0]
			if got.Line != 2 || got.Rows != 1 || got.Reason != importer.Reason(test.reason) || !strings.HasPrefix(got.Detail, test.detail) {
				t.Errorf("got line %d, %d rows, %s: %s; want line 2, %s: %s…", got.Line, got.Rows, got.Reason, got.Detail, test.reason, test.detail)
			}
			if got.Row == "" || len(got.Row) > 500 {
				t.Errorf("the rejection shows %d bytes of the line", len(got.Row))
			}
			if im.Summary.Events != 2 || im.Summary.Rows != 3 || len(records(im)) != 2 {
				t.Errorf("the lines around it were not taken: %+v", im.Summary)
			}
		})
	}
}

// longOrder returns an order of n lines that fits into a record as long as base
// amounts are missing.
func longOrder(t *testing.T, n int) string {
	t.Helper()
	var items []string
	for range n {
		items = append(items, `{"product_id":"`+strings.Repeat("p", 100)+`","category":"`+strings.Repeat("c", 98)+`","quantity":1,"amount_minor":1}`)
	}
	order := fmt.Sprintf(`{"event_id":"a","event_type":"transaction","visitor_id":"v","transaction_id":"a","status":"completed",`+
		`"items":[%s],"subtotal_minor":%d,"total_minor":%[2]d,"currency":"USD","timestamp":"2026-01-02T10:00:05.000Z"}`, strings.Join(items, ","), n)
	if len(order) > event.MaxRecordBytes {
		t.Fatalf("the order has %d bytes", len(order))
	}
	return order
}

func TestFilesWithoutAnEventAreRefused(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"an empty file": {"", "the file is empty, want an event"},
		"blank lines":   {"\n \r\n", "the file is empty"},
		"another file":  {header + "1,P\n", "none of 2 is an event; line 1: bad_json: invalid character 'I'"},
		"one endless":   {strings.Repeat("x", 3<<20), "none of 1 is an event; line 1: oversized: 3145728 bytes"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := importer.JSONL(t.Context(), strings.NewReader(test.text), importer.Options{Convert: pounds().Convert})
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "importer: ") {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestCompressedJSONLGivesTheSameEvents(t *testing.T) {
	var text strings.Builder
	for i := range 2000 {
		text.WriteString(view(fmt.Sprint(i), at10+receivedAt5) + "\n")
	}
	want, _ := loadJSONL(t, text.String())
	for name, file := range map[string][]byte{"xz": xzOf(t, text.String()), "gzip": gzipOf(t, text.String())} {
		t.Run(name, func(t *testing.T) {
			got, err := importer.JSONL(t.Context(), iotest.HalfReader(bytes.NewReader(file)), importer.Options{Convert: pounds().Convert})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(records(want), records(got)); diff != "" {
				t.Error(diff)
			}
			_, err = importer.JSONL(t.Context(), bytes.NewReader(file[:len(file)/2]), importer.Options{Convert: pounds().Convert})
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("a file that is cut off: error %v", err)
			}
		})
	}
}

func TestReadingLinesEndsWithItsReaderOrContext(t *testing.T) {
	broken := errors.New("disk on fire")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(broken)
	good := view("a", at10)
	tests := map[string]struct {
		ctx  context.Context
		file io.Reader
	}{
		"the reader at once":       {t.Context(), iotest.ErrReader(broken)},
		"the reader within a line": {t.Context(), io.MultiReader(strings.NewReader(good+"\n"+good), iotest.ErrReader(broken))},
		"the reader in a long one": {t.Context(), io.MultiReader(strings.NewReader(strings.Repeat("x", 2<<20)), iotest.ErrReader(broken))},
		"the context":              {ctx, strings.NewReader(good)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := importer.JSONL(test.ctx, test.file, importer.Options{Convert: pounds().Convert}); !errors.Is(err, broken) {
				t.Errorf("error %v, want %v", err, broken)
			}
		})
	}
}

func TestEventsMayBeLeftHalfway(t *testing.T) {
	im, _ := loadJSONL(t, view("a", at10)+"\n"+view("b", at10)+"\n")
	for range im.Events() {
		break
	}
	if got := len(records(im)); got != 2 {
		t.Errorf("%d events after leaving at the first, want 2", got)
	}
}
