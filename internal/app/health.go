package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"globalmart/internal/api"
	"globalmart/internal/console"
	"globalmart/internal/datadir"
	"globalmart/internal/fault"
)

// check is one component, what is wrong with it and what to do about that.
type check struct {
	Component string `json:"component"`
	Healthy   bool   `json:"healthy"`
	Detail    string `json:"detail,omitempty"`
	Fix       string `json:"fix,omitempty"`
}

// Health checks every component that src names, and ends with fault.Unhealthy if
// one is not well. It starts nothing.
func Health(ctx context.Context, env Env, o HealthOptions) error {
	checks, err := healthChecks(ctx, env, o)
	if err != nil {
		return err
	}
	if err := env.Show(checks, func() console.Grid { return healthGrid(checks) }); err != nil {
		return err
	}
	var ill []string
	fix := ""
	for _, c := range checks {
		if !c.Healthy {
			ill = append(ill, c.Component)
			fix = cmp.Or(fix, c.Fix)
		}
	}
	if len(ill) > 0 {
		return fault.New(fault.Unhealthy, "not healthy: "+strings.Join(ill, ", "), nil, fix)
	}
	return nil
}

func healthChecks(ctx context.Context, env Env, o HealthOptions) ([]check, error) {
	if o.Operator != "" {
		return processChecks(ctx, o), nil
	}
	p := &platform{env: env, src: o.Source}
	if _, err := p.storeName(); err != nil {
		return nil, err
	}
	run, err := p.find("health")
	if err != nil {
		return nil, err
	}
	if len(p.kafka.Brokers) == 0 {
		return []check{{
			Component: "process", Detail: "nothing runs on " + o.Source.Data,
			Fix: "globalmart up --data " + o.Source.Data,
		}}, nil
	}
	checks := []check{
		within(ctx, o.Timeout, "kafka", func(ctx context.Context) error { return p.ping(ctx, o.Timeout) }),
		within(ctx, o.Timeout, "store", p.askStore),
	}
	checks = append(checks, serviceChecks(ctx, o)...)
	if address := cmp.Or(o.API, run.API); address != "" {
		checks = append(checks, apiChecks(ctx, o.Timeout, address, checks, everywhere)...)
	}
	return checks, nil
}

// partGauges are the metrics that say whether a part of a process is well: 1 then, else 0.
var partGauges = []struct{ metric, part, trouble string }{
	{"globalmart_stream_store_up", "store", "it takes no commits"},
	{"globalmart_stream_ready", "stream", "it is starting, or waits for the store"},
	{"globalmart_lake_up", "lake", "it cannot be written"},
	{"globalmart_collect_up", "collector", "the last events that came could not be written"},
}

// processChecks is how one process says that it does.
func processChecks(ctx context.Context, o HealthOptions) []check {
	var r *readings
	checks := []check{within(ctx, o.Timeout, "process", func(ctx context.Context) (err error) {
		r, err = scrapeMetrics(ctx, o.Operator)
		return err
	})}
	if r == nil {
		checks[0].Fix = "see that it runs, and that --operator is where its --operator-listen is"
		return checks
	}
	for _, g := range partGauges {
		if !r.has(g.metric) {
			continue
		}
		c := check{Component: g.part, Healthy: r.sum(g.metric) > 0}
		if !c.Healthy {
			c.Detail, c.Fix = g.trouble, "see what the process logs: it tries again by itself"
		}
		checks = append(checks, c)
	}
	if o.API != "" {
		here := func(c api.Component) bool { return !c.Elsewhere }
		checks = append(checks, apiChecks(ctx, o.Timeout, o.API, checks, here)...)
	}
	return checks
}

// everywhere takes every part.
func everywhere(api.Component) bool { return true }

// apiChecks asks an API how it and the other parts that count are, after those that were
// asked already.
func apiChecks(ctx context.Context, limit time.Duration, addr string, asked []check, counts func(api.Component) bool) []check {
	var parts []api.Component
	answer := within(ctx, limit, "api", func(ctx context.Context) (err error) {
		parts, err = askAPI(ctx, addr)
		return err
	})
	parts = slices.DeleteFunc(parts, func(c api.Component) bool { return !counts(c) })
	return append([]check{answer}, partsOf(parts, asked)...)
}

// find fills in the cluster that p's source names, or the broker of the process
// that runs on its data directory; none if nothing does.
func (p *platform) find(command string) (run datadir.Run, err error) {
	if p.src.Kafka != embeddedKafka {
		p.kafka, err = p.src.cluster(command)
		p.kafka.Log = p.env.Log
		return run, err
	}
	if run, err = running(p.src.Data); err != nil || run.Kafka == "" {
		return run, err
	}
	p.kafka, err = p.src.embedded(run.Kafka, command)
	p.kafka.Log = p.env.Log
	return run, err
}

func within(ctx context.Context, limit time.Duration, name string, ask func(context.Context) error) check {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := ask(ctx); err != nil {
		return check{Component: name, Detail: err.Error(), Fix: fault.FixOf(err)}
	}
	return check{Component: name, Healthy: true}
}

func (p *platform) askStore(ctx context.Context) error {
	s, err := p.openStore(ctx, false)
	if err != nil {
		return err
	}
	defer s.Close()
	_, err = s.AsOf(ctx)
	return err
}

// askAPI asks the API how the parts of its process are.
func askAPI(ctx context.Context, addr string) ([]api.Component, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/health", http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var answer api.Health
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, fmt.Errorf("answer of /health: %w", err)
	}
	return answer.Components, nil
}

// partsOf are the parts of a running process, such as its stream, lake and alerts.
// What is well and was asked already is left out.
func partsOf(parts []api.Component, asked []check) []check {
	var checks []check
	for _, c := range parts {
		if c.Status == api.StatusOK && slices.ContainsFunc(asked, func(a check) bool { return a.Component == c.Name }) {
			continue
		}
		one := check{Component: c.Name, Healthy: c.Status == api.StatusOK, Detail: c.Detail}
		if !one.Healthy {
			one.Fix = "see what the process logs: it tries again by itself; `globalmart doctor` looks for the cause"
		}
		checks = append(checks, one)
	}
	return checks
}

func healthGrid(checks []check) console.Grid {
	g := console.Grid{Header: []string{"component", "", "detail"}}
	for _, c := range checks {
		mark := "✓"
		if !c.Healthy {
			mark = "✗"
		}
		g.Rows = append(g.Rows, []any{c.Component, mark, c.Detail})
	}
	return g
}
