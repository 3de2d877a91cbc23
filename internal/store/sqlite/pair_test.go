package sqlite_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
	"globalmart/internal/store/sqlite"
	"globalmart/internal/store/storetest"
)

// pair is two stores on one file, as of two workers: every call goes to the
// other one than the last.
type pair struct {
	damager
	stores [2]*sqlite.Store
	calls  atomic.Uint64
}

func (p *pair) turn() *sqlite.Store { return p.stores[p.calls.Add(1)%2] }

func TestTwoStoresOnOneFileKeepEveryPromise(t *testing.T) {
	storetest.Run(t, func(t *testing.T, now func() time.Time) storetest.Damageable {
		path := migrated(t)
		return &pair{damager: damager(path), stores: [2]*sqlite.Store{open(t, path, sqlite.WithClock(now)), open(t, path, sqlite.WithClock(now))}}
	})
}

func (p *pair) Claim(ctx context.Context, task store.TaskID, owner string) (store.Claim, error) {
	return p.turn().Claim(ctx, task, owner)
}

func (p *pair) Commit(ctx context.Context, batch []store.Commit[*store.Changes]) ([]store.TaskID, error) {
	return p.turn().Commit(ctx, batch)
}

func (p *pair) Positions(ctx context.Context, task store.TaskID) (int64, map[string]store.Position, error) {
	return p.turn().Positions(ctx, task)
}

func (p *pair) PutSegment(ctx context.Context, task store.TaskID, epoch int64, name string, data []byte) error {
	return p.turn().PutSegment(ctx, task, epoch, name, data)
}

func (p *pair) PutSnapshot(ctx context.Context, task store.TaskID, epoch int64, s store.Snapshot) error {
	return p.turn().PutSnapshot(ctx, task, epoch, s)
}

func (p *pair) Snapshots(ctx context.Context, task store.TaskID) ([]store.Snapshot, error) {
	return p.turn().Snapshots(ctx, task)
}

func (p *pair) Segment(ctx context.Context, task store.TaskID, name string) ([]byte, error) {
	return p.turn().Segment(ctx, task, name)
}

func (p *pair) Outbox(ctx context.Context, task store.TaskID, limit int) ([]store.DeadLetter, error) {
	return p.turn().Outbox(ctx, task, limit)
}

func (p *pair) MarkSent(ctx context.Context, task store.TaskID, epoch int64, letters []store.DeadLetter) error {
	return p.turn().MarkSent(ctx, task, epoch, letters)
}

func (p *pair) SalesWindows(ctx context.Context, q store.SalesQuery) ([]store.SalesWindow, error) {
	return p.turn().SalesWindows(ctx, q)
}

func (p *pair) SalesTotals(ctx context.Context, from, to event.Time, country, category string) (store.Sales, error) {
	return p.turn().SalesTotals(ctx, from, to, country, category)
}

func (p *pair) SalesSplit(ctx context.Context, q store.SplitQuery) ([]store.SalesPart, error) {
	return p.turn().SalesSplit(ctx, q)
}

func (p *pair) Countries(ctx context.Context) ([]string, error)  { return p.turn().Countries(ctx) }
func (p *pair) Categories(ctx context.Context) ([]string, error) { return p.turn().Categories(ctx) }

func (p *pair) Products(ctx context.Context, ids []string) (map[string]store.Product, error) {
	return p.turn().Products(ctx, ids)
}

func (p *pair) Product(ctx context.Context, id string) (store.Product, error) {
	return p.turn().Product(ctx, id)
}

func (p *pair) Customer(ctx context.Context, id string) (store.Customer, error) {
	return p.turn().Customer(ctx, id)
}

func (p *pair) AsOf(ctx context.Context) (store.AsOf, error) { return p.turn().AsOf(ctx) }

func (p *pair) PruneMinutes(ctx context.Context, before event.Time) (int64, error) {
	return p.turn().PruneMinutes(ctx, before)
}

func (p *pair) FoldLedger(ctx context.Context, before event.Time) (int64, error) {
	return p.turn().FoldLedger(ctx, before)
}

func (p *pair) View(ctx context.Context) (store.View, error) { return p.turn().View(ctx) }

func (p *pair) Close() error { return errors.Join(p.stores[0].Close(), p.stores[1].Close()) }

func (p *pair) DeadLetterList(ctx context.Context, q store.DeadLetterQuery) ([]store.DeadLetter, error) {
	return p.turn().DeadLetterList(ctx, q)
}

func (p *pair) DeadLetter(ctx context.Context, topic string, partition int32, offset int64) (store.DeadLetter, error) {
	return p.turn().DeadLetter(ctx, topic, partition, offset)
}

func (p *pair) DeadLetterCounts(ctx context.Context) ([]store.DeadLetterCount, error) {
	return p.turn().DeadLetterCounts(ctx)
}

func (p *pair) DeadLetterHours(ctx context.Context, since event.Time) ([]store.DeadLetterHour, error) {
	return p.turn().DeadLetterHours(ctx, since)
}
