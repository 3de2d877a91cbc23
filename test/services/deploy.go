package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"globalmart/test/services/platform"
)

// deployFlags are those of what -deploy runs.
func deployFlags(flags *flag.FlagSet) *platform.Options {
	var o platform.Options
	flags.StringVar(&o.Dir, "deploy", "", "folder for a platform: run globalmart on the services, too")
	flags.StringVar(&o.Program, "program", "bin/globalmart", "with -deploy: the program")
	flags.StringVar(&o.Rate, "rate", "500", "with -deploy: events a second")
	flags.StringVar(&o.Listen, "listen", "127.0.0.1:0", "with -deploy: where the API listens; port 0 picks a free one")
	flags.IntVar(&o.Workers, "workers", 3, "with -deploy: stream workers")
	flags.IntVar(&o.History, "history", 2, "with -deploy: days of history")
	flags.IntVar(&o.Orders, "daily-orders", 2000, "with -deploy: orders on each of them")
	return &o
}

// deploy runs the program on services until ctx ends or it is asked to. Once all is ready,
// the folder has services.env: what a shell has to source to use the platform.
func deploy(ctx context.Context, o platform.Options, services []service) (code int, err error) {
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return 1, err
	}
	if o.Program, err = filepath.Abs(o.Program); err != nil {
		return 1, err
	}
	file, err := takeSettings(filepath.Join(o.Dir, "services.env"))
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, file.close()) }()
	started, err := startAll(ctx, services)
	defer func() { err = errors.Join(err, stopAll(started)) }()
	if err != nil {
		return 1, err
	}
	parts := make([]platform.Part, len(started))
	for i, r := range started {
		parts[i] = r.part(services[i].name)
	}
	p, err := platform.New(ctx, o, parts, settingsOf(started))
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, p.Stop()) }()
	if err := p.Start(ctx); err != nil {
		return 1, err
	}
	if _, err := file.write(append(settingsOf(started), p.Settings()...)); err != nil {
		return 1, err
	}
	fmt.Fprintf(os.Stderr, "services: the platform is ready; API on http://%s\n", p.API)
	return 0, p.Serve(ctx)
}
