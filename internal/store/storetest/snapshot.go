package storetest

import (
	"bytes"
	"errors"
	"math/rand/v2"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

func (f *fixture) snapshots(task store.TaskID) []store.Snapshot {
	f.Helper()
	s, err := f.Snapshots(f.Context(), task)
	f.check(err)
	return s
}

// random returns n bytes that cannot be compressed.
func random(n int) []byte {
	b := make([]byte, n)
	for i, source := 0, rand.NewPCG(1, 2); i < n; i++ {
		b[i] = byte(source.Uint64())
	}
	return b
}

var snapshotTests = map[string]func(*fixture){
	"two generations are kept, newest first": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		f.equal(0, len(f.snapshots(task)))
		var want []store.Snapshot
		for g := range int64(4) {
			s := store.Snapshot{Generation: 10 * (g + 1), Rules: 2, Offsets: map[string]int64{}, State: random(int(g) * 1000)}
			f.check(f.PutSnapshot(f.Context(), task, epoch, s))
			want = append([]store.Snapshot{s}, want...)
			f.equal(want[:min(2, len(want))], f.snapshots(task))
		}
		f.equal(0, len(f.snapshots(shopping(1))))
	},
	"a generation that is stored again is replaced": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		s := store.Snapshot{Generation: 1, Rules: 1, Offsets: map[string]int64{}, State: []byte("one")}
		f.check(f.PutSnapshot(f.Context(), task, epoch, s))
		s.State = []byte("two")
		f.check(f.PutSnapshot(f.Context(), task, epoch, s))
		f.equal([]store.Snapshot{s}, f.snapshots(task))
	},
	"one written after an older one was restored is kept": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		for _, g := range []int64{5, 9, 6, 7} {
			f.check(f.PutSnapshot(f.Context(), task, epoch, store.Snapshot{Generation: g}))
		}
		var kept []int64
		for _, s := range f.snapshots(task) {
			kept = append(kept, s.Generation)
		}
		f.equal([]int64{9, 7}, kept)
	},
	"an earlier owner can store neither snapshots nor segments": func(f *fixture) {
		task := shopping(0)
		old := f.claim(task).Epoch
		f.claim(task)
		if err := f.PutSnapshot(f.Context(), task, old, store.Snapshot{Generation: 1}); !errors.Is(err, store.ErrFenced) {
			f.Errorf("snapshot: error %v, want %v", err, store.ErrFenced)
		}
		if err := f.PutSegment(f.Context(), task, old, "s", []byte("x")); !errors.Is(err, store.ErrFenced) {
			f.Errorf("segment: error %v, want %v", err, store.ErrFenced)
		}
		if err := f.PutSegment(f.Context(), shopping(9), 1, "s", []byte("x")); !errors.Is(err, store.ErrFenced) {
			f.Errorf("task that nobody claimed: error %v, want %v", err, store.ErrFenced)
		}
		f.equal(0, len(f.snapshots(task)))
	},
	"a snapshot above what is committed is refused": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		f.commit(commit{Task: task, Epoch: epoch, Spans: []store.Span{span(0, 10)}})
		at := func(offset int64) store.Snapshot {
			return store.Snapshot{Generation: offset, Offsets: map[string]int64{event.TopicTransactions: offset}}
		}
		if err := f.PutSnapshot(f.Context(), task, epoch, at(11)); !errors.Is(err, store.ErrConflict) {
			f.Errorf("error %v, want %v", err, store.ErrConflict)
		}
		f.equal(0, len(f.snapshots(task)))
		f.check(f.PutSnapshot(f.Context(), task, epoch, at(9)))
		f.check(f.PutSnapshot(f.Context(), task, epoch, at(10)))
		f.equal(2, len(f.snapshots(task)))
	},
	"a task that has committed nothing can have a snapshot": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		s := store.Snapshot{Generation: 1, Offsets: map[string]int64{event.TopicTransactions: 100}}
		f.check(f.PutSnapshot(f.Context(), task, epoch, s))
		f.equal([]store.Snapshot{s}, f.snapshots(task))
	},
	"a damaged generation is told apart and hides no other": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		s := store.Snapshot{Generation: 1, Rules: 1, Offsets: map[string]int64{}, State: random(100)}
		f.check(f.PutSnapshot(f.Context(), task, epoch, s))
		newer := s
		newer.Generation = 2
		f.check(f.PutSnapshot(f.Context(), task, epoch, newer))
		f.check(f.DamageSnapshot(f.Context(), task, 2))
		got := f.snapshots(task)
		if len(got) != 2 || got[0].Generation != 2 || got[0].Damaged == nil {
			f.Fatalf("got %+v, want generation 2 marked as damaged, then 1", got)
		}
		f.equal([]store.Snapshot{s}, got[1:])
		f.check(f.PutSnapshot(f.Context(), task, epoch, newer)) // in its place
		f.equal([]store.Snapshot{newer, s}, f.snapshots(task))
	},
	"a snapshot can follow damaged ones": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		for g := range int64(2) {
			f.check(f.PutSnapshot(f.Context(), task, epoch, store.Snapshot{Generation: g + 1}))
			f.check(f.DamageSnapshot(f.Context(), task, g+1))
		}
		f.check(f.PutSegment(f.Context(), task, epoch, "s", []byte("S")))
		want := store.Snapshot{Generation: 3, Offsets: map[string]int64{}, Segments: []string{"s"}}
		f.check(f.PutSnapshot(f.Context(), task, epoch, want))
		f.equal([]store.Snapshot{want}, f.snapshots(task)[:1])
		_, err := f.Segment(f.Context(), task, "s")
		f.check(err)
	},
	"segments stay while a kept snapshot names them": func(f *fixture) {
		task, other := shopping(0), shopping(1)
		epoch, otherEpoch := f.claim(task).Epoch, f.claim(other).Epoch
		f.check(f.PutSegment(f.Context(), other, otherEpoch, "a", []byte("theirs")))
		f.check(f.PutSegment(f.Context(), task, epoch, "a", []byte("old")))
		f.check(f.PutSegment(f.Context(), task, epoch, "a", []byte("A")))
		f.check(f.PutSegment(f.Context(), task, epoch, "orphan", []byte("O")))
		for g, names := range [][]string{{"a"}, {"a", "b"}, {"b"}, {"b"}} {
			if g == 1 {
				f.check(f.PutSegment(f.Context(), task, epoch, "b", nil))
			}
			s := store.Snapshot{Generation: int64(g) + 1, Segments: names}
			f.check(f.PutSnapshot(f.Context(), task, epoch, s))
			f.equal(names, f.snapshots(task)[0].Segments)
			_, err := f.Segment(f.Context(), task, "a")
			if wantGone := g == 3; errors.Is(err, store.ErrNotFound) != wantGone {
				f.Errorf("after generation %d: segment a: error %v", g+1, err)
			}
		}
		b, err := f.Segment(f.Context(), task, "b")
		f.check(err)
		f.equal([]byte{}, b)
		if _, err := f.Segment(f.Context(), task, "orphan"); !errors.Is(err, store.ErrNotFound) {
			f.Errorf("orphan: error %v, want %v", err, store.ErrNotFound)
		}
		theirs, err := f.Segment(f.Context(), other, "a")
		f.check(err)
		f.equal([]byte("theirs"), theirs)
	},
	"a snapshot that names a segment which is not stored is refused": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		if err := f.PutSnapshot(f.Context(), task, epoch, store.Snapshot{Generation: 1, Segments: []string{"s"}}); err == nil {
			f.Error("no error")
		}
		f.equal(0, len(f.snapshots(task)))
	},
	"20 MB of state and of a segment come back whole": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		big := random(20 << 20)
		f.check(f.PutSegment(f.Context(), task, epoch, "s", big))
		f.check(f.PutSnapshot(f.Context(), task, epoch, store.Snapshot{Generation: 1, State: big, Segments: []string{"s"}}))
		segment, err := f.Segment(f.Context(), task, "s")
		f.check(err)
		if !bytes.Equal(big, segment) {
			f.Error("the segment differs")
		}
		if s := f.snapshots(task); len(s) != 1 || !bytes.Equal(big, s[0].State) {
			f.Error("the state differs")
		}
	},
}
