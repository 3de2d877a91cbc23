package processor

import (
	"bytes"
	"slices"
	"testing"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// FuzzRestoreFold restores what may be the state of all processors together. That
// each of them takes only its own state is said by their own tests.
func FuzzRestoreFold(f *testing.F) {
	r := quickRules()
	for i, family := range store.Families {
		fold, out := New(store.TaskID{Family: family}, r), store.NewChanges()
		e := event.Event{
			Type: event.TypeCartEvent, ID: "e", CartID: "c", VisitorID: "v", Action: event.ActionAdd, ProductID: "p", Quantity: 1,
			ReceivedAt: cartNoon, Timestamp: cartNoon,
		}
		fold.Apply(&e, out)
		state := fold.Snapshot(nil)
		f.Add(uint8(i), state)
		f.Add(uint8(i), append(slices.Clone(state), 0))
		f.Add(uint8(i), state[:len(state)-1])
	}
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		task := store.TaskID{Family: store.Families[int(which)%len(store.Families)]}
		fold := New(task, r)
		if fold.Restore(b) != nil {
			return
		}
		once := fold.Snapshot(nil)
		again := New(task, r)
		if err := again.Restore(once); err != nil {
			t.Fatalf("restore of what was restored: %v", err)
		}
		if twice := again.Snapshot(nil); !bytes.Equal(once, twice) {
			t.Fatalf("kept as %x and then as %x", once, twice)
		}
	})
}
