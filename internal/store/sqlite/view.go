package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"globalmart/internal/store"
)

// view is an open read transaction.
type view struct {
	tx *sql.Tx
}

var _ store.View = (*view)(nil)

// View opens a view of what is committed now. It ends with ctx, at the latest.
// While it is open the write-ahead log grows.
func (s *Store) View(ctx context.Context) (store.View, error) {
	tx, err := s.views.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("sqlite: view: %w", classify(err))
	}
	v := &view{tx}
	if _, err := v.Tasks(ctx); err != nil { // the first read fixes the state
		return nil, errors.Join(err, v.Close())
	}
	return v, nil
}

// Close implements [store.View].
func (v *view) Close() error {
	if err := v.tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return fmt.Errorf("sqlite: close view: %w", err)
	}
	return nil
}

// Tasks implements [store.View].
func (v *view) Tasks(ctx context.Context) ([]store.TaskRow, error) {
	return collect(rowsOf(ctx, v, viewTasks, func(rows *sql.Rows) (r store.TaskRow, err error) {
		return r, rows.Scan(&r.Task.Family, &r.Task.Partition, &r.Epoch, &r.Owner)
	}))
}

// Positions implements [store.View].
func (v *view) Positions(ctx context.Context) ([]store.PositionRow, error) {
	return collect(rowsOf(ctx, v, viewPositions, func(rows *sql.Rows) (r store.PositionRow, err error) {
		var hash int64
		err = rows.Scan(&r.Task.Family, &r.Task.Partition, &r.Topic, &r.Position.Next, &hash, &r.Position.LastTime)
		r.Position.LastHash = uint64(hash)
		return r, err
	}))
}

// Ledger implements [store.View].
func (v *view) Ledger(ctx context.Context) iter.Seq2[store.LedgerRow, error] {
	return rowsOf(ctx, v, viewLedger, func(rows *sql.Rows) (r store.LedgerRow, err error) {
		return r, rows.Scan(&r.Task.Family, &r.Task.Partition, &r.Topic, &r.Epoch, &r.Minute, &r.From, &r.To,
			&r.Counts.Applied, &r.Counts.Duplicate, &r.Counts.Dead, &r.Counts.TooOld)
	})
}

// DeadLetters implements [store.View].
func (v *view) DeadLetters(ctx context.Context) iter.Seq2[store.DeadLetter, error] {
	return rowsOf(ctx, v, viewDeadLetters, scanDeadLetter)
}

// Unsent implements [store.View].
func (v *view) Unsent(ctx context.Context) iter.Seq2[store.DeadLetter, error] {
	return rowsOf(ctx, v, viewUnsent, scanDeadLetter)
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
	return rowsOf(ctx, v, text, func(rows *sql.Rows) (r store.SalesRow, err error) {
		into := append([]any{&r.Key.Start, &r.Key.Country, &r.Key.Category, &r.Part}, measures(&r.Sales)...)
		return r, rows.Scan(into...)
	})
}

// Products implements [store.View].
func (v *view) Products(ctx context.Context) (int64, error) { return v.count(ctx, countProducts) }

// Customers implements [store.View].
func (v *view) Customers(ctx context.Context) (int64, error) { return v.count(ctx, countCustomers) }

// Stock implements [store.View].
func (v *view) Stock(ctx context.Context) iter.Seq2[store.StockRow, error] {
	return rowsOf(ctx, v, viewStock, scanStock)
}

// Sessions implements [store.View].
func (v *view) Sessions(ctx context.Context) iter.Seq2[store.SessionRow, error] {
	return rowsOf(ctx, v, viewSessions, scanSession)
}

// Carts implements [store.View].
func (v *view) Carts(ctx context.Context) iter.Seq2[store.CartRow, error] {
	return rowsOf(ctx, v, viewCarts, scanCart)
}

// CartOrders implements [store.View].
func (v *view) CartOrders(ctx context.Context) iter.Seq2[store.CartOrderRow, error] {
	return rowsOf(ctx, v, viewCartOrders, func(rows *sql.Rows) (r store.CartOrderRow, err error) {
		return r, rows.Scan(&r.Key.CartID, &r.Key.TransactionID, &r.Order.At, &r.Order.RevenueMinor)
	})
}

// Findings implements [store.View].
func (v *view) Findings(ctx context.Context) iter.Seq2[store.FindingRow, error] {
	return rowsOf(ctx, v, viewFindings, scanFinding)
}

// Baselines implements [store.View].
func (v *view) Baselines(ctx context.Context) iter.Seq2[store.BaselineRow, error] {
	return rowsOf(ctx, v, viewBaselines, func(rows *sql.Rows) (r store.BaselineRow, err error) {
		return r, rows.Scan(&r.Key.Category, &r.Key.Measure, &r.Key.Partition, &r.Key.Version,
			&r.Baseline.From, &r.Baseline.Samples, &r.Baseline.Median, &r.Baseline.SpreadMilli)
	})
}

// Open implements [store.View].
func (v *view) Open(ctx context.Context) iter.Seq2[store.OpenRow, error] {
	return rowsOf(ctx, v, viewOpen, func(rows *sql.Rows) (r store.OpenRow, err error) {
		return r, rows.Scan(&r.Partition, &r.Open.Sessions, &r.Open.SessionEvents, &r.Open.Carts, &r.Open.CartValueMinor, &r.Open.Clock)
	})
}

func (v *view) count(ctx context.Context, text string) (n int64, err error) {
	if err := v.tx.QueryRowContext(ctx, text).Scan(&n); err != nil {
		return 0, fmt.Errorf("sqlite: view: %w", classify(err))
	}
	return n, nil
}

// rowsOf yields the rows of a statement.
func rowsOf[T any](ctx context.Context, v *view, text string, scan func(*sql.Rows) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		errStopped := errors.New("stopped")
		rows, err := v.tx.QueryContext(ctx, text)
		if err == nil {
			err = each(rows, func(rows *sql.Rows) error {
				row, err := scan(rows)
				if err == nil && !yield(row, nil) {
					err = errStopped
				}
				return err
			})
		}
		if err != nil && !errors.Is(err, errStopped) {
			var zero T
			yield(zero, fmt.Errorf("sqlite: view: %w", classify(err)))
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
