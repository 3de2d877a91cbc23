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

// newOperator returns the metrics of this process on l: those of every process,
// and more.
func newOperator(env Env, l net.Listener, more ...prometheus.Collector) *operator {
	registry := telemetry.NewRegistry(env.Version)
	registry.MustRegister(more...)
	return &operator{
		addr:    l.Addr().String(),
		service: service{"metrics", serveHTTP(l, telemetry.OperatorHandler(registry))},
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
