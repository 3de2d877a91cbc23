package app

import (
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/alert"
	"globalmart/internal/console"
	"globalmart/internal/engine"
	"globalmart/internal/event"
	"globalmart/internal/schedule"
	"globalmart/internal/store"
)

func TestAQuantileIsOfWhatCameSinceTheLookBefore(t *testing.T) {
	inf := math.Inf(1)
	before := map[float64]float64{0.01: 100, 0.02: 100, inf: 100}
	for name, tt := range map[string]struct {
		q           float64
		now, before map[float64]float64
		want        float64
		ok          bool
	}{
		"in a bucket, evenly spread":       {0.5, map[float64]float64{0.01: 100, 0.02: 110, inf: 110}, before, 0.015, true},
		"in the lowest one":                {0.5, map[float64]float64{0.01: 110, 0.02: 110, inf: 110}, before, 0.005, true},
		"above the highest bound":          {0.99, map[float64]float64{0.01: 100, 0.02: 100, inf: 110}, before, 0.02, true},
		"nothing came":                     {0.5, before, before, 0, false},
		"of a process that was restarted":  {0.5, map[float64]float64{0.01: 0, 0.02: 10, inf: 10}, before, 0.015, true},
		"of everything, at the first look": {0.5, map[float64]float64{0.01: 10, 0.02: 10, inf: 10}, nil, 0.005, true},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := quantile(tt.q, tt.now, tt.before)
			if ok != tt.ok || math.Abs(got-tt.want) > 1e-9 {
				t.Errorf("got %v, %v, want %v, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestRatesStartAgainWithTheProcess(t *testing.T) {
	got := grown(map[string]float64{"a": 30, "b": 5, "new": 2}, map[string]float64{"a": 10, "b": 50})
	if diff := cmp.Diff(map[string]float64{"a": 20, "b": 5, "new": 2}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// metricsOf serves a platform's metrics; status says how its stream does.
func metricsOf(t *testing.T, w *watch, status func() engine.Status) (addr string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_, _ = rw.Write([]byte(scrape(r.Context(), t, w, status(), alert.Status{}, newJobWatch(), schedule.Status{})))
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func TestASampleComparesTwoLooks(t *testing.T) {
	w := newWatch()
	status := engine.Status{Ready: true, ByTopic: map[string]store.Counts{event.TopicTransactions: {Applied: 100}}}
	addr := metricsOf(t, w, func() engine.Status { return status })
	before, err := scrapeMetrics(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	w.latency.RecordN(8*time.Millisecond, 10)
	status.ByTopic = map[string]store.Counts{event.TopicTransactions: {Applied: 300, Duplicate: 20}}
	status.Behind = map[string]int64{event.TopicTransactions: 7}
	now, err := scrapeMetrics(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	before.at, now.at = time.Unix(100, 0), time.Unix(102, 0)
	var s topSample
	s.compare(now, before)
	if s.EventsPerSecond != 110 || s.BehindRecords != 7 || s.NotApplied.Duplicate != 10 || !s.Ready {
		t.Errorf("%+v", s)
	}
	if s.Topics[0] != (topTopic{event.TopicTransactions, 110, 7}) {
		t.Errorf("first topic %+v", s.Topics[0])
	}
	if s.Latency == nil || s.Latency.P50 < 7 || s.Latency.P99 > 10 {
		t.Errorf("latency %+v, want between 7 and 10 ms", s.Latency)
	}
	if s.Lake == nil || !s.Lake.Up || s.RSSBytes == 0 {
		t.Errorf("lake %+v, %d bytes", s.Lake, s.RSSBytes)
	}
}

func TestATroubleIsSeenOnBoardAndLine(t *testing.T) {
	s := topSample{
		Topics: []topTopic{{event.TopicTransactions, 99.6, 1234}}, EventsPerSecond: 99.6, BehindRecords: 1234,
		Shop:    &topShop{Currency: "JPY", RevenueTodayMinor: 1234567, OpenAlerts: 2, StockAlerts: 1},
		Trouble: []string{"the store takes no commits"},
	}
	var alarms []string
	for _, l := range s.board() {
		if l.Tone == console.Alarm {
			alarms = append(alarms, l.Text)
		}
	}
	want := []string{"alerts      2 open, 1 of stock", "! the store takes no commits"}
	if diff := cmp.Diff(want, alarms); diff != "" {
		t.Errorf("alarms (-want +got):\n%s", diff)
	}
	for _, part := range []string{"100 events/s", "1,234 behind", "JPY 1,234,567 today", "; the store takes no commits"} {
		if !strings.Contains(s.line(), part) {
			t.Errorf("%q lacks %q", s.line(), part)
		}
	}
	text, err := json.Marshal(&s)
	if err != nil || !strings.Contains(string(text), `"latency":null`) {
		t.Errorf("%s, %v", text, err)
	}
}

func TestMoneyHasThePlacesOfItsCurrency(t *testing.T) {
	for want, got := range map[string]string{
		"GBP 1,234.05": money(123405, "GBP"),
		"GBP -0.07":    money(-7, "GBP"),
		"JPY 123,405":  money(123405, "JPY"),
		"KWD 123.405":  money(123405, "KWD"),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestTheDashboardIsSummedUp(t *testing.T) {
	const answer = `{"data":{"sales":{"today":{"orders":12,"revenue_minor":3400}},"rates":{"orders_per_minute":1.5},"sessions":{"open":5},
		"carts":{"active":3,"abandoned":2,"value_at_risk_minor":900},"anomalies":{"last_hour":1},
		"open_alerts":[{"kind":"stock","level":"out","open":4},{"kind":"stock","level":"low","open":2},{"kind":"orders","level":"zero","open":1}]},
		"meta":{"currency":"USD"}}`
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/monitoring/dashboard" || r.Header.Get("X-API-Key") != "key" {
			rw.WriteHeader(http.StatusNotFound)
		}
		_, _ = rw.Write([]byte(answer))
	}))
	defer server.Close()
	o := TopOptions{API: strings.TrimPrefix(server.URL, "http://"), APIKey: "key"}
	var s topSample
	if err := o.askShop(t.Context(), &s); err != nil {
		t.Fatal(err)
	}
	want := &topShop{
		Currency: "USD", OrdersPerMinute: 1.5, OrdersToday: 12, RevenueTodayMinor: 3400, SessionsOpen: 5, CartsActive: 3, CartsAbandoned: 2,
		AtRiskMinor: 900, StockAlerts: 6, OpenAlerts: 7, AnomaliesLastHour: 1,
	}
	if diff := cmp.Diff(want, s.Shop); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
