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

// optionalListener is where a process shows its metrics that need not show any.
type optionalListener struct{ net.Listener } // nil = nowhere

// listenIf opens the port for metrics if there is an address for it.
func listenIf(ctx context.Context, addr string) (optionalListener, error) {
	if addr == "" {
		return optionalListener{}, nil
	}
	l, err := listen(ctx, "metrics", addr, "--operator-listen")
	return optionalListener{l}, err
}

// Close frees the port.
func (l optionalListener) Close() {
	if l.Listener != nil {
		_ = l.Listener.Close() // nothing is left to be said over it
	}
}

// serve shows metrics until ctx ends.
func (l optionalListener) serve(ctx context.Context, env Env, metrics ...prometheus.Collector) error {
	if l.Listener == nil {
		return nil
	}
	return newOperator(env, l.Listener, metrics...).service.run(ctx)
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
