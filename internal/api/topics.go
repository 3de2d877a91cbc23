package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"globalmart/internal/event"
)

// LiveSales is what the topic sales tells.
type LiveSales struct {
	DashboardSales
	DashboardRates
}

// topic is one kind of event of a stream: parts of the dashboard, as they change.
type topic struct {
	name  string
	means string
	fill  func(ctx context.Context, now event.Time, d *Dashboard) error
	data  func(d *Dashboard) any
}

// liveTopics are those that this process knows of.
func (a *API) liveTopics() []topic {
	list := []topic{{"sales", "orders and revenue of today, of the last hour and a minute", a.fillSales, func(d *Dashboard) any { return LiveSales{d.Sales, d.Rates} }}}
	if a.deps.Shop != nil {
		list = append(list,
			topic{"stock", "products without stock", a.fillStock, func(d *Dashboard) any { return d.Stock }},
			topic{"sessions", "visits now and in the last hour", a.fillSessions, func(d *Dashboard) any { return d.Sessions }},
			topic{"carts", "carts by status, and what is at risk in them", a.fillLiveCarts, func(d *Dashboard) any { return d.Carts }},
			topic{"anomalies", "the newest unusual orders", a.fillAnomalies, func(d *Dashboard) any { return d.Anomalies }},
			topic{"alerts", "open alerts by kind and level", a.fillAlerts, func(d *Dashboard) any { return d.Alerts }},
		)
	}
	if a.deps.Pipeline != nil {
		list = append(list, topic{"pipeline", "how the stream is doing", func(_ context.Context, _ event.Time, d *Dashboard) error {
			d.Pipeline = a.pipeline()
			return nil
		}, func(d *Dashboard) any { return d.Pipeline }})
	}
	return list
}

// fillLiveCarts is fillCarts with the carts that are open.
func (a *API) fillLiveCarts(ctx context.Context, now event.Time, d *Dashboard) error {
	open, err := a.deps.Shop.OpenTotals(ctx)
	if err != nil {
		return err
	}
	d.Carts.Active = open.Carts
	return a.fillCarts(ctx, now, d)
}

// telling is what a topic has to tell.
type telling struct {
	topic string
	tag   string
	body  []byte
	began time.Time
	took  time.Duration
}

// tell asks topics, each once. What one of them fails at is left out. The freshness is
// read first, so that the figures are never older than they say.
func (a *API) tell(ctx context.Context, names []string) ([]telling, error) {
	fresh, err := a.deps.Fresh.AsOf(ctx)
	if err != nil {
		return nil, fmt.Errorf("api: read freshness: %w", err)
	}
	basis := a.basis(fresh.RecordTime, sourceStream, true)
	known := map[string]topic{}
	for _, t := range a.liveTopics() {
		known[t.name] = t
	}
	var told []telling
	var errs []error
	for _, name := range names {
		began := a.cfg.Now()
		var d Dashboard
		if err := known[name].fill(ctx, a.now(), &d); err != nil {
			errs = append(errs, fmt.Errorf("api: topic %s: %w", name, err))
			continue
		}
		out, err := finishAnswer(known[name].data(&d), basis, a.lag(fresh))
		if err != nil {
			errs = append(errs, fmt.Errorf("api: topic %s: encode: %w", name, err))
			continue
		}
		told = append(told, telling{topic: name, tag: out.ETag, body: out.Body, began: began, took: a.cfg.Now().Sub(began)})
	}
	return told, errors.Join(errs...)
}
