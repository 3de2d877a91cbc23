package collector_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"globalmart/internal/event"
)

func TestWhoItWas(t *testing.T) {
	long := strings.Repeat("a", 65)
	tests := map[string]struct{ ids, visitor, user string }{
		"a device":                             {`"anonymousId":"a1"`, "a1", ""},
		"a customer":                           {`"userId":"u1"`, "user:u1", "u1"},
		"a customer at a device":               {`"anonymousId":"a1","userId":"u1"`, "a1", "u1"},
		"a customer of a server":               {`"anonymousId":null,"userId":"u1"`, "user:u1", "u1"},
		"a number":                             {`"userId":12345`, "user:12345", "12345"},
		"an id that many share":                {`"userId":"guest"`, "once:m1", ""},
		"ids that many share":                  {`"userId":"null","anonymousId":"undefined"`, "once:m1", ""},
		"a shared id at a device":              {`"userId":" Anonymous ","anonymousId":"a1"`, "a1", ""},
		"a customer at a device without an id": {`"userId":"u1","anonymousId":"00000000-0000-0000-0000-000000000000"`, "user:u1", "u1"},
		"what is no id":                        {`"userId":{"id":1},"anonymousId":"a1"`, "a1", ""},
		"an id that is too long for a key":     {`"anonymousId":"` + long + `"`, "digest:635361c48bb9eab14198e76ea8ab7f1a", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e, err := decode(newRig(t).one(t, "/v1/t", `{"messageId":"m1",`+test.ids+`,"event":"Product Viewed","properties":{"product_id":"p1"}}`))
			if err != nil || e.VisitorID != test.visitor || e.UserID != test.user {
				t.Errorf("visitor %q, user %q (%v), want %q, %q", e.VisitorID, e.UserID, err, test.visitor, test.user)
			}
		})
	}
}

func TestStrangersAreNeverOnePerson(t *testing.T) {
	r := newRig(t)
	seen := map[string]bool{}
	for i := range 10 {
		e, err := decode(r.one(t, "/v1/t", fmt.Sprintf(`{"messageId":"m%d","userId":"guest","event":"Product Viewed","properties":{"product_id":"p1"}}`, i)))
		if err != nil || seen[e.VisitorID] {
			t.Fatalf("visitor %q again (%v)", e.VisitorID, err)
		}
		seen[e.VisitorID] = true
	}
}

func TestWhenItWas(t *testing.T) {
	tests := map[string]struct {
		said      string
		timestamp string
		skew      int64
	}{
		"nothing is said":                        {``, "2026-03-02T10:20:30.000Z", 0},
		"the event's time alone":                 {`"timestamp":"2026-03-02T10:20:20Z"`, "2026-03-02T10:20:20.000Z", 0},
		"an offset and microseconds":             {`"timestamp":"2026-03-02T12:20:20.123456+02:00"`, "2026-03-02T10:20:20.123Z", 0},
		"a clock that is right":                  {`"timestamp":"2026-03-02T10:20:20Z","sentAt":"2026-03-02T10:20:30Z"`, "2026-03-02T10:20:20.000Z", 0},
		"a clock that is ahead":                  {`"timestamp":"2026-03-02T10:25:20Z","sentAt":"2026-03-02T10:25:30Z"`, "2026-03-02T10:25:20.000Z", -300_000},
		"a clock that is behind":                 {`"timestamp":"2026-03-02T10:15:20Z","sentAt":"2026-03-02T10:15:30Z"`, "2026-03-02T10:15:20.000Z", 300_000},
		"a clock that is far behind":             {`"timestamp":"2026-03-02T09:15:20Z","sentAt":"2026-03-02T09:15:30Z"`, "2026-03-02T09:15:20.000Z", 600_000},
		"a clock that cannot be read":            {`"timestamp":"2026-03-02T10:20:20Z","sentAt":"now"`, "2026-03-02T10:20:20.000Z", 0},
		"a clock of which the time is not known": {`"sentAt":"2026-03-02T10:25:30Z"`, "2026-03-02T10:20:30.000Z", 0},
		"the first one of two":                   {`"originalTimestamp":"2026-03-02T10:20:10Z","timestamp":"2026-03-02T10:20:20Z"`, "2026-03-02T10:20:10.000Z", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e, err := decode(newRig(t).one(t, "/v1/t", `{`+strings.TrimPrefix(test.said+`,"userId":"u1","event":"Product Viewed","properties":{"product_id":"p1"}}`, ",")))
			if err != nil || e.Timestamp.String() != test.timestamp || e.ClockSkewMS != test.skew {
				t.Errorf("%s, corrected by %d ms (%v), want %s, %d", e.Timestamp, e.ClockSkewMS, err, test.timestamp, test.skew)
			}
		})
	}
}

func TestWhereItWas(t *testing.T) {
	r := newRig(t)
	body := `{"batch":[
		{"type":"track","userId":"u1","event":"Product Viewed","properties":{"product_id":"p1","country":"fr"},"context":{"userAgent":"Mozilla/5.0 (iPhone) Mobile/15E148","sessionId":1772446800,"page":{"referrer":"https://www.google.com/search?q=secret"}}},
		{"type":"track","userId":"u2","event":"Product Viewed","properties":{"product_id":"p1"},"context":{"device":{"type":"tablet"}}},
		{"type":"track","userId":"u3","event":"Product Viewed","properties":{"product_id":"p1","country":"Germany"}}
	],"context":{"userAgent":"Mozilla/5.0 (X11; Linux x86_64)","location":{"country":"DE"}}}`
	if a := r.send(t, "/v1/batch", body); a.Accepted != 3 {
		t.Fatal(a.body)
	}
	want := []event.Event{
		{Country: "FR", Device: "mobile", SessionID: "1772446800", Referrer: "https://www.google.com/"},
		{Country: "DE", Device: "tablet"},
		{Country: "DE", Device: "desktop"},
	}
	for i, record := range r.log.records {
		e, err := decode(record)
		if w := want[i]; err != nil || e.Country != w.Country || e.Device != w.Device || e.SessionID != w.SessionID || e.Referrer != w.Referrer {
			t.Errorf("event %d: %s (%v)", i, record.Value, err)
		}
	}
}

func TestARetryIsRecognised(t *testing.T) {
	r := newRig(t)
	text := rapid.StringMatching(`[a-z0-9 ]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		members := []string{
			fmt.Sprintf(`"type":%q`, "track"), fmt.Sprintf(`"event":%q`, "Product Viewed"), fmt.Sprintf(`"userId":%q`, text.Draw(t, "user")+"u"),
			fmt.Sprintf(`"properties":{"product_id":%q,"price":%d}`, text.Draw(t, "product")+"p", rapid.IntRange(0, 1000).Draw(t, "price")),
		}
		if rapid.Bool().Draw(t, "timed") {
			members = append(members, `"timestamp":"2026-03-02T10:20:`+fmt.Sprintf("%02d", rapid.IntRange(0, 29).Draw(t, "second"))+`Z"`)
		}
		id := func(members []string) string {
			record := r.one(t, "/v1/batch", `{"batch":[{`+strings.Join(members, ",")+`}],"sentAt":"2026-03-02T10:20:30Z"}`)
			e, err := decode(record)
			if err != nil || e.ID == "" {
				t.Fatalf("%s: %v", record.Value, err)
			}
			return e.ID
		}
		again := append(rapid.Permutation(members).Draw(t, "order"), `"sentAt":"2026-03-02T10:20:29Z"`, `"_metadata":{"failed":[]}`, `"integrations":{}`)
		if first, second := id(members), id(again); first != second {
			t.Fatalf("%s, then %s", first, second)
		}
		other := append(slices.Clip(members), `"context":{"ip":"other"}`)
		if id(members) == id(other) {
			t.Fatalf("another event has the same id")
		}
		given := rapid.StringMatching(`[a-zA-Z0-9_:-]{1,100}`).Draw(t, "messageId")
		if got := id(append(again, fmt.Sprintf(`"messageId":%q`, given))); got != given {
			t.Fatalf("messageId %s became %s", given, got)
		}
	})
}

func TestAMessageIDThatCannotBeKeptIsReplaced(t *testing.T) {
	for _, id := range []string{strings.Repeat("x", 101), `a\u0000b`, "", `\n`} {
		r := newRig(t)
		body := `{"messageId":"` + id + `","userId":"u1","event":"Product Viewed","properties":{"product_id":"p1"}}`
		first, err := decode(r.one(t, "/v1/t", body))
		if err != nil || !strings.HasPrefix(first.ID, "content:") {
			t.Errorf("%q became %q (%v)", id, first.ID, err)
		}
		if again, _ := decode(r.one(t, "/v1/t", body)); again.ID != first.ID {
			t.Errorf("%q became %q, then %q", id, first.ID, again.ID)
		}
	}
}
