package sim

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"globalmart/internal/store"
)

// session is the connection of one process to the server.
type session struct {
	*server
	host    *host
	reached func(point string)
}

var _ ledger = (*session)(nil)

// begin waits until a call reaches the server.
func (s *session) begin(ctx context.Context) error {
	s.host.frozen.pass()
	if !sleep(ctx, s.latency()) {
		return ctx.Err()
	}
	switch {
	case s.host.isDead():
		return errDead
	case s.isAway():
		s.tally.add(storeAway)
		return fmt.Errorf("connection refused: %w", store.ErrUnavailable)
	}
	return nil
}

// end waits until the answer reaches the process.
func (s *session) end() error {
	s.host.frozen.pass()
	if s.host.isDead() {
		return errDead
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// read asks the server something that locks nothing.
func read[T any](ctx context.Context, s *session, do func() (T, error)) (answer T, err error) {
	if err := s.begin(ctx); err != nil {
		return answer, err
	}
	got, err := do()
	if dead := s.end(); dead != nil {
		return answer, dead
	}
	return got, err
}

// transact runs a transaction that locks the rows of ids. If the client is
// stopped before it commits, the server ends the transaction. With the fate later,
// do is called after transact has returned: it must not use what the caller may
// change.
func transact[T any](ctx context.Context, s *session, do func() (T, error), ids ...store.TaskID) (result T, err error) {
	if err := s.begin(ctx); err != nil {
		return result, err
	}
	unlock, err := s.lock(ctx, ids...)
	if err != nil {
		return result, err
	}
	if err = s.think(ctx); err != nil {
		unlock()
	} else {
		result, err = finish(s, do, unlock)
	}
	if dead := s.end(); dead != nil {
		return result, dead
	}
	return result, err
}

// think is the time between the statements of a transaction.
func (s *session) think(ctx context.Context) error {
	if !sleep(ctx, s.latency()) {
		return ctx.Err()
	}
	s.reached(inTransaction)
	if stopped := s.host.frozen.held(); stopped != nil {
		limit := time.NewTimer(idleInTransaction)
		defer limit.Stop()
		select {
		case <-stopped:
		case <-limit.C:
			s.tally.add(idleAborted)
			return fmt.Errorf("transaction ended by the server: %w", store.ErrUnavailable)
		}
	}
	if s.host.isDead() {
		return errDead
	}
	return nil
}

// finish ends a transaction as fate has it.
func finish[T any](s *session, do func() (T, error), unlock func()) (result T, err error) {
	fate, after := s.fate()
	switch fate {
	case committed:
		s.tally.add(unknownCommitted)
		defer unlock()
		if _, err := do(); err != nil {
			return result, err
		}
		return result, fmt.Errorf("connection lost after COMMIT: %w", store.ErrOutcomeUnknown)
	case rolledBack:
		s.tally.add(unknownRolledBack)
		defer unlock()
		return result, fmt.Errorf("connection lost before COMMIT: %w", store.ErrOutcomeUnknown)
	case later:
		s.tally.add(unknownLater)
		s.working.Go(func() {
			defer unlock()
			time.Sleep(after)
			_, _ = do() // nobody is there to hear of it
		})
		return result, fmt.Errorf("connection lost in COMMIT: %w", store.ErrOutcomeUnknown)
	case known:
	}
	defer unlock()
	return do()
}

// Claim implements [engine.Ledger].
func (s *session) Claim(ctx context.Context, id store.TaskID, owner string) (store.Claim, error) {
	return transact(ctx, s, func() (store.Claim, error) { return s.memory.Claim(ctx, id, owner) }, id)
}

// Commit implements [engine.Ledger].
func (s *session) Commit(ctx context.Context, batch []store.Commit[*store.Changes]) ([]store.TaskID, error) {
	var ids []store.TaskID
	sent := make([]store.Commit[*store.Changes], len(batch)) // what goes over the wire
	for i, c := range batch {
		ids = append(ids, c.Task)
		sent[i] = c
		sent[i].Changes = copied(c.Changes)
	}
	return transact(ctx, s, func() ([]store.TaskID, error) {
		fenced, err := s.memory.Commit(ctx, sent)
		if err == nil {
			s.tally.add(commit)
			s.tally.count(fence, len(fenced))
		}
		return fenced, err
	}, ids...)
}

// copied returns c without memory that it shares.
func copied(c *store.Changes) *store.Changes {
	if c == nil {
		return nil
	}
	return &store.Changes{
		MinuteByCountry: rowsCopied(c.MinuteByCountry), MinuteByCategory: rowsCopied(c.MinuteByCategory), Hour: rowsCopied(c.Hour),
		Stock: rowsCopied(c.Stock), Products: maps.Clone(c.Products), Customers: maps.Clone(c.Customers),
		Sessions: rowsCopied(c.Sessions), Carts: rowsCopied(c.Carts), CartOrders: maps.Clone(c.CartOrders),
		Findings: rowsCopied(c.Findings), Baselines: rowsCopied(c.Baselines), Open: rowsCopied(c.Open),
	}
}

func rowsCopied[K comparable, V any](rows map[K]*V) map[K]*V {
	c := make(map[K]*V, len(rows))
	for k, v := range rows {
		if v != nil {
			row := *v
			v = &row
		}
		c[k] = v
	}
	return c
}

// standing is an epoch with its positions.
type standing struct {
	epoch     int64
	positions map[string]store.Position
}

// Positions implements [engine.Ledger]. It waits for who holds the row.
func (s *session) Positions(ctx context.Context, id store.TaskID) (int64, map[string]store.Position, error) {
	now, err := read(ctx, s, func() (now standing, err error) {
		unlock, err := s.lock(ctx, id)
		if err != nil {
			return now, err
		}
		defer unlock()
		now.epoch, now.positions, err = s.memory.Positions(ctx, id)
		return now, err
	})
	return now.epoch, now.positions, err
}

// fenced runs a transaction of one task that has no result.
func (s *session) fenced(ctx context.Context, id store.TaskID, do func() error) error {
	_, err := transact(ctx, s, func() (struct{}, error) {
		err := do()
		if errors.Is(err, store.ErrFenced) {
			s.tally.add(fence)
		}
		return struct{}{}, err
	}, id)
	return err
}

// PutSegment implements [engine.Ledger].
func (s *session) PutSegment(ctx context.Context, id store.TaskID, epoch int64, name string, data []byte) error {
	return s.fenced(ctx, id, func() error { return s.memory.PutSegment(ctx, id, epoch, name, data) })
}

// PutSnapshot implements [engine.Ledger].
func (s *session) PutSnapshot(ctx context.Context, id store.TaskID, epoch int64, snap store.Snapshot) error {
	return s.fenced(ctx, id, func() error {
		err := s.memory.PutSnapshot(ctx, id, epoch, snap)
		if err == nil {
			s.tally.add(snapshot)
		}
		return err
	})
}

// MarkSent implements [engine.Ledger].
func (s *session) MarkSent(ctx context.Context, id store.TaskID, epoch int64, letters []store.DeadLetter) error {
	return s.fenced(ctx, id, func() error { return s.memory.MarkSent(ctx, id, epoch, letters) })
}

// Snapshots implements [engine.Ledger].
func (s *session) Snapshots(ctx context.Context, id store.TaskID) ([]store.Snapshot, error) {
	return read(ctx, s, func() ([]store.Snapshot, error) {
		snapshots, err := s.memory.Snapshots(ctx, id)
		if len(snapshots) > 0 {
			s.tally.add(restore)
		}
		return snapshots, err
	})
}

// Segment implements [engine.Ledger].
func (s *session) Segment(ctx context.Context, id store.TaskID, name string) ([]byte, error) {
	return read(ctx, s, func() ([]byte, error) { return s.memory.Segment(ctx, id, name) })
}

// Outbox implements [engine.Ledger].
func (s *session) Outbox(ctx context.Context, id store.TaskID, limit int) ([]store.DeadLetter, error) {
	return read(ctx, s, func() ([]store.DeadLetter, error) { return s.memory.Outbox(ctx, id, limit) })
}
