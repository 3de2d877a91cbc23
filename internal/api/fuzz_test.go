package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// FuzzQuery asks every question of the API with any query. Whatever it says, there
// is an answer in JSON or a problem that names what is wrong, and no server error.
func FuzzQuery(f *testing.F) {
	shop := newShopFixture(f, shopChanges())
	paths := slices.DeleteFunc(slices.Sorted(maps.Keys(shop.huma.OpenAPI().Paths)), func(path string) bool {
		return shop.huma.OpenAPI().Paths[path].Get == nil || strings.Contains(path, "stream")
	})
	for _, query := range []string{
		"", "limit=10", "limit=0", "limit=1001", "limit=-9223372036854775808", "limit=1&limit=2", "limit=%31", "from=2026-03-01&to=2026-03-02", "from=2026-03-01T10:00:00+01:00",
		"from=0000-01-01", "to=9999-12-31T23:59:59Z", "from=2026-03-02&to=2026-03-01", "period=7d", "period=400d", "period=+7d", "period=99999999999999999999m", "granularity=hour&country=DE&category=Books",
		"country=%00", "category=%ff%fe", "sort_by=revenue%3Bdrop+table", "segment=Champions", "cursor=e30", "cursor=!", "cursor=eyJyIjoiIiwicyI6LTF9", "range=12mo&compare=yoy", "range=24h&tz=UTC&format=ndjson", "format=csv", "format=xml", "sort=-orders", "days=90", "by=rfm", "unheard=of", "&&&=", "%zz", "limit=%", "a;b",
	} {
		for i := range paths {
			f.Add(uint8(i), query)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, query string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, strings.NewReplacer("{", "", "}", "").Replace(paths[int(which)%len(paths)]), nil)
		r.URL.RawQuery = query
		r.Header.Set(headerKey, readKey)
		shop.now = shop.now.Add(time.Second) // the rate limit
		w := httptest.NewRecorder()
		shop.ServeHTTP(w, r)
		switch {
		case w.Code == http.StatusOK:
			if w.Header().Get("Content-Type") == "application/json" && !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s is answered by %s", r.URL, w.Body)
			}
		case w.Code >= 400 && w.Code < 500:
			problem(t, w)
		default:
			t.Errorf("%s is answered with %d: %s", r.URL, w.Code, w.Body)
		}
	})
}

// FuzzCursor reads cursors that are none of ours, which are refused or stand for a
// place that is written and read again, and checks that ours come back.
func FuzzCursor(f *testing.F) {
	f.Add(cursorOf(store.CartPlace{LastAt: 5, Key: store.CartKey{CartID: "c", Episode: 5}}), int64(1), "c")
	for _, text := range []string{"", "e30", "bnVsbA", "W10", "!", "e30=", "eyJMYXN0QXQiOjFlOTl9", "eyJMYXN0QXQiOjEuNX0"} {
		f.Add(text, int64(-1), "\xff\x00")
	}
	f.Fuzz(func(t *testing.T, text string, at int64, id string) {
		place, err := parseCursor[store.CartPlace](text)
		if err != nil && place != (store.CartPlace{}) && len(text) <= maxCursor {
			place = store.CartPlace{} // what was read before it went wrong
		}
		mine := store.CartPlace{LastAt: event.Time(at), Key: store.CartKey{CartID: strings.ToValidUTF8(id, "?"), Episode: event.Time(at)}}
		for _, p := range []store.CartPlace{place, mine} {
			cursor := cursorOf(p)
			again, err := parseCursor[store.CartPlace](cursor)
			if len(cursor) <= maxCursor && (err != nil || again != p) {
				t.Errorf("%+v comes back as %+v: %v", p, again, err)
			}
			if cursor != url.QueryEscape(cursor) {
				t.Errorf("%q does not go into a query as it is", cursor)
			}
		}
	})
}

// FuzzTimes reads spans, instants and days.
func FuzzTimes(f *testing.F) {
	for _, s := range []string{"", "15m", "24h", "7d", "4w", "12mo", "14mo", "mo", "1dm", "today", "ytd", "400d", "401d", "0d", "-1d", "576001m", "9223372036854775807w", "2026-03-01", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00 01:00", "2026-02-30", "0000-01-01", "9999-12-31T23:59:59.999999999-24:00"} {
		f.Add(s, "2026-03-02")
	}
	a := newFixture(f).API
	length := map[string]event.Time{"m": minuteMS, "h": hourMS, "d": dayMS, "mo": maxRange / maxMonths, "yesterday": dayMS, "mtd": dayMS, "qtd": dayMS, "ytd": dayMS}
	f.Fuzz(func(t *testing.T, from, to string) {
		if p, err := parseSpan(from); err == nil {
			if unit := length[p.unit]; unit == 0 || p.n < 1 || event.Time(p.n)*unit > maxRange {
				t.Errorf("span %q is %d %s", from, p.n, p.unit)
			}
		}
		start, end, errs := a.parseBounds(from, to)
		if errs == nil && from != "" && to != "" && (start >= end || end-start > maxRange) {
			t.Errorf("from %q to %q is [%d, %d)", from, to, start, end)
		}
	})
}
