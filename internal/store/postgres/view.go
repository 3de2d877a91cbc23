package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"globalmart/internal/store"
)

// view is an open read transaction.
type view struct {
	conn   *pgxpool.Conn
	closed bool // and the connection is no longer ours
}

var errClosed = errors.New("the view is closed")

var _ store.View = (*view)(nil)

const beginView = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

// View opens a view of what is committed now. While it is open, the server keeps
// the versions of rows that it shows.
func (s *Store) View(ctx context.Context) (store.View, error) {
	limited, cancel := context.WithTimeout(ctx, s.patient)
	defer cancel()
	conn, err := s.acquire(ctx, limited, s.views)
	if err != nil {
		return nil, fmt.Errorf("postgres: view: %w", err)
	}
	v := &view{conn: conn}
	if _, err := conn.Exec(limited, beginView); err != nil {
		err = classify(err, conn.Conn().IsClosed() && ctx.Err() == nil)
		return nil, errors.Join(fmt.Errorf("postgres: view: %w", err), v.Close()) //nolint:contextcheck // it ends whatever became of ctx
	}
	if _, err := v.Tasks(limited); err != nil { // the first read fixes the state
		return nil, errors.Join(err, v.Close()) //nolint:contextcheck // it ends whatever became of ctx
	}
	return v, nil
}

// Close implements [store.View].
func (v *view) Close() error {
	if v.closed {
		return nil
	}
	v.closed = true
	defer v.conn.Release() // closes it, unless the transaction has ended
	if v.conn.Conn().IsClosed() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), rollbackTime)
	defer cancel()
	if _, err := v.conn.Exec(ctx, rollback); err != nil {
		return fmt.Errorf("postgres: close view: %w", err)
	}
	return nil
}

// query runs a statement and calls scan for every row.
func (v *view) query(ctx context.Context, scan func(pgx.Rows) error, text string) error {
	if v.closed {
		return errClosed
	}
	found, err := v.conn.Query(ctx, text)
	if err == nil {
		err = each(found, scan)
	}
	return classify(err, v.conn.Conn().IsClosed() && ctx.Err() == nil)
}

// Tasks implements [store.View].
func (v *view) Tasks(ctx context.Context) ([]store.TaskRow, error) {
	return collect(iterate(ctx, v, func(row pgx.Rows) (r store.TaskRow, err error) {
		return r, row.Scan(&r.Task.Family, &r.Task.Partition, &r.Epoch, &r.Owner)
	}, viewTasks))
}

// Positions implements [store.View].
func (v *view) Positions(ctx context.Context) ([]store.PositionRow, error) {
	return collect(iterate(ctx, v, func(row pgx.Rows) (r store.PositionRow, err error) {
		var hash int64
		err = row.Scan(&r.Task.Family, &r.Task.Partition, &r.Topic, &r.Position.Next, &hash, &r.Position.LastTime)
		r.Position.LastHash = uint64(hash)
		return r, err
	}, viewPositions))
}

// Ledger implements [store.View].
func (v *view) Ledger(ctx context.Context) iter.Seq2[store.LedgerRow, error] {
	return iterate(ctx, v, func(row pgx.Rows) (r store.LedgerRow, err error) {
		return r, row.Scan(&r.Task.Family, &r.Task.Partition, &r.Topic, &r.Epoch, &r.Minute, &r.From, &r.To,
			&r.Counts.Applied, &r.Counts.Duplicate, &r.Counts.Dead, &r.Counts.TooOld)
	}, viewLedger)
}

// DeadLetters implements [store.View].
func (v *view) DeadLetters(ctx context.Context) iter.Seq2[store.DeadLetter, error] {
	return iterate(ctx, v, scanDeadLetter, viewDeadLetters)
}

// Unsent implements [store.View].
func (v *view) Unsent(ctx context.Context) iter.Seq2[store.DeadLetter, error] {
	return iterate(ctx, v, scanDeadLetter, viewUnsent)
}

// Sales implements [store.View].
func (v *view) Sales(ctx context.Context, table store.SalesTable) iter.Seq2[store.SalesRow, error] {
	var text string
	switch table {
	case store.MinuteByCountry:
		text = viewMinutesByCountry
	case store.MinuteByCategory:
		text = viewMinutesByCategory
	case store.HourBySplit:
		text = viewHours
	}
	return iterate(ctx, v, func(row pgx.Rows) (r store.SalesRow, err error) {
		into := append([]any{&r.Key.Start, &r.Key.Country, &r.Key.Category, &r.Part}, measures(&r.Sales)...)
		return r, row.Scan(into...)
	}, text)
}

// Products implements [store.View].
func (v *view) Products(ctx context.Context) (int64, error) { return v.count(ctx, countProducts) }

// Customers implements [store.View].
func (v *view) Customers(ctx context.Context) (int64, error) { return v.count(ctx, countCustomers) }

// Stock implements [store.View].
func (v *view) Stock(ctx context.Context) iter.Seq2[store.StockRow, error] {
	return iterate(ctx, v, scanStock, viewStock)
}

// Sessions implements [store.View].
func (v *view) Sessions(ctx context.Context) iter.Seq2[store.SessionRow, error] {
	return iterate(ctx, v, scanSession, viewSessions)
}

// Carts implements [store.View].
func (v *view) Carts(ctx context.Context) iter.Seq2[store.CartRow, error] {
	return iterate(ctx, v, scanCart, viewCarts)
}

// CartOrders implements [store.View].
func (v *view) CartOrders(ctx context.Context) iter.Seq2[store.CartOrderRow, error] {
	return iterate(ctx, v, func(row pgx.Rows) (r store.CartOrderRow, err error) {
		return r, row.Scan(&r.Key.CartID, &r.Key.TransactionID, &r.Order.At, &r.Order.RevenueMinor)
	}, viewCartOrders)
}

// Findings implements [store.View].
func (v *view) Findings(ctx context.Context) iter.Seq2[store.FindingRow, error] {
	return iterate(ctx, v, scanFinding, viewFindings)
}

// Baselines implements [store.View].
func (v *view) Baselines(ctx context.Context) iter.Seq2[store.BaselineRow, error] {
	return iterate(ctx, v, func(row pgx.Rows) (r store.BaselineRow, err error) {
		return r, row.Scan(&r.Key.Category, &r.Key.Measure, &r.Key.Partition, &r.Key.Version,
			&r.Baseline.From, &r.Baseline.Samples, &r.Baseline.Median, &r.Baseline.SpreadMilli)
	}, viewBaselines)
}

// Open implements [store.View].
func (v *view) Open(ctx context.Context) iter.Seq2[store.OpenRow, error] {
	return iterate(ctx, v, func(row pgx.Rows) (r store.OpenRow, err error) {
		return r, row.Scan(&r.Partition, &r.Open.Sessions, &r.Open.SessionEvents, &r.Open.Carts, &r.Open.CartValueMinor, &r.Open.Clock)
	}, viewOpen)
}

func (v *view) count(ctx context.Context, text string) (n int64, err error) {
	for n, err = range iterate(ctx, v, func(row pgx.Rows) (n int64, err error) { return n, row.Scan(&n) }, text) {
		continue // there is one row
	}
	return n, err
}

// iterate yields the rows of a statement.
func iterate[T any](ctx context.Context, v *view, scan func(pgx.Rows) (T, error), text string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		errStopped := errors.New("stopped")
		err := v.query(ctx, func(row pgx.Rows) error {
			one, err := scan(row)
			if err == nil && !yield(one, nil) {
				err = errStopped
			}
			return err
		}, text)
		if err != nil && !errors.Is(err, errStopped) {
			var zero T
			yield(zero, fmt.Errorf("postgres: view: %w", err))
		}
	}
}

// collect returns what seq yields.
func collect[T any](seq iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for row, err := range seq {
		if err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, nil
}
