package store

// Merged returns the rows of all commits as one set, which is not one of the
// callers' unless there is but one; nil if there are no rows.
func Merged(batch []Commit[*Changes]) *Changes {
	var sets []*Changes
	for i := range batch {
		if c := batch[i].Changes; c != nil && c.Len() > 0 {
			sets = append(sets, c)
		}
	}
	switch len(sets) {
	case 0:
		return nil
	case 1:
		return sets[0]
	}
	all := NewChanges()
	for _, c := range sets {
		all.Merge(c)
	}
	return all
}
