// Command sparkstream builds the streaming job of deploy/spark and runs it until it is
// stopped, on the Kafka and the PostgreSQL that GLOBALMART_KAFKA and GLOBALMART_STORE name:
// those of `make services`, or others. It gets Spark and what the job needs if they are
// missing; with -fetch that is all.
//
//	sparkstream [-fetch] [-cache DIR] [ARG...]
//
// The arguments are the job's; --help lists them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"globalmart/test/services/sparkjob"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "sparkstream: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	fetch := flag.Bool("fetch", false, "get and build what is needed, run nothing")
	cache := flag.String("cache", ".cache/services", "directory for what was fetched")
	flag.Parse()
	o := sparkjob.Options{Cache: filepath.Join(*cache, "sparkjob"), SparkCache: filepath.Join(*cache, "spark"), Args: flag.Args()}
	if *fetch {
		_, err := sparkjob.Build(ctx, o)
		return err
	}
	for _, name := range []string{"GLOBALMART_KAFKA", "GLOBALMART_STORE"} {
		if os.Getenv(name) == "" {
			return fmt.Errorf("%s is not set. Try: make services, and in another shell source .cache/services.env", name)
		}
	}
	for _, pair := range os.Environ() {
		if strings.HasPrefix(pair, "GLOBALMART_") {
			o.Settings = append(o.Settings, pair)
		}
	}
	job, err := sparkjob.Start(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, job.Stop()) }()
	fmt.Fprintf(os.Stderr, "sparkstream: Spark's UI is on http://%s; what the job says is in %s; Ctrl-C ends it\n", job.UI, job.Output)
	return job.Wait(ctx)
}
