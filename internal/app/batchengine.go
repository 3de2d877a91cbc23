package app

import (
	"cmp"
	"context"
	"runtime"

	"globalmart/internal/batch"
	enginedb "globalmart/internal/batch/duckdb"
	"globalmart/internal/batch/spark"
	"globalmart/internal/duckdb"
	"globalmart/internal/fault"
	"globalmart/internal/telemetry"
)

// inProcess is the engine of this process: DuckDB.
const inProcess = "duckdb"

// EngineOptions say what runs the SQL of the batch jobs.
type EngineOptions struct {
	URL telemetry.Secret // "duckdb", which "" is too, or the URL of a Spark
	// Memory bounds what the engine of this process keeps in memory, in bytes; the
	// process has about half as much beside it. 0 = DefaultEngineMemory.
	Memory int64
}

// DefaultEngineMemory keeps a process of a million customers below 1 GiB. What it is not
// enough for is spilled, or made again on one core.
const DefaultEngineMemory = 640 << 20

// maxLanes bounds how many partitions are made at the same time. They share as much
// memory again.
const maxLanes = 4

// openEngine opens what runs the SQL of the jobs, and says how many partitions it makes
// at the same time. The caller closes it.
func openEngine(ctx context.Context, o BatchOptions) (e batch.Engine, lanes int, err error) {
	if o.Engine.URL == "" || o.Engine.URL == inProcess {
		e, err = enginedb.Open(ctx, duckdb.Config{
			Memory: cmp.Or(o.Engine.Memory, DefaultEngineMemory), Threads: o.Threads, Dirs: []string{o.Lake, o.Warehouse}, KeepFooters: true,
		})
		return e, min(cmp.Or(o.Threads, runtime.GOMAXPROCS(0)), maxLanes), err
	}
	cfg, err := sparkConfig(o.Engine.URL)
	if err != nil {
		return nil, 0, err
	}
	e, err = spark.Open(ctx, cfg)
	if err != nil {
		return nil, 0, fault.New(fault.Failed, "cannot use Spark", err,
			"see that the Thrift server on "+cfg.Address+" runs and takes this user, or run the jobs in this process with --engine duckdb")
	}
	return e, maxLanes, nil // they wait for Spark, not for this machine's cores
}

// sparkConfig reads the URL of a Spark.
func sparkConfig(where telemetry.Secret) (spark.Config, error) {
	cfg, err := spark.ParseURL(where.Reveal())
	if err != nil {
		return cfg, fault.New(fault.Usage, "--engine: it is neither duckdb nor the URL of a Spark", err,
			"--engine spark://HOST:10000 of its Thrift server, with a password spark://USER:PASSWORD@HOST:10000 in GLOBALMART_ENGINE")
	}
	return cfg, nil
}
