package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// PendingNotices implements notify.Store.
func (s *Store) PendingNotices(ctx context.Context, receiver string, since event.Time, limit int) ([]store.PendingNotice, error) {
	var pending []store.PendingNotice
	err := s.read(ctx, getPendingNotices, []any{
		sql.Named("receiver", receiver), sql.Named("since", int64(since)), sql.Named("limit", int64(limit)),
	}, func(rows *sql.Rows) error {
		p := store.PendingNotice{Delivery: store.Delivery{Receiver: receiver}}
		n, d := &p.Notice, &p.Delivery
		into := append([]any{&n.Seq, &n.At, &n.Change.Step}, alertColumns(&n.Change.Alert)...)
		err := rows.Scan(append(into, &d.Attempts, &d.LastAt, &d.Error)...)
		d.Seq = n.Seq
		pending = append(pending, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: pending notices of %s: %w", receiver, err)
	}
	return pending, nil
}

// PutDelivery implements notify.Store.
func (s *Store) PutDelivery(ctx context.Context, d store.Delivery) error {
	err := s.writer.do(ctx, func(t *tx) error {
		_, err := t.exec(putDelivery, d.Receiver, d.Seq, d.Attempts, int64(d.LastAt), int64(d.DeliveredAt), d.GivenUp, d.Error)
		return err
	})
	if err != nil {
		return fmt.Errorf("sqlite: put delivery %d of %s: %w", d.Seq, d.Receiver, err)
	}
	return nil
}

// Deliveries returns how the newest notices fare, at most limit.
func (s *Store) Deliveries(ctx context.Context, limit int) ([]store.Delivery, error) {
	var all []store.Delivery
	err := s.read(ctx, listDeliveries, []any{sql.Named("limit", int64(limit))}, func(rows *sql.Rows) error {
		var d store.Delivery
		err := rows.Scan(&d.Receiver, &d.Seq, &d.Attempts, &d.LastAt, &d.DeliveredAt, &d.GivenUp, &d.Error)
		all = append(all, d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: list deliveries: %w", err)
	}
	return all, nil
}

// PruneAlerts deletes closed alerts and notices from before before, and returns how
// many rows went.
func (s *Store) PruneAlerts(ctx context.Context, before event.Time) (int64, error) {
	return s.prune(ctx, "alerts", before, pruneRows, pruneAlerts, pruneNotices)
}
