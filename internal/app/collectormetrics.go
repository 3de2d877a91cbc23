package app

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"globalmart/internal/event"
	"globalmart/internal/ingest/collector"
	"globalmart/internal/telemetry"
)

// The metrics of a collector.
var (
	collectEvents   = prometheus.NewDesc("globalmart_collect_events_total", "Events that are in the log, by the id of their write key and what became of them: accepted, or the reason of the dead letter.", []string{"source", "outcome"}, nil)
	collectOther    = prometheus.NewDesc("globalmart_collect_other_events_total", "Of the accepted ones, those that are kept in the lake only.", []string{"source"}, nil)
	collectRetries  = prometheus.NewDesc("globalmart_collect_retries_total", "Requests that clients say they send again.", []string{"source"}, nil)
	collectRequests = prometheus.NewDesc("globalmart_collect_requests_total", "Requests by status.", []string{"status"}, nil)
	collectUp       = prometheus.NewDesc("globalmart_collect_up", "0 while the last events that came could not be written.", nil, nil)
)

// collectorMetrics are the metrics of a collector whose counts stats returns.
func collectorMetrics(stats func() collector.Stats, latency *telemetry.Latency) []prometheus.Collector {
	return []prometheus.Collector{
		collectStats{stats},
		latency.Collector("globalmart_collect_request_seconds", "How long requests took whose events were taken: from their arrival until all of them were durable."),
	}
}

// collectStats shows a collector's counts, which it asks for once a scrape.
type collectStats struct{ of func() collector.Stats }

// Describe implements [prometheus.Collector].
func (collectStats) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{collectEvents, collectOther, collectRetries, collectRequests, collectUp} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (c collectStats) Collect(ch chan<- prometheus.Metric) {
	s := c.of()
	counter := func(d *prometheus.Desc, n int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	for id, source := range s.Sources {
		counter(collectEvents, source.Accepted, id, "accepted")
		for _, reason := range event.Reasons {
			counter(collectEvents, source.Rejected[reason], id, string(reason))
		}
		counter(collectOther, source.Other, id)
		counter(collectRetries, source.Retries, id)
	}
	for status, n := range s.Requests {
		counter(collectRequests, n, strconv.Itoa(status))
	}
	ch <- prometheus.MustNewConstMetric(collectUp, prometheus.GaugeValue, oneIf(s.Down == nil))
}
