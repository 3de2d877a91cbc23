package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"globalmart/internal/console"
	"globalmart/internal/datadir"
	"globalmart/internal/fault"
	"globalmart/internal/kafka"
)

// check is one component and what is wrong with it.
type check struct {
	Component string `json:"component"`
	Healthy   bool   `json:"healthy"`
	Detail    string `json:"detail,omitempty"`
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
	for _, c := range checks {
		if !c.Healthy {
			return fault.New(fault.Unhealthy, c.Component+" is not healthy", errors.New(c.Detail), "see its log")
		}
	}
	return nil
}

func healthChecks(ctx context.Context, env Env, o HealthOptions) ([]check, error) {
	p := &platform{env: env, src: o.Source}
	brokers := o.Source.Kafka
	var run datadir.Run
	if brokers == embeddedKafka {
		var err error
		if run, err = datadir.Read(o.Source.Data); err != nil {
			return nil, fault.New(fault.Unhealthy, "nothing runs on "+o.Source.Data, err, "globalmart up --data "+o.Source.Data)
		}
		brokers = run.Kafka
	}
	p.kafka = kafka.Config{Brokers: []string{brokers}, ClientID: "globalmart-health"}
	checks := []check{
		within(ctx, o.Timeout, "kafka", func(ctx context.Context) error { return kafka.Ping(ctx, p.kafka, o.Timeout) }),
		within(ctx, o.Timeout, "store", func(ctx context.Context) error { return p.askStore(ctx) }),
	}
	if run.API != "" {
		checks = append(checks, within(ctx, o.Timeout, "api", func(ctx context.Context) error { return askAPI(ctx, run.API) }))
	}
	return checks, nil
}

func within(ctx context.Context, limit time.Duration, name string, ask func(context.Context) error) check {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := ask(ctx); err != nil {
		return check{Component: name, Detail: err.Error()}
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

// askAPI asks the API how its parts are.
func askAPI(ctx context.Context, addr string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/health", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var answer struct {
		Status     string
		Components []struct{ Name, Status, Detail string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return fmt.Errorf("answer of /health: %w", err)
	}
	for _, c := range answer.Components {
		if c.Status != "ok" {
			return fmt.Errorf("%s is %s: %s", c.Name, c.Status, c.Detail)
		}
	}
	return nil
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
