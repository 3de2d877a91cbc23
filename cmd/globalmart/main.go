// Command globalmart is the whole platform; see `globalmart --help`.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"globalmart/internal/cli"
)

func main() { os.Exit(run()) }

// run ends the command's context at the first signal, so that it stops cleanly.
// A second signal ends the process as if it were not caught.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return cli.Run(ctx, os.Args[1:], os.Stdout, os.Stderr, os.Environ())
}
