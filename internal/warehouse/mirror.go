package warehouse

import "context"

// Mirror is a copy of tables in a database, for those who read them there. The files
// are what counts: a mirror is brought to a manifest after that is published, and one
// that could not be reached then is brought to the next.
type Mirror interface {
	// Name is what logs call it, "postgres"; no secret is in it.
	Name() string
	// Follow makes the copy one of m, from whichever state it is in: all of it or,
	// after an error, nothing. Readers of the copy never see a part. The caller makes
	// sure that the files of m stay, and that nobody else calls it meanwhile: it holds
	// the lock of the warehouse.
	Follow(ctx context.Context, m *Manifest) (Followed, error)
}

// Followed is what a mirror wrote to be of a manifest: nothing if it was already.
type Followed struct {
	Put     int64 `json:"put"`     // rows that are new or changed
	Removed int64 `json:"removed"` // rows
}

// Shape is what the rows of a table are.
type Shape struct {
	Name    string
	Columns []Column // in the order of its files
	Key     []string // columns whose values occur once; none: it has one row
}
