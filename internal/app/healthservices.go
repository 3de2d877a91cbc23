package app

import (
	"context"
	"errors"

	"globalmart/internal/batch/spark"
	"globalmart/internal/datadir"
	"globalmart/internal/fault"
)

// serviceChecks are those of the services that o names beside log and live tables: what
// is in this process, or in a directory, needs none.
func serviceChecks(ctx context.Context, o HealthOptions) []check {
	var checks []check
	if o.Cache.URL != "" && o.Cache.URL != inMemory && o.Cache.URL != noCache {
		checks = append(checks, within(ctx, o.Timeout, "cache", o.askCache))
	}
	if placeWarehouse(o.Warehouse, "", datadir.Layout(o.Source.Data)).mongodb != "" {
		checks = append(checks, within(ctx, o.Timeout, "warehouse", o.askWarehouse))
	}
	if o.Engine != "" && o.Engine != inProcess {
		checks = append(checks, within(ctx, o.Timeout, "engine", o.askEngine))
	}
	return checks
}

func (o *HealthOptions) askCache(ctx context.Context) error {
	c, err := openRedis(o.Cache)
	if err != nil {
		return err
	}
	if err := errors.Join(c.Ping(ctx), c.Close()); err != nil {
		return fault.New(fault.Unhealthy, "Redis does not answer", err, "start it; without it answers are slower, and as right")
	}
	return nil
}

func (o *HealthOptions) askWarehouse(ctx context.Context) (err error) {
	w, err := openMongoDB(o.Warehouse)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close(context.WithoutCancel(ctx))) }()
	if err := w.Ping(ctx); err != nil {
		return fault.New(fault.Unhealthy, "MongoDB does not answer", err, "start it; until then there are live figures only, and the next batch run copies what it missed")
	}
	return nil
}

// askEngine has Spark run a statement.
func (o *HealthOptions) askEngine(ctx context.Context) error {
	cfg, err := sparkConfig(o.Engine)
	if err != nil {
		return err
	}
	cfg.Silence = o.Timeout
	e, err := spark.Open(ctx, cfg)
	if err != nil {
		return fault.New(fault.Unhealthy, "Spark does not answer", err, "start its Thrift server on "+cfg.Address+"; until then batch jobs fail, and are made up for")
	}
	return e.Close()
}
