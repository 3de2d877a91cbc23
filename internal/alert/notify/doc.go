// Package notify tells of alerts: it sends the notices that the evaluator left in
// the store to receivers, in order, each receiver at its own pace. One that is
// down holds up nobody else and nothing else.
//
// Delivery is at least once. A notice is tried again with exponential backoff and
// full jitter until it is taken, or given up when it is a day old. Every notice
// has an id that is the same at each attempt, so that a receiver can tell repeats.
package notify

import (
	"encoding/json"
	"fmt"
	"time"

	"globalmart/internal/store"
)

// Message is a notice as receivers get it, as JSON.
type Message struct {
	ID    string          `json:"id"` // the same at each attempt
	Type  string          `json:"type" enum:"alert.opened,alert.changed,alert.closed,alert.test"`
	At    time.Time       `json:"at"` // UTC, as RFC 3339
	Alert json.RawMessage `json:"alert"`

	// Key is the alert's id: messages of one key come in order.
	Key string `json:"-"`
}

// alertJSON is an alert as receivers get it.
type alertJSON struct {
	ID        string           `json:"id"`
	Kind      store.AlertKind  `json:"kind"`
	Subject   string           `json:"subject"`
	Level     store.AlertLevel `json:"level"`
	OpenedAt  time.Time        `json:"opened_at"`
	ChangedAt time.Time        `json:"changed_at"`
	ClosedAt  *time.Time       `json:"closed_at,omitempty"`
	Value     int64            `json:"value"`
	Threshold int64            `json:"threshold,omitempty"`
	Text      string           `json:"text"`
}

// MessageOf returns a notice as receivers get it.
func MessageOf(n *store.AlertNotice) (Message, error) {
	a := &n.Change.Alert
	body := alertJSON{
		ID: a.ID, Kind: a.Kind, Subject: a.Subject, Level: a.Level, OpenedAt: a.OpenedAt.Std(), ChangedAt: a.ChangedAt.Std(),
		Value: a.Value, Threshold: a.Threshold, Text: a.Text,
	}
	if a.ClosedAt > 0 {
		at := a.ClosedAt.Std()
		body.ClosedAt = &at
	}
	text, err := json.Marshal(body)
	if err != nil {
		return Message{}, fmt.Errorf("notify: encode alert %s: %w", a.ID, err)
	}
	return Message{
		ID:   fmt.Sprintf("%s/%s/%d", a.ID, n.Change.Step, int64(n.At)),
		Type: "alert." + string(n.Change.Step), At: n.At.Std(), Alert: text, Key: a.ID,
	}, nil
}
