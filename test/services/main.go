// Command services starts real services for tests, runs a command that finds them
// in its environment, and stops them again; without a command it runs until it is
// stopped. A service that the environment names already is taken as it is.
//
//	services [-fetch] [-cache DIR] [-kafka-version V] SERVICE... [-- COMMAND ARG...]
//
// Services: kafka, postgres, redis. With -fetch it only gets what they need and starts nothing. Its
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
	"globalmart/test/services/postgresql"
	"globalmart/test/services/redis"
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
	wanted, err := choose(flags.Args(), []service{
		{"kafka", testenv.KafkaVariable, kafka(apachekafka.Options{Cache: filepath.Join(*cache, "kafka"), Version: *version})},
		{"postgres", testenv.PostgresVariable, postgres(postgresql.Options{Cache: filepath.Join(*cache, "postgresql")})},
		{"redis", testenv.RedisVariable, redisServer(filepath.Join(*cache, "redis"))},
	})
	if err != nil {
		return 2, err
	}
	env := os.Environ()
	for _, s := range wanted {
		if os.Getenv(s.variable) != "" {
			continue
		}
		if *fetch {
			if err := s.fetch(ctx); err != nil {
				return 1, err
			}
			continue
		}
		r, failed := s.launch(ctx)
		if failed != nil {
			return 1, failed
		}
		defer func() { err = errors.Join(err, r.stop()) }()
		env = append(env, s.variable+"="+r.file)
	}
	switch {
	case *fetch:
		return 0, nil
	case len(command) == 0:
		<-ctx.Done()
		return 0, nil
	default:
		return execute(ctx, command, env)
	}
}

// choose returns the services of those names.
func choose(names []string, services []service) ([]service, error) {
	known := make([]string, len(services))
	for i, s := range services {
		known[i] = s.name
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("name a service: %s", strings.Join(known, ", "))
	}
	var chosen []service
	for _, name := range names {
		i := slices.Index(known, name)
		if i < 0 {
			return nil, fmt.Errorf("%q: want %s", name, strings.Join(known, ", "))
		}
		chosen = append(chosen, services[i])
	}
	return chosen, nil
}

// service is one that can be started.
type service struct {
	name     string
	variable string // of the environment: its endpoints
	starter
}

// starter gets and starts a service.
type starter struct {
	fetch func(context.Context) error
	start func(context.Context) (running, error)
}

// running is a service that was started.
type running struct {
	what string // and where
	file string // its endpoints
	stop func() error
}

// launch starts the service and says so.
func (s service) launch(ctx context.Context) (running, error) {
	began := time.Now()
	r, err := s.start(ctx)
	if err != nil {
		return r, err
	}
	fmt.Fprintf(os.Stderr, "services: %s in %.1fs: %s=%s\n", r.what, time.Since(began).Seconds(), s.variable, r.file)
	return r, nil
}

func kafka(o apachekafka.Options) starter {
	return starter{
		fetch: func(ctx context.Context) error {
			_, err := apachekafka.Fetch(ctx, o)
			return err
		},
		start: func(ctx context.Context) (running, error) {
			b, err := apachekafka.Start(ctx, o)
			if err != nil {
				return running{}, err
			}
			return running{"Apache Kafka " + b.Version + " on " + b.Plain, b.File, b.Stop}, nil
		},
	}
}

func postgres(o postgresql.Options) starter {
	return starter{
		fetch: func(ctx context.Context) error {
			_, err := postgresql.Fetch(ctx, o)
			return err
		},
		start: func(ctx context.Context) (running, error) {
			s, err := postgresql.Start(ctx, o)
			if err != nil {
				return running{}, err
			}
			return running{"PostgreSQL " + s.Version + " on " + s.Address, s.File, s.Stop}, nil
		},
	}
}

func redisServer(cache string) starter {
	return starter{
		fetch: func(context.Context) error { return nil }, // it is a program of the system
		start: func(ctx context.Context) (running, error) {
			s, err := redis.Start(ctx, cache)
			if err != nil {
				return running{}, err
			}
			return running{"Redis " + s.Version + " on " + s.Plain, s.File, s.Stop}, nil
		},
	}
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
