package alert

import (
	"fmt"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// condition is what a subject calls for now.
type condition struct {
	kind      store.AlertKind
	subject   string
	level     store.AlertLevel // "" = nothing is wrong
	value     int64
	threshold int64
	text      string
}

// subject names what an alert is about.
type subject struct {
	kind store.AlertKind
	name string
}

// openAlerts are the open ones.
type openAlerts map[subject]store.Alert

func (o openAlerts) level(kind store.AlertKind, name string) store.AlertLevel {
	return o[subject{kind, name}].Level
}

// changes compares what holds with what is open. Alerts of subjects without a
// condition stay as they are.
func (o openAlerts) changes(conditions []condition, now event.Time) []store.AlertChange {
	var changes []store.AlertChange
	for i := range conditions {
		c := &conditions[i]
		open, isOpen := o[subject{c.kind, c.subject}]
		switch {
		case !isOpen && c.level != "":
			changes = append(changes, store.AlertChange{Step: store.AlertOpened, Alert: store.Alert{
				ID: alertID(c, now), Kind: c.kind, Subject: c.subject, Level: c.level, OpenedAt: now, ChangedAt: now,
				Value: c.value, Threshold: c.threshold, Text: c.text,
			}})
		case isOpen && c.level == "":
			open.ClosedAt, open.Value, open.Text = now, c.value, c.text
			changes = append(changes, store.AlertChange{Step: store.AlertClosed, Alert: open})
		case isOpen && c.level != open.Level:
			open.Level, open.ChangedAt, open.Value, open.Threshold, open.Text = c.level, now, c.value, c.threshold, c.text
			changes = append(changes, store.AlertChange{Step: store.AlertChanged, Alert: open})
		}
	}
	return changes
}

// alertID names an alert: sorted by id, alerts are sorted by when they were
// opened.
func alertID(c *condition, now event.Time) string {
	return fmt.Sprintf("%013d/%s/%s", int64(now), c.kind, c.subject)
}

// apply brings o up to date with changes that were made durable.
func (o openAlerts) apply(changes []store.AlertChange) {
	for _, c := range changes {
		at := subject{c.Alert.Kind, c.Alert.Subject}
		if c.Step == store.AlertClosed {
			delete(o, at)
		} else {
			o[at] = c.Alert
		}
	}
}
