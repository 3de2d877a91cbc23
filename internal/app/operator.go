package app

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"globalmart/internal/api"
	"globalmart/internal/telemetry"
)

// operator is the port for whoever runs the process: metrics and profiles.
type operator struct {
	addr    string
	service service
}

// newOperator returns the metrics of this process on l: those of the worker, if
// there is one, and more. w and latency may be nil.
func newOperator(env Env, l net.Listener, w *worker, latency *telemetry.Latency, more ...prometheus.Collector) *operator {
	registry := telemetry.NewRegistry(env.Version)
	registry.MustRegister(more...)
	if w != nil {
		registry.MustRegister(streamMetrics(w)...)
	}
	if latency != nil {
		registry.MustRegister(latency.Collector("globalmart_stream_latency_seconds", "Arrival (record timestamp) to durable result, of what shoppers did."))
	}
	return &operator{
		addr:    l.Addr().String(),
		service: service{"metrics", serveHTTP(l, telemetry.OperatorHandler(registry))},
	}
}

// streamMetrics are the counters of a worker.
func streamMetrics(w *worker) []prometheus.Collector {
	counter := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value)
	}
	return []prometheus.Collector{
		counter("globalmart_stream_applied_events_total", "Records applied and durable.", func() float64 { return float64(applied(w.Status()).Applied) }),
		counter("globalmart_stream_duplicate_events_total", "Records recognised as duplicates.", func() float64 { return float64(applied(w.Status()).Duplicate) }),
		counter("globalmart_stream_dead_letters_total", "Records that could not be taken.", func() float64 { return float64(applied(w.Status()).Dead) }),
		counter("globalmart_stream_late_events_total", "Records too old for the live tables.", func() float64 { return float64(applied(w.Status()).TooOld) }),
		counter("globalmart_stream_commits_total", "Task commits.", func() float64 { return float64(w.Status().Commits) }),
		counter("globalmart_stream_fenced_tasks_total", "Tasks lost to another worker.", func() float64 { return float64(w.Status().Fenced) }),
		counter("globalmart_stream_snapshots_total", "Snapshots written.", func() float64 { return float64(w.Status().Snapshots) }),
	}
}

// serveHTTP serves h on l until ctx ends, then lets requests finish for a second.
func serveHTTP(l net.Listener, h http.Handler) func(context.Context) error {
	return func(ctx context.Context) error {
		server := api.NewServer(l.Addr().String(), h)
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(l) }()
		select {
		case err := <-ended:
			return err
		case <-ctx.Done():
		}
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err := server.Shutdown(grace); err != nil {
			_ = server.Close() // whoever is still connected is cut off
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}
}
