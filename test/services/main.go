// Command services starts real services for tests, runs a command that finds them
// in its environment, and stops them again; without a command it runs until it is
// stopped. A service that the environment names already is taken as it is.
//
//	services [-fetch] [-cache DIR] [-kafka-version V] SERVICE... [-- COMMAND ARG...]
//
// Services: kafka. With -fetch it only gets what they need and starts nothing. Its
// exit code is that of the command.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"globalmart/internal/testenv"
	"globalmart/test/services/apachekafka"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code, err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "services: %v\n", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func run(ctx context.Context, args []string) (code int, err error) {
	var command []string
	if i := slices.Index(args, "--"); i >= 0 {
		args, command = args[:i], args[i+1:]
	}
	flags := flag.NewFlagSet("services", flag.ContinueOnError)
	fetch := flags.Bool("fetch", false, "get what the services need, start nothing")
	cache := flags.String("cache", ".cache/services", "directory for what was fetched")
	version := flags.String("kafka-version", apachekafka.DefaultVersion, "version of Apache Kafka")
	if err := flags.Parse(args); err != nil {
		return 2, err
	}
	for _, service := range flags.Args() {
		if service != "kafka" {
			return 2, fmt.Errorf("%q: want kafka", service)
		}
	}
	if flags.NArg() == 0 {
		return 2, errors.New("name a service: kafka")
	}
	kafka := apachekafka.Options{Cache: filepath.Join(*cache, "kafka"), Version: *version}
	if *fetch {
		_, err := apachekafka.Fetch(ctx, kafka)
		return 0, err
	}
	env := os.Environ()
	if os.Getenv(testenv.KafkaVariable) == "" {
		broker, err := startKafka(ctx, kafka)
		if err != nil {
			return 1, err
		}
		defer func() { err = errors.Join(err, broker.Stop()) }()
		env = append(env, testenv.KafkaVariable+"="+broker.File)
	}
	if len(command) == 0 {
		<-ctx.Done()
		return 0, nil
	}
	return execute(ctx, command, env)
}

func startKafka(ctx context.Context, o apachekafka.Options) (*apachekafka.Broker, error) {
	began := time.Now()
	b, err := apachekafka.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "services: Apache Kafka %s on %s in %.1fs: %s=%s\n", b.Version, b.Plain, time.Since(began).Seconds(), testenv.KafkaVariable, b.File)
	return b, nil
}

// execute runs the command to its end. It is asked to stop when ctx ends, which
// the terminal does by itself.
func execute(ctx context.Context, command, env []string) (code int, err error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Env = env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 1, fmt.Errorf("run %s: %w", strings.Join(command, " "), err)
	}
	return 0, nil
}
