// Package embedded is a Kafka broker inside this process: franz-go's kfake with
// its log on disk, reachable by any Kafka client on a loopback port.
//
// What it promises, and what not: a record that was acknowledged survives the
// death of the process at any moment; every batch is flushed to disk before it
// is acknowledged, but the broker ignores errors of that flush, so surviving a
// power cut is not proven. A killed broker forgets which batches it has seen, so
// a producer's retry may be in the log twice: readers recognise event ids. It also
// forgets up to where records were deleted: some may reappear. After a clean Close
// neither happens. It is one node; several need Apache Kafka.
//
// The log is not held in memory, but a start reads all of it once, so keep it
// small (`up` trims it to about 1 GB): that takes some seconds and, after a
// kill, as much memory as the log is long, which is given back when Start returns.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"strconv"

	"github.com/twmb/franz-go/pkg/kfake"
	"golang.org/x/sys/unix"
)

// Options say where the broker lives.
type Options struct {
	DataDir    string // its log; one process at a time
	Addr       string // loopback host:port to listen on; port 0 picks a free one
	SyncWrites bool   // flush every batch to disk before it is acknowledged
	Log        *slog.Logger
}

// Errors of Start.
var (
	ErrDirInUse    = errors.New("another broker uses the directory")
	ErrNotLoopback = errors.New("the embedded broker listens on 127.0.0.1 only")
)

// Validate reports every problem at once.
func (o Options) Validate() error {
	_, err := o.port()
	if o.DataDir == "" {
		err = errors.Join(err, errors.New("embedded: no data directory"))
	}
	if o.Log == nil {
		err = errors.Join(err, errors.New("embedded: no logger"))
	}
	return err
}

// port is the port of Addr.
func (o Options) port() (int, error) {
	host, text, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return 0, fmt.Errorf("embedded: address %q: want host:port", o.Addr)
	}
	if host != "127.0.0.1" && host != "localhost" {
		return 0, fmt.Errorf("embedded: address %q: %w", o.Addr, ErrNotLoopback)
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < 0 || port > 65535 {
		return 0, fmt.Errorf("embedded: address %q: want a port of 0 to 65535", o.Addr)
	}
	return port, nil
}

// Broker is a running broker.
type Broker struct {
	cluster *kfake.Cluster
	addr    string
	lock    *os.File
	log     *logger
}

// defaults are the broker's settings for whatever a topic does not say. Records
// are trimmed by `up`, never by the broker: its own trimming does not know
// what was read and may lose the end offset.
var defaults = map[string]string{
	"log.retention.ms":    "-1",
	"log.retention.bytes": "-1",
	"log.segment.bytes":   "16777216", // 16 MiB, the grain of trimming
}

// Start starts a broker on what the directory holds and returns when it serves.
// Its error wraps that of the listener if the port is in use (EADDRINUSE), or is
// ErrDirInUse or ErrNotLoopback.
func Start(ctx context.Context, o Options) (*Broker, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	port, err := o.port()
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("embedded: start: %w", err)
	}
	lock, err := lockDir(o.DataDir)
	if err != nil {
		return nil, err
	}
	log := newLogger(o.Log)
	opts := []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.Ports(port),
		kfake.ClusterID("globalmart-embedded"),
		kfake.DataDir(o.DataDir),
		kfake.BrokerConfigs(defaults),
		kfake.WithLogger(log),
	}
	if o.SyncWrites {
		opts = append(opts, kfake.SyncWrites())
	}
	cluster, err := kfake.NewCluster(opts...)
	if err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("embedded: start broker on %s with the log in %s: %w", o.Addr, o.DataDir, err)
	}
	debug.FreeOSMemory() // reading the log took as much as it is long
	return &Broker{cluster: cluster, addr: cluster.ListenAddrs()[0], lock: lock, log: log}, nil
}

// lockDir makes the directory and takes it for this process, until the file is
// closed or the process dies.
func lockDir(path string) (*os.File, error) {
	if err := os.MkdirAll(path, 0o750); err != nil {
		return nil, fmt.Errorf("embedded: make directory: %w", err)
	}
	dir, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("embedded: open directory: %w", err)
	}
	if err := unix.Flock(int(dir.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = dir.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("embedded: %s: %w", path, ErrDirInUse)
		}
		return nil, fmt.Errorf("embedded: lock %s: %w", path, err)
	}
	return dir, nil
}

// Addr is where the broker listens, host:port.
func (b *Broker) Addr() string { return b.addr }

// Close stops the broker and writes what makes the next start quick. An error
// means that this failed; no record is lost by it. Closing again does nothing.
func (b *Broker) Close() error {
	if b.lock == nil {
		return nil
	}
	b.log.closing()
	b.cluster.Close()
	err := errors.Join(b.log.errors(), b.lock.Close())
	b.lock = nil
	if err != nil {
		return fmt.Errorf("embedded: close: %w", err)
	}
	return nil
}
