package lake

import (
	"context"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Archive is the raw source as a log: what is needed of one to rebuild the live
// tables, or to verify them where the log itself has been trimmed. It holds what
// was in the lake when it was opened, and is safe for concurrent use.
type Archive struct {
	listing *Listing
	starts  Offsets
	ends    Offsets
}

// OpenArchive opens the raw source of the lake in dir for reading.
func OpenArchive(dir string) (*Archive, error) {
	l, err := List(dir, SourceRaw)
	if err != nil {
		return nil, err
	}
	a := &Archive{listing: l, starts: Offsets{}, ends: Offsets{}}
	for _, at := range l.Places() {
		first, end, err := l.Bounds(at)
		if err != nil {
			return nil, err
		}
		if a.starts[at.Topic] == nil {
			a.starts[at.Topic], a.ends[at.Topic] = map[int32]int64{}, map[int32]int64{}
		}
		a.starts[at.Topic][at.Partition], a.ends[at.Topic][at.Partition] = first, end
	}
	return a, nil
}

// Bounds returns the first offset and the end of every partition of topics that
// the lake has records of.
func (a *Archive) Bounds(_ context.Context, topics ...string) (starts, ends Offsets, err error) {
	starts, ends = Offsets{}, Offsets{}
	for _, t := range topics {
		if a.ends[t] != nil {
			starts[t], ends[t] = maps.Clone(a.starts[t]), maps.Clone(a.ends[t])
		}
	}
	return starts, ends, nil
}

// Scan calls fn with each record from its offset in from (0 if it has none) up to,
// and not including, its offset in to: topic by topic, partition by partition, in
// order within each. fn may keep records. What an operator accepted as lost is
// passed over; what is missing otherwise is ErrHole.
func (a *Archive) Scan(ctx context.Context, from, to Offsets, fn func(*kgo.Record) error) error {
	for _, topic := range slices.Sorted(maps.Keys(to)) {
		for _, p := range slices.Sorted(maps.Keys(to[topic])) {
			if err := a.listing.Scan(ctx, Place{topic, p}, from[topic][p], to[topic][p], fn); err != nil {
				return err
			}
		}
	}
	return nil
}
