package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// PendingNotices implements notify.Store.
func (s *Store) PendingNotices(ctx context.Context, receiver string, since event.Time, limit int) ([]store.PendingNotice, error) {
	pending, err := list(ctx, s, func(row pgx.Rows) (store.PendingNotice, error) {
		p := store.PendingNotice{Delivery: store.Delivery{Receiver: receiver}}
		n, d := &p.Notice, &p.Delivery
		into := append([]any{&n.Seq, &n.At, &n.Change.Step}, alertColumns(&n.Change.Alert)...)
		err := row.Scan(append(into, &d.Attempts, &d.LastAt, &d.Error)...)
		d.Seq = n.Seq
		return p, err
	}, getPendingNotices, named{"receiver": receiver, "since": int64(since), "limit": int64(limit)})
	if err != nil {
		return nil, fmt.Errorf("postgres: pending notices of %s: %w", receiver, err)
	}
	return pending, nil
}

// PutDelivery implements notify.Store.
func (s *Store) PutDelivery(ctx context.Context, d store.Delivery) error {
	err := s.do(ctx, func(t *tx) error {
		t.queue(putDelivery, d.Receiver, d.Seq, d.Attempts, int64(d.LastAt), int64(d.DeliveredAt), d.GivenUp, storable(d.Error))
		return nil
	})
	if err != nil {
		return fmt.Errorf("postgres: put delivery %d of %s: %w", d.Seq, d.Receiver, err)
	}
	return nil
}

// Deliveries returns how the newest notices fare, at most limit.
func (s *Store) Deliveries(ctx context.Context, limit int) ([]store.Delivery, error) {
	all, err := list(ctx, s, func(row pgx.Rows) (d store.Delivery, err error) {
		return d, row.Scan(&d.Receiver, &d.Seq, &d.Attempts, &d.LastAt, &d.DeliveredAt, &d.GivenUp, &d.Error)
	}, listDeliveries, named{"limit": int64(limit)})
	if err != nil {
		return nil, fmt.Errorf("postgres: list deliveries: %w", err)
	}
	return all, nil
}

// PruneAlerts deletes closed alerts and notices from before before, and returns how
// many rows went.
func (s *Store) PruneAlerts(ctx context.Context, before event.Time) (int64, error) {
	return s.prune(ctx, "alerts", before, pruneAlerts, pruneNotices)
}
