package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// Lease implements alert.Store.
func (s *Store) Lease(ctx context.Context, owner string, now event.Time, ttl time.Duration) (term int64, held bool, err error) {
	err = s.do(ctx, func(t *tx) error {
		held = false
		t.query(func(row pgx.Rows) error {
			held = true
			return row.Scan(&term)
		}, takeLease, named{"owner": owner, "expires": int64(now.Add(ttl)), "now": int64(now)})
		return t.send()
	})
	if err != nil {
		return 0, false, fmt.Errorf("postgres: take the alert lease: %w", err)
	}
	return term, held, nil
}

// lead makes sure that term is that of the alert lease until the transaction ends;
// store.ErrFenced if it is not.
func (t *tx) lead(term int64) error { return t.mustFind(holdLease, term) }

// ChangeAlerts implements alert.Store.
func (s *Store) ChangeAlerts(ctx context.Context, term int64, now event.Time, changes []store.AlertChange) error {
	err := s.do(ctx, func(t *tx) error {
		if err := t.lead(term); err != nil {
			return err
		}
		// Closed ones first: a subject may be opened anew in the same moment.
		closed, others, notices := newRows(10), newRows(10), newRows(11)
		for i := range changes {
			c := &changes[i]
			if c.Step == store.AlertClosed {
				closed.alert(&c.Alert)
			} else {
				others.alert(&c.Alert)
			}
			notices.text(string(c.Step)).alert(&c.Alert)
		}
		t.put(putAlert, closed)
		t.put(putAlert, others)
		t.put(addNotice, notices, int64(now))
		return nil
	})
	if err != nil {
		return fmt.Errorf("postgres: change %d alerts: %w", len(changes), err)
	}
	return nil
}

// alert adds the columns of an alert.
func (r *rows) alert(a *store.Alert) {
	r.text(a.ID).text(string(a.Kind)).text(a.Subject).text(string(a.Level))
	r.num(int64(a.OpenedAt)).num(int64(a.ChangedAt)).num(int64(a.ClosedAt)).num(a.Value).num(a.Threshold).text(a.Text)
}

// alertColumns are where the columns of an alert go.
func alertColumns(a *store.Alert) []any {
	return []any{&a.ID, &a.Kind, &a.Subject, &a.Level, &a.OpenedAt, &a.ChangedAt, &a.ClosedAt, &a.Value, &a.Threshold, &a.Text}
}

// OpenAlerts implements alert.Store.
func (s *Store) OpenAlerts(ctx context.Context) ([]store.Alert, error) {
	return s.alerts(ctx, listOpenAlerts)
}

// Alerts returns the alerts of q, newest first.
func (s *Store) Alerts(ctx context.Context, q store.AlertQuery) ([]store.Alert, error) {
	return s.alerts(ctx, listAlerts, named{
		"before": q.Before, "kind": string(q.Kind), "level": string(q.Level), "since": int64(q.Since), "open": q.OpenOnly, "limit": int64(q.Limit),
	})
}

func (s *Store) alerts(ctx context.Context, text string, args ...any) ([]store.Alert, error) {
	alerts, err := list(ctx, s, func(row pgx.Rows) (a store.Alert, err error) { return a, row.Scan(alertColumns(&a)...) }, text, args...)
	if err != nil {
		return nil, fmt.Errorf("postgres: list alerts: %w", err)
	}
	return alerts, nil
}

// OpenAlertCounts returns how many alerts are open, by kind and level.
func (s *Store) OpenAlertCounts(ctx context.Context) (map[store.AlertKind]map[store.AlertLevel]int64, error) {
	counts := map[store.AlertKind]map[store.AlertLevel]int64{}
	err := s.read(ctx, func(row pgx.Rows) error {
		var kind store.AlertKind
		var level store.AlertLevel
		var n int64
		if err := row.Scan(&kind, &level, &n); err != nil {
			return err
		}
		if counts[kind] == nil {
			counts[kind] = map[store.AlertLevel]int64{}
		}
		counts[kind][level] = n
		return nil
	}, countOpenAlerts)
	if err != nil {
		return nil, fmt.Errorf("postgres: count alerts: %w", err)
	}
	return counts, nil
}

// StockAlarms implements alert.Store.
func (s *Store) StockAlarms(ctx context.Context, unknown store.Demand) ([]store.StockLevel, error) {
	levels, err := list(ctx, s, func(row pgx.Rows) (l store.StockLevel, err error) {
		d := &l.Demand
		return l, row.Scan(&l.ProductID, &l.OnHand, &d.At, &d.SoldUntil, &d.MeanMilli, &d.VarianceMilli, &d.Low, &d.Critical)
	}, getStockAlarms, named{"low": unknown.Low, "critical": unknown.Critical})
	if err != nil {
		return nil, fmt.Errorf("postgres: stock alarms: %w", err)
	}
	return levels, nil
}

// FindingsSince implements alert.Store.
func (s *Store) FindingsSince(ctx context.Context, since event.Time, limit int) ([]store.FindingRow, error) {
	found, err := list(ctx, s, scanFinding, findFindings, named{"since": int64(since), "limit": int64(limit)})
	if err != nil {
		return nil, fmt.Errorf("postgres: findings since %s: %w", since, err)
	}
	return found, nil
}
