package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"globalmart/internal/store"
)

// chunkBytes is how much of a state or segment goes into one row: 8 MB less
// room for the rest of the row.
const chunkBytes = 8<<20 - 4096

// PutSegment implements [engine.Ledger].
func (s *Store) PutSegment(ctx context.Context, task store.TaskID, epoch int64, name string, data []byte) error {
	family, partition := string(task.Family), int64(task.Partition)
	err := s.writer.do(ctx, func(t *tx) error {
		if err := t.fence(task, epoch); err != nil {
			return err
		}
		if _, err := t.exec(deleteSegment, family, partition, name); err != nil {
			return err
		}
		return eachChunk(data, func(chunk int64, part []byte) error {
			_, err := t.exec(addSegment, family, partition, name, chunk, part)
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("sqlite: put segment %s of %s: %w", name, task, err)
	}
	return nil
}

// PutSnapshot implements [engine.Ledger]. A generation that is stored already is
// replaced. A snapshot that names a segment which is not stored is refused: it
// could not be restored.
func (s *Store) PutSnapshot(ctx context.Context, task store.TaskID, epoch int64, snap store.Snapshot) error {
	err := s.writer.do(ctx, func(t *tx) error {
		if err := t.fence(task, epoch); err != nil {
			return err
		}
		if err := t.mustBeCommitted(task, snap.Offsets); err != nil {
			return err
		}
		if err := t.putSnapshot(task, snap); err != nil {
			return err
		}
		return t.pruneSnapshots(task, snap.Generation)
	})
	if err != nil {
		return fmt.Errorf("sqlite: put snapshot %d of %s: %w", snap.Generation, task, err)
	}
	return nil
}

// mustBeCommitted returns store.ErrConflict if offsets are above the committed
// ones. A topic never read has none.
func (t *tx) mustBeCommitted(task store.TaskID, offsets map[string]int64) error {
	committed, err := t.positions(task)
	if err != nil {
		return err
	}
	for topic, offset := range offsets {
		if p, read := committed[topic]; read && offset > p.Next {
			return fmt.Errorf("%w: %s is committed up to %d, the snapshot has %d", store.ErrConflict, topic, p.Next, offset)
		}
	}
	return nil
}

func (t *tx) putSnapshot(task store.TaskID, s store.Snapshot) error {
	family, partition := string(task.Family), int64(task.Partition)
	offsets, err := json.Marshal(s.Offsets)
	if err != nil {
		return err
	}
	segments := list(s.Segments)
	var missing string
	err = t.queryRow(findMissingSegment, []any{segments, family, partition}, &missing)
	if err == nil {
		return fmt.Errorf("segment %q is not stored", missing)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if _, err := t.exec(deleteSnapshot, family, partition, s.Generation); err != nil {
		return err
	}
	_, err = t.exec(addSnapshot, family, partition, s.Generation, int64(s.Rules), string(offsets), segments, int64(len(s.State)))
	if err != nil {
		return err
	}
	return eachChunk(s.State, func(chunk int64, part []byte) error {
		_, err := t.exec(addState, family, partition, s.Generation, chunk, part)
		return err
	})
}

// pruneSnapshots keeps generation and the newest other one, and the segments
// that they name.
func (t *tx) pruneSnapshots(task store.TaskID, generation int64) error {
	args := []any{sql.Named("family", string(task.Family)), sql.Named("partition", int64(task.Partition))}
	if _, err := t.exec(pruneSnapshots, append(args, sql.Named("generation", generation))...); err != nil {
		return err
	}
	_, err := t.exec(pruneSegments, args...)
	return err
}

// Snapshots implements [engine.Ledger].
func (s *Store) Snapshots(ctx context.Context, task store.TaskID) ([]store.Snapshot, error) {
	var snapshots []store.Snapshot
	var sizes []int64 // of the states, as their rows have them
	err := s.read(ctx, getSnapshots, []any{string(task.Family), int64(task.Partition)}, func(rows *sql.Rows) error {
		var one store.Snapshot
		var offsets, segments, chunk sql.RawBytes
		var size int64
		if err := rows.Scan(&one.Generation, &one.Rules, &offsets, &segments, &size, &chunk); err != nil {
			return err
		}
		if n := len(snapshots); n == 0 || snapshots[n-1].Generation != one.Generation {
			one.Damaged = errors.Join(json.Unmarshal(offsets, &one.Offsets), json.Unmarshal(segments, &one.Segments))
			one.State = make([]byte, 0, min(max(size, 0), chunkBytes))
			snapshots = append(snapshots, one)
			sizes = append(sizes, size)
		}
		last := &snapshots[len(snapshots)-1]
		last.State = append(last.State, chunk...)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: snapshots of %s: %w", task, err)
	}
	for i := range snapshots {
		one := &snapshots[i]
		if n := int64(len(one.State)); n != sizes[i] {
			one.Damaged = errors.Join(one.Damaged, fmt.Errorf("the state has %d bytes of %d", n, sizes[i]))
		}
		if one.Damaged != nil {
			one.Damaged = fmt.Errorf("sqlite: snapshot %d of %s is damaged: %w", one.Generation, task, one.Damaged)
		}
	}
	return snapshots, nil
}

// Segment implements [engine.Ledger]; store.ErrNotFound if there is none.
func (s *Store) Segment(ctx context.Context, task store.TaskID, name string) ([]byte, error) {
	var data []byte
	found := false
	err := s.read(ctx, getSegment, []any{string(task.Family), int64(task.Partition), name}, func(rows *sql.Rows) error {
		var chunk sql.RawBytes
		if err := rows.Scan(&chunk); err != nil {
			return err
		}
		found = true
		data = append(data, chunk...)
		return nil
	})
	if err == nil && !found {
		err = store.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("sqlite: segment %s of %s: %w", name, task, err)
	}
	return data, nil
}

// eachChunk calls f for every chunk of data, and once for empty data.
func eachChunk(data []byte, f func(chunk int64, part []byte) error) error {
	for chunk := int64(0); ; chunk++ {
		part := data[:min(len(data), chunkBytes)]
		if part == nil {
			part = []byte{} // nil would be NULL
		}
		if err := f(chunk, part); err != nil {
			return err
		}
		if data = data[len(part):]; len(data) == 0 {
			return nil
		}
	}
}
