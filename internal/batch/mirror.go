package batch

import (
	"context"
	"errors"
	"fmt"

	"globalmart/internal/warehouse"
)

// MirrorResult is what a run did in a mirror.
type MirrorResult struct {
	Mirror string `json:"mirror"`
	warehouse.Followed
	Seconds float64 `json:"seconds"`
}

// MirrorError reports a mirror that could not be brought to what is published.
type MirrorError struct {
	Mirror string
	Run    string // that is published
	Err    error
}

// Error says what is published, and why the mirror is not of it.
func (e *MirrorError) Error() string {
	return fmt.Sprintf("the warehouse is published as run %s, but its copy in %s is of an earlier one: %v", e.Run, e.Mirror, e.Err)
}

// Unwrap returns why.
func (e *MirrorError) Unwrap() error { return e.Err }

// follow brings every mirror to m, those included that an earlier run could not reach.
// The files of m stay while it does: the run holds the lock. Those that cannot be
// reached are in result.Behind.
func (r *Runner) follow(ctx context.Context, m *warehouse.Manifest, result *Result) {
	if m.Run == "" {
		return // nothing was published yet
	}
	var behind []error
	for _, mirror := range r.Mirrors {
		started := r.Now()
		followed, err := mirror.Follow(ctx, m)
		if err != nil {
			behind = append(behind, &MirrorError{mirror.Name(), m.Run, err})
			continue
		}
		result.Mirrors = append(result.Mirrors, MirrorResult{mirror.Name(), followed, r.Now().Sub(started).Seconds()})
	}
	result.Behind = errors.Join(behind...)
}

// Shape is what the rows of t are.
func (t *Table) Shape() warehouse.Shape {
	return warehouse.Shape{Name: t.Name, Columns: t.Columns, Key: t.Key}
}
