// Package embedded is a Kafka broker inside this process: franz-go's kfake with
// its log on disk, reachable by any Kafka client on a loopback port.
//
// What it promises, and what not: a record that was acknowledged survives the
// death of the process at any moment; every batch is flushed to disk before it
// is acknowledged, but the broker ignores errors of that flush, so surviving a
// power cut is not proven. A killed broker forgets which batches it has seen, so
// a producer's retry may be in the log twice: readers recognise event ids. It is
// one node; several need Apache Kafka.
package embedded

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"

	"github.com/twmb/franz-go/pkg/kfake"
)

// Options say where the broker lives.
type Options struct {
	DataDir    string // its log; one process at a time, which the caller sees to
	Addr       string // host:port to listen on; port 0 picks a free one
	SyncWrites bool   // flush every batch to disk before it is acknowledged
	Log        *slog.Logger
}

// Broker is a running broker.
type Broker struct {
	cluster *kfake.Cluster
	addr    string
}

// Start starts a broker. Its error wraps that of the listener if the port is in
// use.
func Start(_ context.Context, o Options) (*Broker, error) {
	host, portText, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return nil, fmt.Errorf("embedded: address %q: %w", o.Addr, err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fmt.Errorf("embedded: port %q: %w", portText, err)
	}
	if port == 0 {
		if port, err = freePort(host); err != nil {
			return nil, err
		}
	}
	opts := []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.Ports(port),
		kfake.ClusterID("globalmart-embedded"),
		kfake.DataDir(o.DataDir),
		kfake.WithLogger(logger{o.Log}),
	}
	if o.SyncWrites {
		opts = append(opts, kfake.SyncWrites())
	}
	cluster, err := kfake.NewCluster(opts...)
	if err != nil {
		return nil, fmt.Errorf("embedded: start broker: %w", err)
	}
	return &Broker{cluster: cluster, addr: cluster.ListenAddrs()[0]}, nil
}

// freePort finds a port that stays the same for the life of the broker: clients
// are told it by the broker itself.
func freePort(host string) (int, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return 0, fmt.Errorf("embedded: find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// Addr is where the broker listens, host:port.
func (b *Broker) Addr() string { return b.addr }

// Close stops the broker cleanly, so that the next start is quick.
func (b *Broker) Close() error {
	b.cluster.Close()
	return nil
}

// logger passes the broker's warnings and errors on.
type logger struct{ log *slog.Logger }

func (l logger) Logf(level kfake.LogLevel, format string, args ...any) {
	switch level {
	case kfake.LogLevelError:
		l.log.Error("embedded broker: " + fmt.Sprintf(format, args...))
	case kfake.LogLevelWarn:
		l.log.Warn("embedded broker: " + fmt.Sprintf(format, args...))
	}
}
