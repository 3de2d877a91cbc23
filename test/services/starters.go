package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"globalmart/test/services/apachekafka"
	"globalmart/test/services/mongodb"
	"globalmart/test/services/platform"
	"globalmart/test/services/postgresql"
	"globalmart/test/services/redis"
	"globalmart/test/services/spark"
)

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
	what     string   // and where
	file     string   // its endpoints
	settings []string // of globalmart to use it: NAME=value
	stop     func() error
	// What a platform needs to stop and start it meanwhile.
	log      string // file
	alive    func() bool
	shutdown func() // in its own order
	kill     func() // nil: it is not to be killed
	restart  func(context.Context) error
}

// part is the service as a part of a platform.
func (r running) part(name string) platform.Part {
	return platform.Part{Name: name, Log: r.log, Alive: r.alive, Stop: r.shutdown, Kill: r.kill, Start: r.restart}
}

// output is where most services write what they say, beside the file of their endpoints.
func output(file string) string { return filepath.Join(filepath.Dir(file), "output.log") }

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
			return running{
				what: "Apache Kafka " + b.Version + " on " + b.Plain, file: b.File, settings: []string{"GLOBALMART_KAFKA=" + b.Plain},
				stop: b.Stop, log: output(b.File), alive: b.Alive, shutdown: b.Shutdown, restart: b.Restart,
			}, nil
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
			return running{
				what: "PostgreSQL " + s.Version + " on " + s.Address, file: s.File, settings: []string{"GLOBALMART_STORE=" + s.URL("postgres", url.Values{"sslmode": {"disable"}})},
				stop: s.Stop, log: output(s.File), alive: s.Alive, shutdown: s.Shutdown, kill: s.Crash, restart: s.Restart,
			}, nil
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
			return running{
				what: "Redis " + s.Version + " on " + s.Plain, file: s.File, settings: []string{"GLOBALMART_CACHE=" + s.URL(s.Plain, 0)},
				stop: s.Stop, log: output(s.File), alive: s.Alive, shutdown: s.Shutdown, kill: s.Kill, restart: s.Restart,
			}, nil
		},
	}
}

func mongoDB(o mongodb.Options) starter {
	return starter{
		fetch: func(ctx context.Context) error {
			_, err := mongodb.Fetch(ctx, o.Cache)
			return err
		},
		start: func(ctx context.Context) (running, error) {
			s, err := mongodb.Start(ctx, o)
			if err != nil {
				return running{}, err
			}
			return running{
				what: "a stand-in for MongoDB (mongo-java-server " + s.Version + ") on " + s.Address, file: s.File, settings: []string{"GLOBALMART_WAREHOUSE=" + s.URL("globalmart")},
				stop: s.Stop, log: output(s.File), alive: s.Alive, shutdown: s.Kill, kill: s.Kill, restart: s.Restart,
			}, nil
		},
	}
}

func sparkCluster(o spark.Options) starter {
	return starter{
		fetch: func(ctx context.Context) error {
			_, err := spark.Fetch(ctx, o)
			return err
		},
		start: func(ctx context.Context) (running, error) {
			c, err := spark.Start(ctx, o)
			if err != nil {
				return running{}, err
			}
			return running{
				what: "Apache Spark " + c.Version + " on " + c.Thrift, file: c.File,
				settings: []string{"GLOBALMART_ENGINE=" + c.URL(), fmt.Sprintf("GLOBALMART_ENGINE_PID=%d,%d", c.PID, c.Worker)}, // the latter is for `bench batch`
				stop:     c.Stop, log: filepath.Join(filepath.Dir(c.File), "server.log"), alive: c.Alive, shutdown: c.Kill, kill: c.Kill, restart: c.Restart,
			}, nil
		},
	}
}
