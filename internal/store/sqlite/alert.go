package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// Lease implements alert.Store.
func (s *Store) Lease(ctx context.Context, owner string, now event.Time, ttl time.Duration) (term int64, held bool, err error) {
	err = s.writer.do(ctx, func(t *tx) error {
		err := t.queryRow(takeLease, []any{
			sql.Named("owner", owner), sql.Named("expires", int64(now.Add(ttl))), sql.Named("now", int64(now)),
		}, &term)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		held = err == nil
		return err
	})
	if err != nil {
		return 0, false, fmt.Errorf("sqlite: take the alert lease: %w", err)
	}
	return term, held, nil
}

// mustLead returns store.ErrFenced unless term is that of the alert lease.
func (t *tx) mustLead(term int64) error {
	var current int64
	err := t.queryRow(getLease, nil, &current)
	if errors.Is(err, sql.ErrNoRows) || err == nil && current != term {
		return store.ErrFenced
	}
	return err
}

// ChangeAlerts implements alert.Store.
func (s *Store) ChangeAlerts(ctx context.Context, term int64, now event.Time, changes []store.AlertChange) error {
	err := s.writer.do(ctx, func(t *tx) error {
		if err := t.mustLead(term); err != nil {
			return err
		}
		// Closed ones first: a subject may be opened anew in the same moment.
		for _, closed := range []bool{true, false} {
			for i := range changes {
				if closed != (changes[i].Step == store.AlertClosed) {
					continue
				}
				if _, err := t.exec(putAlert, alertArgs(nil, &changes[i].Alert)...); err != nil {
					return err
				}
			}
		}
		_, err := t.execAll(addNotice, len(changes), func(args []any, i int) []any {
			return alertArgs(append(args, int64(now), string(changes[i].Step)), &changes[i].Alert)
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("sqlite: change %d alerts: %w", len(changes), err)
	}
	return nil
}

func alertArgs(args []any, a *store.Alert) []any {
	return append(args, a.ID, string(a.Kind), a.Subject, string(a.Level), int64(a.OpenedAt), int64(a.ChangedAt), int64(a.ClosedAt),
		a.Value, a.Threshold, a.Text)
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
	return s.alerts(ctx, listAlerts, sql.Named("before", q.Before), sql.Named("kind", string(q.Kind)),
		sql.Named("level", string(q.Level)), sql.Named("since", int64(q.Since)), sql.Named("open", q.OpenOnly), sql.Named("limit", int64(q.Limit)))
}

func (s *Store) alerts(ctx context.Context, text string, args ...any) ([]store.Alert, error) {
	var alerts []store.Alert
	err := s.read(ctx, text, args, func(rows *sql.Rows) error {
		var a store.Alert
		err := rows.Scan(alertColumns(&a)...)
		alerts = append(alerts, a)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: list alerts: %w", err)
	}
	return alerts, nil
}

// OpenAlertCounts returns how many alerts are open, by kind and level.
func (s *Store) OpenAlertCounts(ctx context.Context) (map[store.AlertKind]map[store.AlertLevel]int64, error) {
	counts := map[store.AlertKind]map[store.AlertLevel]int64{}
	err := s.read(ctx, countOpenAlerts, nil, func(rows *sql.Rows) error {
		var kind store.AlertKind
		var level store.AlertLevel
		var n int64
		if err := rows.Scan(&kind, &level, &n); err != nil {
			return err
		}
		if counts[kind] == nil {
			counts[kind] = map[store.AlertLevel]int64{}
		}
		counts[kind][level] = n
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: count alerts: %w", err)
	}
	return counts, nil
}

// StockAlarms implements alert.Store.
func (s *Store) StockAlarms(ctx context.Context, unknown store.Demand) ([]store.StockLevel, error) {
	var levels []store.StockLevel
	err := s.read(ctx, getStockAlarms, []any{sql.Named("low", unknown.Low), sql.Named("critical", unknown.Critical)}, func(rows *sql.Rows) error {
		var l store.StockLevel
		err := rows.Scan(&l.ProductID, &l.OnHand, &l.Demand.At, &l.Demand.SoldUntil, &l.Demand.MeanMilli, &l.Demand.VarianceMilli, &l.Demand.Low, &l.Demand.Critical)
		levels = append(levels, l)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: stock alarms: %w", err)
	}
	return levels, nil
}

// FindingsSince implements alert.Store.
func (s *Store) FindingsSince(ctx context.Context, since event.Time, limit int) ([]store.FindingRow, error) {
	var found []store.FindingRow
	err := s.read(ctx, findFindings, []any{sql.Named("since", int64(since)), sql.Named("limit", int64(limit))}, func(rows *sql.Rows) error {
		f, err := scanFinding(rows)
		found = append(found, f)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: findings since %s: %w", since, err)
	}
	return found, nil
}
