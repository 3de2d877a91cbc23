package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"globalmart/internal/store"
)

// chunkBytes is how much of a state or segment goes into one row: 8 MB less room
// for the rest of the row.
const chunkBytes = 8<<20 - 4096

// PutSegment implements [engine.Ledger].
func (s *Store) PutSegment(ctx context.Context, task store.TaskID, epoch int64, name string, data []byte) error {
	family, partition := string(task.Family), task.Partition
	err := s.do(ctx, func(t *tx) error {
		if err := t.hold(task, epoch); err != nil {
			return err
		}
		t.queue(deleteSegment, family, partition, name)
		return t.putChunks(data, func(chunk int32, part []byte) { t.queue(addSegment, family, partition, name, chunk, part) })
	})
	if err != nil {
		return fmt.Errorf("postgres: put segment %s of %s: %w", name, task, err)
	}
	return nil
}

// PutSnapshot implements [engine.Ledger]. A generation that is stored already is
// replaced. A snapshot that names a segment which is not stored is refused: it could
// not be restored.
func (s *Store) PutSnapshot(ctx context.Context, task store.TaskID, epoch int64, snap store.Snapshot) error {
	err := s.settle(ctx, nil)
	if err == nil {
		err = s.do(ctx, func(t *tx) error {
			if err := t.hold(task, epoch); err != nil {
				return err
			}
			if err := t.mustFit(task, snap); err != nil {
				return err
			}
			if err := t.putSnapshot(task, snap); err != nil {
				return err
			}
			t.pruneSnapshots(task, snap.Generation)
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("postgres: put snapshot %d of %s: %w", snap.Generation, task, err)
	}
	return nil
}

// mustFit returns store.ErrConflict if the offsets of snap are above the committed
// ones (a topic never read has none), and an error if a segment is not stored.
func (t *tx) mustFit(task store.TaskID, snap store.Snapshot) error {
	var missing string
	committed := t.positions(task)
	t.query(func(row pgx.Rows) error { return row.Scan(&missing) }, findMissingSegment, names(snap.Segments), string(task.Family), task.Partition)
	if err := t.send(); err != nil {
		return err
	}
	for topic, offset := range snap.Offsets {
		if p, read := committed[topic]; read && offset > p.Next {
			return fmt.Errorf("%w: %s is committed up to %d, the snapshot has %d", store.ErrConflict, topic, p.Next, offset)
		}
	}
	if missing != "" {
		return fmt.Errorf("segment %q is not stored", missing)
	}
	return nil
}

// names are never nil, which would be NULL.
func names(segments []string) []string { return append([]string{}, segments...) }

func (t *tx) putSnapshot(task store.TaskID, s store.Snapshot) error {
	family, partition := string(task.Family), task.Partition
	offsets, err := json.Marshal(s.Offsets)
	if err != nil {
		return err
	}
	t.queue(deleteSnapshot, family, partition, s.Generation)
	t.queue(addSnapshot, family, partition, s.Generation, int64(s.Rules), string(offsets), names(s.Segments), int64(len(s.State)))
	return t.putChunks(s.State, func(chunk int32, part []byte) { t.queue(addState, family, partition, s.Generation, chunk, part) })
}

// pruneSnapshots keeps generation and the newest other one, and the segments that
// they name.
func (t *tx) pruneSnapshots(task store.TaskID, generation int64) {
	args := named{"family": string(task.Family), "partition": task.Partition, "generation": generation}
	t.queue(pruneSnapshots, args)
	t.queue(pruneSegments, args)
}

// putChunks calls queue for every chunk of data, and once for empty data, and sends
// each before the next.
func (t *tx) putChunks(data []byte, queue func(chunk int32, part []byte)) error {
	for chunk := int32(0); ; chunk++ {
		part := data[:min(len(data), chunkBytes)]
		if part == nil {
			part = []byte{} // nil would be NULL
		}
		queue(chunk, part)
		if err := t.send(); err != nil {
			return err
		}
		if data = data[len(part):]; len(data) == 0 {
			return nil
		}
	}
}

// Snapshots implements [engine.Ledger].
func (s *Store) Snapshots(ctx context.Context, task store.TaskID) ([]store.Snapshot, error) {
	var snapshots []store.Snapshot
	var sizes []int64 // of the states, as their rows have them
	err := s.read(ctx, func(row pgx.Rows) error {
		var one store.Snapshot
		var offsets, chunk pgtype.DriverBytes // valid until the next row
		var size int64
		if err := row.Scan(&one.Generation, &one.Rules, &offsets, &one.Segments, &size, &chunk); err != nil {
			return err
		}
		if n := len(snapshots); n == 0 || snapshots[n-1].Generation != one.Generation {
			one.Damaged = json.Unmarshal(offsets, &one.Offsets)
			one.State = make([]byte, 0, min(max(size, 0), chunkBytes))
			snapshots = append(snapshots, one)
			sizes = append(sizes, size)
		}
		last := &snapshots[len(snapshots)-1]
		last.State = append(last.State, chunk...)
		return nil
	}, getSnapshots, string(task.Family), task.Partition)
	if err != nil {
		return nil, fmt.Errorf("postgres: snapshots of %s: %w", task, err)
	}
	for i := range snapshots {
		one := &snapshots[i]
		if n := int64(len(one.State)); n != sizes[i] {
			one.Damaged = errors.Join(one.Damaged, fmt.Errorf("the state has %d bytes of %d", n, sizes[i]))
		}
		if one.Damaged != nil {
			one.Damaged = fmt.Errorf("postgres: snapshot %d of %s is damaged: %w", one.Generation, task, one.Damaged)
		}
	}
	return snapshots, nil
}

// Segment implements [engine.Ledger]; store.ErrNotFound if there is none.
func (s *Store) Segment(ctx context.Context, task store.TaskID, name string) ([]byte, error) {
	var data []byte
	found := false
	err := s.read(ctx, func(row pgx.Rows) error {
		var chunk pgtype.DriverBytes
		if err := row.Scan(&chunk); err != nil {
			return err
		}
		found = true
		data = append(data, chunk...)
		return nil
	}, getSegment, string(task.Family), task.Partition, name)
	if err == nil && !found {
		err = store.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("postgres: segment %s of %s: %w", name, task, err)
	}
	return data, nil
}
