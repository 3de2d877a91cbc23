package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"globalmart/internal/datadir"
	"globalmart/internal/fault"
	"globalmart/internal/kafka"
)

// bench is a directory of its own, and a log that nobody else uses: that of an
// embedded broker in a process of its own, or of a cluster.
type bench struct {
	env     Env
	dir     string
	src     Source    // the log, as other commands are told of it
	broker  *exec.Cmd // nil: a cluster
	pid     int       // of the broker; 0: not known
	cleanup []func()  // in reverse
}

// newBench makes the directory and readies the log. Call close.
func newBench(ctx context.Context, env Env, o BenchOptions) (*bench, error) {
	b, err := newBenchDir(env, o.Dir)
	if err != nil {
		return nil, err
	}
	start := b.startBroker
	if o.Kafka != embeddedKafka {
		b.src, b.pid = Source{Data: filepath.Join(b.dir, "engine"), Kafka: o.Kafka, Access: o.Access}, o.BrokerPID
		start = b.useCluster
	}
	if err := start(ctx); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// newBenchDir makes the directory of a bench: dir, or a temporary one if that is "".
// Call close.
func newBenchDir(env Env, dir string) (*bench, error) {
	b := &bench{env: env, dir: dir}
	if dir == "" {
		made, err := os.MkdirTemp("", "globalmart-bench-")
		if err != nil {
			return nil, fault.New(fault.Failed, "cannot make a directory to work in", err, "name one with --dir")
		}
		b.dir = made
		b.cleanup = append(b.cleanup, func() { _ = os.RemoveAll(made) })
	} else if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fault.New(fault.Failed, "cannot make the directory to work in", err, "name another one with --dir")
	}
	return b, nil
}

// close removes what the bench has made.
func (b *bench) close() {
	for len(b.cleanup) > 0 {
		last := len(b.cleanup) - 1
		b.cleanup[last]()
		b.cleanup = b.cleanup[:last]
	}
}

// startBroker starts an embedded broker.
func (b *bench) startBroker(ctx context.Context) error {
	data := filepath.Join(b.dir, "broker")
	b.broker = b.self(context.WithoutCancel(ctx), "broker", "--data", data, "--kafka-listen", "127.0.0.1:0")
	if err := b.broker.Start(); err != nil {
		return fmt.Errorf("start broker: %w", err)
	}
	b.pid = b.broker.Process.Pid
	ended := make(chan struct{})
	go func() {
		_ = b.broker.Wait()
		close(ended)
	}()
	b.cleanup = append(b.cleanup, func() {
		_ = b.broker.Process.Signal(syscall.SIGTERM)
		<-ended
	})
	addr, err := awaitBroker(ctx, data, ended)
	b.src = Source{Data: filepath.Join(b.dir, "engine"), Kafka: addr}
	return err
}

// brokerStart is how long the broker may take to start.
const brokerStart = 30 * time.Second

// awaitBroker waits for the broker of a data directory and returns its address.
// ended says that its process is gone.
func awaitBroker(ctx context.Context, data string, ended <-chan struct{}) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, brokerStart)
	defer cancel()
	for {
		if run, err := datadir.Read(data); err == nil && run.Kafka != "" {
			return run.Kafka, nil
		}
		select {
		case <-ended:
			return "", fault.New(fault.Failed, "the broker of the bench did not start", errors.New("it says why above"), "mend that, or work elsewhere with --dir DIR")
		default:
		}
		if !sleep(ctx, 10*time.Millisecond) {
			return "", fmt.Errorf("start broker: %w", ctx.Err())
		}
	}
}

// useCluster makes topics on a cluster that has none of ours, as many partitions
// as an embedded broker has, and removes them in the end.
func (b *bench) useCluster(ctx context.Context) error {
	p, err := open(ctx, b.env, b.src, "bench", nil)
	if err != nil {
		return err
	}
	defer p.close()
	list, err := kafka.ListTopics(ctx, p.kafka)
	if err != nil {
		return p.kafkaFault(err)
	}
	if len(list) > 0 {
		return fault.New(fault.Failed, fmt.Sprintf("the cluster has a topic %s already", list[0].Topic), errors.New("what a bench sends would mix with it"),
			"name a cluster without the platform's topics; the bench makes them and removes them again")
	}
	b.cleanup = append(b.cleanup, func() {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), brokerStart)
		defer cancel()
		if err := kafka.DropTopics(limited, p.kafka, []string{group}); err != nil {
			b.env.Log.ErrorContext(limited, "the topics of the bench are still there", "error", err)
		}
	})
	if err := kafka.CreateTopics(ctx, p.kafka, kafka.TopicPlan{Partitions: embeddedPartitions, Exact: true}); err != nil {
		return p.kafkaFault(err)
	}
	return nil
}

// self is a command of this very program; it is asked to stop when ctx ends. What
// it must know is in args: no setting of the environment reaches it.
func (b *bench) self(ctx context.Context, args ...string) *exec.Cmd {
	exe, err := os.Executable()
	if err != nil {
		exe = os.Args[0]
	}
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Stderr = os.Stderr
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "GLOBALMART_") {
			cmd.Env = append(cmd.Env, pair)
		}
	}
	if password := b.src.Access.Password; password != "" {
		cmd.Env = append(cmd.Env, "GLOBALMART_KAFKA_PASSWORD="+password.Reveal())
	}
	return cmd
}

// flags are what makes another command use the same log. The password is not
// among them: every user of the machine can read them.
func (src Source) flags() []string {
	a := src.Access
	flags := []string{"--kafka", src.Kafka}
	if a.TLS {
		flags = append(flags, "--kafka-tls")
	}
	for _, f := range [][2]string{
		{"--kafka-ca", a.CA},
		{"--kafka-cert", a.Cert},
		{"--kafka-key", a.Key},
		{"--kafka-server-name", a.ServerName},
		{"--kafka-sasl", a.Mechanism},
		{"--kafka-user", a.User},
		{"--kafka-password-file", a.PasswordFile},
	} {
		if f[1] != "" {
			flags = append(flags, f[0], f[1])
		}
	}
	return flags
}
