package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"globalmart/internal/alert"
	"globalmart/internal/alert/notify"
	"globalmart/internal/console"
	"globalmart/internal/event"
	"globalmart/internal/fault"
	"globalmart/internal/kafka"
	"globalmart/internal/store"
	"globalmart/internal/telemetry"
)

// AlertOptions say who is told of alerts, beside the alerts topic.
type AlertOptions struct {
	Webhooks []telemetry.Secret // absolute http or https addresses
	Secret   telemetry.Secret   // requests are signed with it; "" = they are not
}

// keepAlerts is how long closed alerts and notices are kept.
const keepAlerts = 90 * 24 * time.Hour

// webhooks returns the receivers that o names.
func (o AlertOptions) webhooks() ([]notify.Receiver, error) {
	var receivers []notify.Receiver
	for i, address := range o.Webhooks {
		w, err := notify.NewWebhook(address.Reveal(), o.Secret, time.Now)
		if err != nil {
			return nil, fault.New(fault.Usage, fmt.Sprintf("--alert-webhook: the address at place %d cannot be used", i+1), err, "give one such as https://host/path")
		}
		receivers = append(receivers, w)
	}
	return receivers, nil
}

// newAlerts returns the evaluator of alerts over s, which tells the alerts topic
// and the webhooks of o. It stands by while another process is at work.
func (p *platform) newAlerts(s liveStore, o AlertOptions) (*alert.Evaluator, error) {
	receivers, err := o.webhooks()
	if err != nil {
		return nil, err
	}
	return alert.New(alert.Config{
		Store: s, Rules: p.rules, Now: time.Now, Log: p.env.Log,
		Owner: processName(),
		Lead:  func(ctx context.Context) { p.tell(ctx, s, receivers) },
	}), nil
}

// tell sends notices until ctx ends.
func (p *platform) tell(ctx context.Context, s liveStore, receivers []notify.Receiver) {
	producer, err := kafka.NewProducer(p.kafka, kafka.Live)
	if err != nil {
		p.env.Log.ErrorContext(ctx, "alerts are not sent to their topic", "error", err)
	} else {
		defer producer.Close()
		receivers = append(slices.Clip(receivers), topicReceiver{producer})
	}
	notify.New(notify.Config{Store: s, Receivers: receivers, Now: time.Now, Log: p.env.Log}).Run(ctx)
}

// topicReceiver sends notices to the alerts topic.
type topicReceiver struct{ producer *kafka.Producer }

// Name implements [notify.Receiver].
func (topicReceiver) Name() string { return "topic:" + event.TopicAlerts }

// Send implements [notify.Receiver].
func (r topicReceiver) Send(ctx context.Context, m *notify.Message) error {
	value, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	if err := r.producer.Send(ctx, event.TopicAlerts, m.Key, value, event.TimeOf(m.At)); err != nil {
		return err
	}
	return r.producer.Flush(ctx)
}

// AlertsListOptions are those of `globalmart alerts list`.
type AlertsListOptions struct {
	Source     Source
	Kind       string // "" = all
	All        bool   // also those that are closed
	Deliveries bool   // how notices fared, instead
	Limit      int
}

// alertRow is an alert as JSON.
type alertRow struct {
	ID        string     `json:"id"`
	Kind      string     `json:"kind"`
	Subject   string     `json:"subject"`
	Level     string     `json:"level"`
	OpenedAt  time.Time  `json:"opened_at"`
	ChangedAt time.Time  `json:"changed_at"`
	ClosedAt  *time.Time `json:"closed_at,omitempty"`
	Value     int64      `json:"value"`
	Threshold int64      `json:"threshold"`
	Text      string     `json:"text"`
}

// AlertsList shows alerts, newest first, or how notices fared.
func AlertsList(ctx context.Context, env Env, o AlertsListOptions) error {
	p := &platform{env: env, src: o.Source}
	s, err := p.openStore(ctx, false)
	if err != nil {
		return err
	}
	defer s.Close()
	if o.Deliveries {
		return showDeliveries(ctx, env, s, o.Limit)
	}
	alerts, err := s.Alerts(ctx, store.AlertQuery{Kind: store.AlertKind(o.Kind), OpenOnly: !o.All, Limit: o.Limit})
	if err != nil {
		return err
	}
	rows := make([]alertRow, 0, len(alerts))
	for _, a := range alerts {
		row := alertRow{
			ID: a.ID, Kind: string(a.Kind), Subject: a.Subject, Level: string(a.Level), OpenedAt: a.OpenedAt.Std(), ChangedAt: a.ChangedAt.Std(),
			Value: a.Value, Threshold: a.Threshold, Text: a.Text,
		}
		if a.ClosedAt > 0 {
			at := a.ClosedAt.Std()
			row.ClosedAt = &at
		}
		rows = append(rows, row)
	}
	if err := env.Show(rows, func() console.Grid { return alertGrid(rows) }); err != nil {
		return err
	}
	if len(rows) == 0 {
		env.Say("nothing calls for attention")
	}
	return nil
}

func alertGrid(rows []alertRow) console.Grid {
	g := console.Grid{Header: []string{"opened", "closed", "kind", "level", "text"}}
	for _, a := range rows {
		end := ""
		if a.ClosedAt != nil {
			end = a.ClosedAt.Format(time.DateTime)
		}
		g.Rows = append(g.Rows, []any{a.OpenedAt.Format(time.DateTime), end, a.Kind, a.Level, a.Text})
	}
	return g
}

// deliveryRow is how a notice fared, as JSON.
type deliveryRow struct {
	Receiver string    `json:"receiver"`
	Notice   int64     `json:"notice"`
	State    string    `json:"state"` // delivered, waiting or given_up
	Attempts int64     `json:"attempts"`
	LastAt   time.Time `json:"last_at"`
	Error    string    `json:"error,omitempty"`
}

func showDeliveries(ctx context.Context, env Env, s liveStore, limit int) error {
	deliveries, err := s.Deliveries(ctx, limit)
	if err != nil {
		return err
	}
	rows := make([]deliveryRow, 0, len(deliveries))
	for _, d := range deliveries {
		state := "waiting"
		switch {
		case d.DeliveredAt > 0:
			state = "delivered"
		case d.GivenUp:
			state = "given_up"
		}
		rows = append(rows, deliveryRow{d.Receiver, d.Seq, state, d.Attempts, d.LastAt.Std(), d.Error})
	}
	return env.Show(rows, func() console.Grid {
		g := console.Grid{Header: []string{"last attempt", "receiver", "notice", "state", "attempts", "error"}}
		for _, r := range rows {
			g.Rows = append(g.Rows, []any{r.LastAt.Format(time.DateTime), r.Receiver, r.Notice, r.State, r.Attempts, r.Error})
		}
		return g
	})
}

// testResult is what became of a test notice.
type testResult struct {
	Receiver string  `json:"receiver"`
	OK       bool    `json:"ok"`
	Seconds  float64 `json:"seconds"`
	Error    string  `json:"error,omitempty"`
}

// AlertsTest sends every webhook a test notice, and ends with fault.Failed if one
// does not take it.
func AlertsTest(ctx context.Context, env Env, o AlertOptions) error {
	receivers, err := o.webhooks()
	if err != nil {
		return err
	}
	if len(receivers) == 0 {
		return fault.New(fault.Usage, "there is no webhook to test", nil, "name one with --alert-webhook https://host/path")
	}
	now := event.TimeOf(time.Now())
	m := notify.Message{ID: fmt.Sprintf("test/%d", int64(now)), Type: "alert.test", At: now.Std(), Alert: json.RawMessage(`{"text":"this is a test"}`)}
	var results []testResult
	failed := 0
	for _, r := range receivers {
		started := time.Now()
		result := testResult{Receiver: r.Name(), OK: true}
		if err := r.Send(ctx, &m); err != nil {
			result.OK, result.Error = false, err.Error()
			failed++
		}
		result.Seconds = time.Since(started).Seconds()
		results = append(results, result)
	}
	if err := env.Show(results, func() console.Grid { return testGrid(results) }); err != nil {
		return err
	}
	if failed > 0 {
		return fault.New(fault.Failed, fmt.Sprintf("%d of %d webhooks did not take the test notice", failed, len(receivers)), nil, "see that the address is right and its server answers with a status of 200 to 299")
	}
	return nil
}

func testGrid(results []testResult) console.Grid {
	g := console.Grid{Header: []string{"", "receiver", "seconds", "error"}}
	for _, r := range results {
		mark := "✓"
		if !r.OK {
			mark = "✗"
		}
		g.Rows = append(g.Rows, []any{mark, r.Receiver, r.Seconds, r.Error})
	}
	return g
}
