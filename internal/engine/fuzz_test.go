package engine

import (
	"bytes"
	"testing"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// opaque is a fold whose state is any text.
type opaque struct{ state []byte }

func (*opaque) Apply(*event.Event, *probeRows) {}
func (*opaque) Tick(event.Time, *probeRows)    {}
func (o *opaque) Snapshot(b []byte) []byte     { return append(b, o.state...) }
func (o *opaque) Restore(b []byte) error       { o.state = bytes.Clone(b); return nil }

func opaqueTask(p int) *task[*probeRows] {
	return newTask(taskID(p), testHorizon, Fold[*probeRows](&opaque{}), newProbeRows, make(chan struct{}, 1))
}

// FuzzLoad loads states that are not damaged on their way, but may be anything: what
// is taken must be a state, that is kept and loaded again as it is.
func FuzzLoad(f *testing.F) {
	const at event.Time = 1_780_000_000_000
	seed := opaqueTask(0)
	if seed.fold.Restore([]byte("rest")) != nil {
		f.Fatal("the fold takes no state")
	}
	f.Add([]byte{}, []byte{})
	for i, in := range seed.inputs {
		in.newest = at
		for _, named := range in.sets() {
			for n := range uint64(i + 2) {
				named.set.Add(id{n, n}, in.second())
			}
		}
		snap := seed.capture(0)
		state, err := withoutChecksum(snap.meta.State)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(state, appendSeenIDs(nil, in.seen.open))
		in.seen.sealed = append(in.seen.sealed, segment{in.seen.nextID, in.second(), in.seen.open})
		in.seen.nextID++
		in.seen.open = nil
	}
	f.Fuzz(func(t *testing.T, state, segment []byte) {
		fetch := func(string) ([]byte, error) { return withChecksum(bytes.Clone(segment)), nil }
		load := func(state []byte) (*task[*probeRows], error) {
			snap := store.Snapshot{State: state, Offsets: map[string]int64{}}
			for _, topic := range store.Shopping.Topics() {
				snap.Offsets[topic] = 1
			}
			loaded := opaqueTask(0)
			return loaded, loaded.load(&snap, 0, fetch)
		}
		loaded, err := load(withChecksum(bytes.Clone(state)))
		if err != nil {
			return
		}
		once := loaded.capture(0).meta.State
		again, err := load(once)
		if err != nil {
			t.Fatalf("what was loaded is kept as %x, and that is refused: %v", once, err)
		}
		if twice := again.capture(0).meta.State; !bytes.Equal(once, twice) {
			t.Fatalf("kept as %x and then as %x", once, twice)
		}
	})
}

// FuzzChecksum flips a byte of a state that is sealed with its checksum.
func FuzzChecksum(f *testing.F) {
	f.Add([]byte("state"), uint16(0), byte(1))
	f.Add([]byte{}, uint16(3), byte(0x80))
	f.Fuzz(func(t *testing.T, state []byte, at uint16, flip byte) {
		sealed := withChecksum(bytes.Clone(state))
		if got, err := withoutChecksum(sealed); err != nil || !bytes.Equal(got, state) {
			t.Fatalf("%x comes back as %x, %v", state, got, err)
		}
		sealed[int(at)%len(sealed)] ^= flip
		if got, err := withoutChecksum(sealed); (err == nil) != (flip == 0) {
			t.Fatalf("%x with byte %d changed by %x: %x, %v", state, at, flip, got, err)
		}
	})
}
