package store

import (
	"context"
	"iter"

	"globalmart/internal/event"
)

// AsOf tells how fresh the live tables are.
type AsOf struct {
	RecordTime event.Time // highest record time applied, over all topics; 0 if nothing was
	Committed  event.Time // when the last commit was made; 0 if none was
}

// TaskRow is a task and who owns it.
type TaskRow struct {
	Task  TaskID
	Epoch int64
	Owner string
}

// PositionRow is the committed position of one topic-partition.
type PositionRow struct {
	Task     TaskID
	Topic    string
	Position Position
}

// SalesTable names one of the tables of sales.
type SalesTable string

// The tables of sales.
const (
	MinuteByCountry  SalesTable = "minute_by_country"
	MinuteByCategory SalesTable = "minute_by_category"
	HourBySplit      SalesTable = "hour" // by country, with Category empty, and by country and category
)

// SalesTables lists every table of sales.
var SalesTables = []SalesTable{MinuteByCountry, MinuteByCategory, HourBySplit}

// SalesRow is one stored row. Several rows may have one key: the value of a key
// is their sum.
type SalesRow struct {
	Key   SalesKey
	Part  int32 // partition of the task that wrote it, so that writers do not collide
	Sales Sales
}

// View is one consistent state of the whole store, the cut at which it is
// audited: commits made after it was opened do not show. It holds resources of
// the store until it is closed, so keep it for minutes at most. One goroutine
// uses it, one iteration at a time; an iteration yields at most one error, last.
type View interface {
	// Tasks returns every task, by family and partition.
	Tasks(ctx context.Context) ([]TaskRow, error)
	// Positions returns every committed position, by family, partition and topic.
	Positions(ctx context.Context) ([]PositionRow, error)
	// Ledger yields the audit rows by family, partition, topic and From.
	Ledger(ctx context.Context) iter.Seq2[LedgerRow, error]
	// DeadLetters yields every dead letter by topic, partition and offset.
	DeadLetters(ctx context.Context) iter.Seq2[DeadLetter, error]
	// Unsent yields those of them that are not marked as sent, in that order.
	Unsent(ctx context.Context) iter.Seq2[DeadLetter, error]
	// Sales yields every row of table by start, country, category and part.
	Sales(ctx context.Context, table SalesTable) iter.Seq2[SalesRow, error]
	// Products is the number of products with a stored value.
	Products(ctx context.Context) (int64, error)
	// Customers is the number of customers with a stored value.
	Customers(ctx context.Context) (int64, error)
	// Stock yields the movements of every product by product_id.
	Stock(ctx context.Context) iter.Seq2[StockRow, error]
	// Sessions yields every session by start and visitor_id.
	Sessions(ctx context.Context) iter.Seq2[SessionRow, error]
	// Carts yields every episode by cart_id and episode.
	Carts(ctx context.Context) iter.Seq2[CartRow, error]
	// CartOrders yields every order of a cart by cart_id and transaction_id.
	CartOrders(ctx context.Context) iter.Seq2[CartOrderRow, error]
	// Findings yields every finding by event_id and rule.
	Findings(ctx context.Context) iter.Seq2[FindingRow, error]
	// Baselines yields every baseline by category, measure, partition and version.
	Baselines(ctx context.Context) iter.Seq2[BaselineRow, error]
	// Open yields what is open in each task by partition.
	Open(ctx context.Context) iter.Seq2[OpenRow, error]
	// Close ends the view. Closing again does nothing.
	Close() error
}
