package warehouse

import "context"

// Publisher is where a run publishes.
type Publisher interface {
	// Begin begins the next state of the warehouse as the run of that name, or fails
	// with ErrBusy. Names of runs are unique and sort by time.
	Begin(ctx context.Context, run string) (Publication, error)
}

// Publication is a state of the warehouse that is being made. Nobody sees it before
// Publish. It is not safe for concurrent use.
type Publication interface {
	// Base is the manifest that it began with: without tables if there was none.
	Base() *Manifest
	// Path returns where the file of a manifest is.
	Path(f File) string
	// Create returns where to write a partition of a table; date is "" for a whole one.
	Create(table, date string) (path string, err error)
	// Add takes the file that was written there, if it has exactly these columns. Its
	// Key is the caller's. If the file has the bytes of old, which may be nil, old is
	// kept instead.
	Add(table, date string, columns []Column, old *File) (File, error)
	// Publish makes m the newest manifest, durably: readers see all of it from then on,
	// or after an error nothing of it.
	Publish(ctx context.Context, m Manifest) error
	// Close ends the publication. What was not published is removed.
	Close() error
}
