package app

import (
	"fmt"
	"strings"
	"time"

	"globalmart/internal/api"
	"globalmart/internal/console"
	"globalmart/internal/event"
	"globalmart/internal/rules"
)

// topSample is one look at a running process, as JSON.
type topSample struct {
	At              time.Time   `json:"at"`
	Seconds         float64     `json:"seconds"` // that rates are over; 0 if the process could not be read
	Ready           bool        `json:"ready"`
	Topics          []topTopic  `json:"topics"`
	EventsPerSecond float64     `json:"events_per_second"`
	BehindRecords   int64       `json:"behind_records"`
	NotApplied      topRefused  `json:"not_applied_per_second"`
	Commits         float64     `json:"commits_per_second"`
	Latency         *topLatency `json:"latency"` // null if nothing became durable
	Lake            *topLake    `json:"lake"`    // null if the process writes none
	RSSBytes        int64       `json:"rss_bytes"`
	Cores           float64     `json:"cores"`
	Shop            *topShop    `json:"shop"` // null without an API
	Trouble         []string    `json:"trouble"`
}

// topTopic is what comes of one topic.
type topTopic struct {
	Topic           string  `json:"topic"`
	EventsPerSecond float64 `json:"events_per_second"` // made durable
	BehindRecords   int64   `json:"behind_records"`
}

// topRefused are the records of a second that were not applied.
type topRefused struct {
	Duplicate float64 `json:"duplicate"`
	Dead      float64 `json:"dead"`
	TooOld    float64 `json:"too_old"`
}

// topLatency is arrival to durable result, of what came since the look before.
type topLatency struct {
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
}

// topLake is how the lake does.
type topLake struct {
	Up            bool  `json:"up"`
	BehindRecords int64 `json:"behind_records"`
}

// topShop is how the shop does.
type topShop struct {
	Currency          string      `json:"currency"`
	OrdersPerMinute   float64     `json:"orders_per_minute"`
	OrdersToday       int64       `json:"orders_today"`
	RevenueTodayMinor event.Minor `json:"revenue_today_minor"`
	SessionsOpen      int64       `json:"sessions_open"`
	CartsActive       int64       `json:"carts_active"`
	CartsAbandoned    int64       `json:"carts_abandoned"`
	AtRiskMinor       event.Minor `json:"carts_at_risk_minor"`
	StockAlerts       int64       `json:"stock_alerts"`
	OpenAlerts        int64       `json:"open_alerts"`
	AnomaliesLastHour int64       `json:"anomalies_last_hour"`
}

func topShopOf(a *api.Answer[api.Dashboard]) *topShop {
	d := &a.Data
	s := &topShop{
		Currency:        a.Meta.Currency,
		OrdersPerMinute: d.Rates.OrdersPerMinute, OrdersToday: d.Sales.Today.Orders, RevenueTodayMinor: d.Sales.Today.RevenueMinor,
		SessionsOpen: d.Sessions.Open, CartsActive: d.Carts.Active, CartsAbandoned: d.Carts.Abandoned, AtRiskMinor: d.Carts.ValueAtRiskMinor,
		AnomaliesLastHour: d.Anomalies.LastHour,
	}
	for _, c := range d.Alerts {
		s.OpenAlerts += c.Open
		if c.Kind == "stock" {
			s.StockAlerts += c.Open
		}
	}
	return s
}

// compare fills in what the metrics say, with rates since before.
func (s *topSample) compare(now, before *readings) {
	const records, behind, latency = "globalmart_stream_records_total", "globalmart_stream_behind_records", "globalmart_stream_latency_seconds"
	s.Seconds = now.at.Sub(before.at).Seconds()
	rates := func(name, label string) map[string]float64 {
		rates := grown(now.by(name, label), before.by(name, label))
		for key := range rates {
			rates[key] /= s.Seconds
		}
		return rates
	}
	s.Ready = now.sum("globalmart_stream_ready") == 1
	byTopic, lag := rates(records, "topic"), now.by(behind, "topic")
	for _, topic := range engineTopics() {
		if _, ok := byTopic[topic]; !ok {
			continue
		}
		s.Topics = append(s.Topics, topTopic{topic, byTopic[topic], int64(lag[topic])})
		s.EventsPerSecond += byTopic[topic]
		s.BehindRecords += int64(lag[topic])
	}
	odd := rates(records, "disposition")
	s.NotApplied = topRefused{odd["duplicate"], odd["dead"], odd["too_old"]}
	s.Commits = rates("globalmart_stream_commits_total", "")[""]
	if p50, ok := quantile(0.5, now.buckets(latency), before.buckets(latency)); ok {
		p99, _ := quantile(0.99, now.buckets(latency), before.buckets(latency))
		s.Latency = &topLatency{1000 * p50, 1000 * p99}
	}
	if now.has("globalmart_lake_up") {
		s.Lake = &topLake{now.sum("globalmart_lake_up") == 1, int64(now.sum("globalmart_lake_behind_records"))}
	}
	s.RSSBytes = int64(now.sum("process_resident_memory_bytes"))
	s.Cores = rates("process_cpu_seconds_total", "")[""]
	if now.has("globalmart_stream_store_up") && now.sum("globalmart_stream_store_up") == 0 {
		s.Trouble = append(s.Trouble, "the store takes no commits; they are tried again")
	}
	if s.Lake != nil && !s.Lake.Up {
		s.Trouble = append(s.Trouble, "the lake cannot be written; the log keeps what it lacks")
	}
}

func (s *topSample) trouble(err error) { s.Trouble = append(s.Trouble, err.Error()) }

// line is s for people, where lines do not move.
func (s *topSample) line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s events/s, %s behind", s.At.Format(time.TimeOnly), rateText(s.EventsPerSecond), console.Count(s.BehindRecords))
	if l := s.Latency; l != nil {
		fmt.Fprintf(&b, ", p50 %.1f ms, p99 %.1f ms", l.P50, l.P99)
	}
	if h := s.Shop; h != nil {
		fmt.Fprintf(&b, ", %.1f orders/min, %s today, %s sessions, %s carts, %s stock alerts, %s anomalies", h.OrdersPerMinute, money(h.RevenueTodayMinor, h.Currency),
			console.Count(h.SessionsOpen), console.Count(h.CartsActive), console.Count(h.StockAlerts), console.Count(h.AnomaliesLastHour))
	}
	fmt.Fprintf(&b, ", %d MiB", s.RSSBytes>>20)
	for _, t := range s.Trouble {
		b.WriteString("; " + t)
	}
	return b.String()
}

// board is s for people, on a terminal.
func (s *topSample) board() []console.Line {
	state := "starting"
	if s.Ready {
		state = "ready"
	}
	lines := []console.Line{
		{Text: fmt.Sprintf("globalmart, %s   %s   Ctrl-C ends this", state, s.At.Format(time.TimeOnly)), Tone: console.Strong},
		{},
		{Text: fmt.Sprintf("%-20s %12s %12s", "topic", "events/s", "behind"), Tone: console.Strong},
	}
	add := func(format string, args ...any) {
		lines = append(lines, console.Line{Text: fmt.Sprintf(format, args...)})
	}
	for _, t := range s.Topics {
		add("%-20s %12s %12s", t.Topic, rateText(t.EventsPerSecond), console.Count(t.BehindRecords))
	}
	add("%-20s %12s %12s", "all", rateText(s.EventsPerSecond), console.Count(s.BehindRecords))
	add("")
	if l := s.Latency; l != nil {
		add("latency     p50 %.1f ms, p99 %.1f ms, arrival to result; %.0f commits/s", l.P50, l.P99, s.Commits)
	}
	add("not applied %s duplicate, %s dead, %s too old a second", rateText(s.NotApplied.Duplicate), rateText(s.NotApplied.Dead), rateText(s.NotApplied.TooOld))
	if s.Lake != nil {
		add("lake        %s behind", console.Count(s.Lake.BehindRecords))
	}
	add("process     %d MiB, %.2f cores", s.RSSBytes>>20, s.Cores)
	lines = append(lines, s.shopLines()...)
	for _, t := range s.Trouble {
		lines = append(lines, console.Line{Text: "! " + t, Tone: console.Alarm})
	}
	return lines
}

func (s *topSample) shopLines() []console.Line {
	h := s.Shop
	if h == nil {
		return nil
	}
	alarm := console.Plain
	if h.OpenAlerts > 0 {
		alarm = console.Alarm
	}
	return []console.Line{
		{},
		{Text: fmt.Sprintf("orders      %.1f a minute, %s today", h.OrdersPerMinute, console.Count(h.OrdersToday))},
		{Text: "revenue     " + money(h.RevenueTodayMinor, h.Currency) + " today"},
		{Text: fmt.Sprintf("sessions    %s open", console.Count(h.SessionsOpen))},
		{Text: fmt.Sprintf("carts       %s active, %s abandoned, %s at risk", console.Count(h.CartsActive), console.Count(h.CartsAbandoned), money(h.AtRiskMinor, h.Currency))},
		{Text: fmt.Sprintf("anomalies   %s in the last hour", console.Count(h.AnomaliesLastHour))},
		{Text: fmt.Sprintf("alerts      %s open, %s of stock", console.Count(h.OpenAlerts), console.Count(h.StockAlerts)), Tone: alarm},
	}
}

// rateText is a number a second, for people.
func rateText(perSecond float64) string {
	if perSecond < 10 {
		return fmt.Sprintf("%.1f", perSecond)
	}
	return console.Count(int64(perSecond + 0.5))
}

// money is an amount for people, such as "GBP 1,234.56".
func money(amount event.Minor, currency string) string {
	places, _ := rules.Exponent(currency)
	unit := int64(1)
	for range places {
		unit *= 10
	}
	sign, n := "", int64(amount)
	if n < 0 {
		sign, n = "-", -n
	}
	text := sign + console.Count(n/unit)
	if places > 0 {
		text += fmt.Sprintf(".%0*d", places, n%unit)
	}
	return currency + " " + text
}
