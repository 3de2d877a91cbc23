// Command services starts real services for tests, runs a command that finds them
// in its environment, and stops them again; without a command it runs until it is
// stopped. A service that the environment names already is taken as it is.
//
//	services [-fetch] [-cache DIR] [-settings FILE] [-kafka-version V] [-mongodb-memory SIZE] SERVICE... [-- COMMAND ARG...]
//	services -deploy DIR [-program FILE] [-rate R] [-listen ADDR] [-workers N] [-history DAYS] SERVICE...
//	services -ask DIR status|shutdown|start|{start|stop|kill|restart PART}
//
// Services: kafka, postgres, redis, mongodb, spark. They start at the same time. With
// -fetch it only gets what they need and starts nothing. With -settings it shows what
// globalmart has to be told to use them, and keeps it in a file for a shell to source.
// Its exit code is that of the command. With -deploy the processes of globalmart run on
// them too, and -ask tells of them, ends them, or stops and starts one part.
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

	"golang.org/x/sync/errgroup"

	"globalmart/internal/testenv"
	"globalmart/test/services/apachekafka"
	"globalmart/test/services/mongodb"
	"globalmart/test/services/platform"
	"globalmart/test/services/postgresql"
	"globalmart/test/services/spark"
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
	settings := flags.String("settings", "", "file for the settings of globalmart, which is removed when the services end")
	version := flags.String("kafka-version", apachekafka.DefaultVersion, "version of Apache Kafka")
	ask := flags.String("ask", "", "folder of a platform that runs: ask it for something")
	deployed := deployFlags(flags)
	memory := flags.String("mongodb-memory", mongodb.DefaultMemory, "heap of the stand-in for MongoDB, which keeps all in it")
	if err := flags.Parse(args); err != nil {
		return 2, err
	}
	if *ask != "" {
		text, err := platform.Ask(ctx, *ask, flags.Args()...)
		fmt.Fprint(os.Stdout, text)
		return 0, err
	}
	wanted, err := choose(flags.Args(), []service{
		{"kafka", testenv.KafkaVariable, kafka(apachekafka.Options{Cache: filepath.Join(*cache, "kafka"), Version: *version})},
		{"postgres", testenv.PostgresVariable, postgres(postgresql.Options{Cache: filepath.Join(*cache, "postgresql")})},
		{"redis", testenv.RedisVariable, redisServer(filepath.Join(*cache, "redis"))},
		{"mongodb", testenv.MongoDBVariable, mongoDB(mongodb.Options{Cache: filepath.Join(*cache, "mongodb"), Memory: *memory})},
		{"spark", testenv.SparkVariable, sparkCluster(spark.Options{Cache: filepath.Join(*cache, "spark")})},
	})
	if err != nil {
		return 2, err
	}
	if deployed.Dir != "" {
		return deploy(ctx, *deployed, wanted)
	}
	wanted = slices.DeleteFunc(wanted, func(s service) bool { return os.Getenv(s.variable) != "" })
	if *fetch {
		return fetchAll(ctx, wanted)
	}
	if *settings != "" {
		return hold(ctx, *settings, wanted)
	}
	started, err := startAll(ctx, wanted)
	defer func() { err = errors.Join(err, stopAll(started)) }()
	if err != nil {
		return 1, err
	}
	env := os.Environ()
	for i, r := range started {
		env = append(env, wanted[i].variable+"="+r.file)
	}
	if len(command) == 0 {
		<-ctx.Done()
		return 0, nil
	}
	return execute(ctx, command, env)
}

// hold starts services for globalmart, says what it has to be told to use them, and
// keeps them until ctx ends.
func hold(ctx context.Context, path string, services []service) (code int, err error) {
	file, err := takeSettings(path)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, file.close()) }()
	started, err := startAll(ctx, services)
	defer func() { err = errors.Join(err, stopAll(started)) }()
	if err != nil {
		return 1, err
	}
	text, err := file.write(settingsOf(started))
	if err != nil {
		return 1, err
	}
	fmt.Fprintf(os.Stderr, "services: all are healthy; Ctrl-C ends them. For globalmart, `source %s` in another shell, or:\n\n", path)
	fmt.Fprint(os.Stdout, text)
	<-ctx.Done()
	return 0, nil
}

// settingsOf are those of globalmart to use services: NAME=value.
func settingsOf(services []running) []string {
	var settings []string
	for _, r := range services {
		settings = append(settings, r.settings...)
	}
	return settings
}

// fetchAll gets what services need, one after the other.
func fetchAll(ctx context.Context, services []service) (code int, err error) {
	for _, s := range services {
		if err := s.fetch(ctx); err != nil {
			return 1, err
		}
	}
	return 0, nil
}

// startAll starts services at the same time. Those that did start are returned also if
// another fails; the one that is at the same place has no stop otherwise.
func startAll(ctx context.Context, services []service) ([]running, error) {
	started := make([]running, len(services))
	g, ctx := errgroup.WithContext(ctx)
	for i, s := range services {
		g.Go(func() (err error) {
			started[i], err = s.launch(ctx)
			return err
		})
	}
	return started, g.Wait()
}

// stopAll stops services at the same time.
func stopAll(services []running) error {
	var g errgroup.Group
	for _, r := range services {
		if r.stop != nil {
			g.Go(r.stop)
		}
	}
	return g.Wait()
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
