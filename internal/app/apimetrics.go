package app

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"globalmart/internal/api"
	"globalmart/internal/telemetry"
)

// apiMetrics are the figures of the API that of returns, nil until there is one.
func apiMetrics(of func() *api.API) []prometheus.Collector {
	stats := func() api.Stats {
		if a := of(); a != nil {
			return a.Stats()
		}
		return api.Stats{}
	}
	counter := func(name, help string, value func(api.Stats) int64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(value(stats())) })
	}
	list := []prometheus.Collector{
		counter("globalmart_api_kept_hits_total", "Answers from memory.", func(s api.Stats) int64 { return s.Hits }),
		counter("globalmart_api_kept_stale_total", "Of them, those that were made anew meanwhile.", func(s api.Stats) int64 { return s.Stale }),
		counter("globalmart_api_kept_misses_total", "Answers that could have been from memory, and were not there.", func(s api.Stats) int64 { return s.Misses }),
		counter("globalmart_api_streams_cut_total", "Live streams of clients that did not keep up.", func(s api.Stats) int64 { return s.Cut }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "globalmart_api_streams", Help: "Live streams that are open."}, func() float64 { return float64(stats().Streams) }),
		apiSeconds{of},
	}
	for class := 2; class <= 5; class++ {
		list = append(list, prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "globalmart_api_requests_total", Help: "Requests by status, as in 4xx.", ConstLabels: prometheus.Labels{"status": strconv.Itoa(class) + "xx"},
		}, func() float64 { return float64(stats().Requests[class]) }))
	}
	return list
}

// apiSeconds is how long the requests of an API took, once there is one.
type apiSeconds struct{ of func() *api.API }

const apiSecondsName, apiSecondsHelp = "globalmart_api_request_seconds", "How long requests took, live streams left out."

// Describe implements [prometheus.Collector].
func (apiSeconds) Describe(ch chan<- *prometheus.Desc) {
	ch <- prometheus.NewDesc(apiSecondsName, apiSecondsHelp, nil, nil)
}

// Collect implements [prometheus.Collector].
func (c apiSeconds) Collect(ch chan<- prometheus.Metric) {
	latency := telemetry.NewLatency()
	if a := c.of(); a != nil {
		latency = a.Latency()
	}
	latency.Collector(apiSecondsName, apiSecondsHelp).Collect(ch)
}
