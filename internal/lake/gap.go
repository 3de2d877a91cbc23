package lake

import (
	"fmt"
	"path/filepath"
	"time"
)

// AcceptLoss records that the records of a partition with offsets first to last,
// both inclusive, are lost for the lake: the writer goes on after them, and verify
// counts them. It is an error if the lake holds any of them, or if the loss would
// leave a hole before it, or if it has been accepted already (ErrConflict). note
// says who and why, for people; now is the time it is dated with.
func AcceptLoss(dir string, at Place, first, last int64, note string, now time.Time) error {
	if !isTopic(at.Topic) || at.Partition < 0 || first < 0 || last < first {
		return fmt.Errorf("lake: accept loss of %s offsets %d to %d: no such range", at, first, last)
	}
	l, err := List(dir, SourceRaw)
	if err != nil {
		return err
	}
	if err := l.lost(at, first, last); err != nil {
		return err
	}
	root := topicDir(dir, SourceRaw, at.Topic)
	name := gapName(at.Partition, first, last)
	t, err := createTemp(root, name)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(t.out, "records %d to %d of %s are lost\naccepted %s\n%s\n",
		first, last, at, now.UTC().Format(time.RFC3339), note); err != nil {
		t.drop()
		return fmt.Errorf("lake: accept loss: %w", err)
	}
	return t.publish(name, func(string) {})
}

// lost reports why [first, last] is not a range that the lake lacks and that
// begins where an entry ends.
func (l *Listing) lost(at Place, first, last int64) error {
	next := int64(0)
	for _, e := range l.Entries[at] {
		s, err := e.span()
		if err != nil {
			return err
		}
		if s.Gap && s.First == first && s.Last == last {
			return fmt.Errorf("lake: %s: %w", filepath.Base(e.Path), ErrConflict)
		}
		if s.First <= last && s.Last >= first {
			return fmt.Errorf("lake: accept loss of %s offsets %d to %d: the lake has %d to %d", at, first, last, s.First, s.Last)
		}
		if s.Last < first {
			next = s.Last + 1
		}
	}
	if next != first {
		return fmt.Errorf("lake: accept loss of %s offsets %d to %d: the lake lacks them from %d on", at, first, last, next)
	}
	return nil
}
