package batch

import (
	"context"
	"errors"
)

// ErrLost reports that an engine that runs elsewhere no longer answers. What it was asked
// for last may or may not be done; the engine is of no more use.
var ErrLost = errors.New("the engine was lost")

// ErrMemory reports that a query needs more memory than its engine may use.
var ErrMemory = errors.New("the query does not fit into the engine's memory")

// Engine runs SQL. Implementations live below this package, one per technology. They
// run the text of the portable rules (see the package comment) with equal results.
// An engine has one session: views stay until they are replaced. It is not safe for
// concurrent use.
type Engine interface {
	// Name returns "duckdb 1.5.6".
	Name() string
	// View makes name stand for the rows of v, in place of what it stood for.
	View(ctx context.Context, name string, v View) error
	// Exec runs a statement that returns nothing.
	Exec(ctx context.Context, statement string) error
	// Write writes the rows of query, in its order, to file, which does not exist,
	// as Parquet, with so many rows in a row group; 0 is the engine's own size. The
	// file is not durable yet; if it fails, there is none. It fails with ErrMemory if
	// it runs out of memory; on one core (see Lane) it may not.
	Write(ctx context.Context, query, file string, rowGroup int) (rows int64, err error)
	// Query returns the rows of a small result. Integers are int64, dates
	// yyyy-mm-dd, text is string, what is null is nil.
	Query(ctx context.Context, query string) ([][]any, error)
	// Lane opens an engine over the same files that runs beside this one, on one core:
	// one of so many, which share as much memory as this one may use. The caller
	// closes it.
	Lane(ctx context.Context, of int) (Engine, error)
	// Close ends the session.
	Close() error
}

// View is rows in Parquet files.
type View struct {
	Columns []Column // that every file has; a view without files has them and no row
	Parts   []Part
	// Origin gives the view two more columns: lake_source, the label of the part,
	// and lake_file, the path of the file.
	Origin bool
}

// Part is files that have one label.
type Part struct {
	Label string
	Files []string // paths
}
