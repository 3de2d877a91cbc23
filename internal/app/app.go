// Package app is the wiring: it turns settings into adapters, starts the parts
// of the platform in order and stops them in reverse. It is the only package
// that imports adapters. Each command of the command line calls one function
// here.
//
// Results go to the console's Show, everything else to its Say and Log. Errors
// that a person can do something about are fault.Error.
package app

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"globalmart/internal/console"
)

// Env is what a command is given of the world.
type Env struct {
	*console.Console
	Version string
	Getenv  func(string) string
	// Production: what may lose data, or is guarded by a public secret, is not started.
	Production bool
}

// tell gives v as data where JSON is asked for; otherwise say tells people.
func (e Env) tell(v any, say func()) error {
	if e.Format() == console.JSON {
		return e.Show(v, nil)
	}
	say()
	return nil
}

// service is one long-running part. run blocks until ctx ends (returning nil) or
// the part cannot go on (returning why), and leaves no goroutine behind.
type service struct {
	name string
	run  func(ctx context.Context) error
}

// serve runs services until ctx ends or one fails; the first failure stops the
// rest. A service that ends early without an error is a bug, and reported.
func serve(ctx context.Context, services ...service) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, s := range services {
		g.Go(func() error {
			err := s.run(ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			if ctx.Err() == nil {
				return fmt.Errorf("%s: ended by itself", s.name)
			}
			return nil
		})
	}
	return g.Wait()
}

// sleep waits for d and reports whether ctx is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
