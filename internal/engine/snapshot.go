package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// stateVersion is the version of the snapshot format. A build reads its own
// version and the one before, which lacks the horizon.
const stateVersion = 2

// errState reports a snapshot that cannot be read; an older one may be.
var errState = errors.New("engine: snapshot state is damaged")

// snapshot is a captured state with the segments that it needs and that the
// store does not have yet.
type snapshot struct {
	at       time.Time // when it was captured
	meta     store.Snapshot
	segments []newSegment
}

type newSegment struct {
	name   string
	set    *seenSet
	number int
	ids    chunks
}

func segmentName(set string, number int) string { return set + "/" + strconv.Itoa(number) }

// segmentNumber returns the number of a segment of set.
func segmentNumber(set, name string) (number int, ok bool) {
	text, ok := strings.CutPrefix(name, set+"/")
	if !ok {
		return 0, false
	}
	number, err := strconv.Atoi(text)
	return number, err == nil
}

// checksumBytes is the length of the SHA-256 prefix that ends every state and
// segment, so that damage is noticed.
const checksumBytes = 8

func withChecksum(b []byte) []byte {
	return binary.BigEndian.AppendUint64(b, RecordHash(b))
}

// withoutChecksum returns b without its checksum, or errState.
func withoutChecksum(b []byte) ([]byte, error) {
	n := len(b) - checksumBytes
	if n < 0 || binary.BigEndian.Uint64(b[n:]) != RecordHash(b[:n]) {
		return nil, fmt.Errorf("%w: wrong checksum over %d bytes", errState, len(b))
	}
	return b[:n], nil
}

// capture takes the state as it is folded now. The caller holds t.mu, and
// publishes the result only after a commit up to here.
//
// Layout: version; the horizon in milliseconds; for each input its newest record time and, for each of its
// seen-sets, the next segment number, the numbers of its segments and the open
// ids; then the fold's own state; the checksum.
func (t *task[C]) capture(rules int) *snapshot {
	s := &snapshot{meta: store.Snapshot{Rules: rules, Offsets: map[string]int64{}}}
	b := binary.AppendUvarint([]byte{stateVersion}, uint64(t.horizon))
	for _, in := range t.inputs {
		s.meta.Offsets[in.topic] = in.next
		b = binary.AppendVarint(b, int64(in.newest))
		for _, named := range in.sets() {
			named.set.seal(in.second())
			b = s.appendSet(b, named)
		}
	}
	s.meta.State = withChecksum(t.fold.Snapshot(b))
	return s
}

func (s *snapshot) appendSet(b []byte, n namedSet) []byte {
	b = binary.AppendUvarint(b, uint64(n.set.nextID))
	b = binary.AppendUvarint(b, uint64(len(n.set.sealed)))
	for _, g := range n.set.sealed {
		b = binary.AppendUvarint(b, uint64(g.number))
		name := segmentName(n.name, g.number)
		s.meta.Segments = append(s.meta.Segments, name)
		if g.ids != nil {
			s.segments = append(s.segments, newSegment{name, n.set, g.number, g.ids})
		}
	}
	b = binary.AppendUvarint(b, uint64(n.set.open.len()))
	return appendSeenIDs(b, n.set.open)
}

// load replaces the state of t by a snapshot, which it refuses with ErrOtherRules
// if its state does not hold under the running rules, whose version is rules:
// keyed state of another version, or ids that were not kept for as long as the
// running horizon needs. fetch returns a stored segment by name. After an error
// the task must be thrown away.
func (t *task[C]) load(s *store.Snapshot, rules int, fetch func(name string) ([]byte, error)) error {
	state, err := withoutChecksum(s.State)
	if err != nil {
		return err
	}
	r := stateReader{b: state}
	horizon := t.horizon
	switch v := r.byte(); v {
	case stateVersion - 1:
	case stateVersion:
		horizon = event.Time(r.uvarint())
	default:
		return fmt.Errorf("%w: version %d, this build reads %d and %d", errState, v, stateVersion-1, stateVersion)
	}
	for _, in := range t.inputs {
		next, ok := s.Offsets[in.topic]
		if !ok {
			return fmt.Errorf("%w: no offset of topic %s", errState, in.topic)
		}
		in.next = next
		in.newest = event.Time(r.varint())
		for _, named := range in.sets() {
			if err := r.loadSet(named, in.second(), fetch); err != nil {
				return err
			}
		}
	}
	if r.failed {
		return errState
	}
	if s.Rules != rules && !bytes.Equal(r.b, t.fold.Snapshot(nil)) {
		return fmt.Errorf("%w: version %d, running are those of version %d", ErrOtherRules, s.Rules, rules)
	}
	if horizon < t.horizon {
		return fmt.Errorf("%w: a horizon of %s, running is one of %s", ErrOtherRules, time.Duration(horizon)*time.Millisecond, time.Duration(t.horizon)*time.Millisecond)
	}
	if err := t.fold.Restore(r.b); err != nil {
		return fmt.Errorf("%w: %w", errState, err)
	}
	return nil
}

// stateReader takes values off the front of b; once one is missing it fails for
// good and returns zeros.
type stateReader struct {
	b      []byte
	failed bool
}

func (r *stateReader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.failed, r.b = true, nil
		return nil
	}
	head := r.b[:n]
	r.b = r.b[n:]
	return head
}

func (r *stateReader) byte() byte {
	if head := r.take(1); head != nil {
		return head[0]
	}
	return 0
}

func (r *stateReader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		n = -1
	}
	r.take(n)
	return v
}

func (r *stateReader) uvarint() int {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > 1<<40 {
		n = -1
	}
	r.take(n)
	return int(v)
}

func (r *stateReader) loadSet(n namedSet, now uint32, fetch func(name string) ([]byte, error)) error {
	n.set.nextID = r.uvarint()
	for range r.uvarint() {
		number := r.uvarint()
		if r.failed {
			return errState
		}
		data, err := fetch(segmentName(n.name, number))
		if err != nil {
			return err
		}
		if data, err = withoutChecksum(data); err != nil {
			return fmt.Errorf("segment %s: %w", segmentName(n.name, number), err)
		}
		ids := parseSeenIDs(data)
		if len(ids) == 0 {
			return fmt.Errorf("%w: segment %s is empty", errState, segmentName(n.name, number))
		}
		n.set.load(new(chunks), ids, now)
		n.set.sealed = append(n.set.sealed, segment{number: number, last: ids[len(ids)-1].second})
	}
	count := r.uvarint()
	open := r.take(count * seenIDBytes)
	if r.failed {
		return errState
	}
	n.set.load(&n.set.open, parseSeenIDs(open), now)
	return nil
}
