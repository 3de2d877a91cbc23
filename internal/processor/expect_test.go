package processor_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/processor"
	"globalmart/internal/store"
)

// TestWhatAFoldExpectsChangesNothing tells one of two folds of what comes, of what
// does not, and of visitors that are forgotten.
func TestWhatAFoldExpectsChangesNothing(t *testing.T) {
	visitors := []string{"a", "b", "0190163d-8694-739b-aea5-966c26f8ad91", "a visitor with a long name, to whom nothing happens twice"}
	keys := append([]string{"", "nobody"}, visitors...)
	rapid.Check(t, func(t *rapid.T) {
		r := quick()
		task := store.TaskID{Family: rapid.SampledFrom(store.Families[:]).Draw(t, "family")}
		plain, told := processor.New(task, r), processor.New(task, r)
		want, got := store.NewChanges(), store.NewChanges()
		now := noon
		for i := range rapid.IntRange(0, 60).Draw(t, "steps") {
			now += event.Time(rapid.SampledFrom([]int{0, 1000, 60_000, 40 * 60_000}).Draw(t, "later"))
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				var expected [][]byte
				for _, key := range rapid.SliceOfN(rapid.SampledFrom(keys), 0, 40).Draw(t, "keys") {
					expected = append(expected, []byte(key))
				}
				told.Expect(expected)
			case 1:
				plain.Tick(now, want)
				told.Tick(now, got)
			default:
				e := event.Event{
					ID: fmt.Sprint("e", i), Type: event.TypeProductView, Timestamp: now, ReceivedAt: now,
					VisitorID: rapid.SampledFrom(visitors).Draw(t, "visitor"),
				}
				plain.Apply(&e, want)
				told.Apply(&e, got)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("rows (-not told +told):\n%s", diff)
		}
		if !bytes.Equal(plain.Snapshot(nil), told.Snapshot(nil)) {
			t.Fatal("the states differ")
		}
	})
}
