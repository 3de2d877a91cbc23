package processor

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"globalmart/internal/event"
)

func TestTheWheelMeetsThingsOfTheEarliestMinuteFirst(t *testing.T) {
	w := newWheel[string]()
	w.add(3*wheelMS, "third")
	w.add(1*wheelMS+5, "first")
	w.add(1*wheelMS, "second, of the same minute")
	w.add(4*wheelMS, "later")
	var met []string
	w.turn(3*wheelMS+1, func(thing string) (event.Time, bool) {
		met = append(met, thing)
		return 0, false
	})
	if want := []string{"first", "second, of the same minute", "third"}; !slices.Equal(met, want) {
		t.Errorf("met %v, want %v", met, want)
	}
}

func TestTheWheelKeepsTheOrderAlsoAfterALongPause(t *testing.T) {
	w := newWheel[int]()
	const things, apart = 20, 1000 // minutes
	for i := range things {
		w.add(event.Time(i)*apart*wheelMS, i)
	}
	var met []int
	w.turn(things*apart*wheelMS, func(thing int) (event.Time, bool) {
		met = append(met, thing)
		return 0, false
	})
	if len(met) != things || !slices.IsSorted(met) {
		t.Errorf("met %v, want all %d in their order", met, things)
	}
}

func TestWhatTheWheelPutsOffIsMetAtTheNextTurnAtTheEarliest(t *testing.T) {
	w := newWheel[int]()
	w.add(10, 1)
	w.add(wheelMS, 2)
	turns := 0
	for range 3 {
		met := 0
		w.turn(wheelMS+1, func(int) (event.Time, bool) {
			met++
			return 0, true
		})
		if turns++; met != 2 {
			t.Fatalf("turn %d met %d things, want both once", turns, met)
		}
	}
}

// TestTheWheelMeetsAThingOnceItIsDue puts every thing off until the time that it
// is really due, as those do that are touched in the meantime.
func TestTheWheelMeetsAThingOnceItIsDue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, now := newWheel[int](), event.Time(0)
		times := rapid.Custom(func(t *rapid.T) event.Time { return event.Time(rapid.IntRange(0, 10*wheelMS).Draw(t, "at")) })
		var due []event.Time
		open := map[int]bool{}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "add") {
				at := times.Draw(t, "expected")
				open[len(due)] = true
				w.add(at, len(due))
				due = append(due, at+times.Draw(t, "moved by"))
				continue
			}
			now += times.Draw(t, "pass")
			w.turn(now, func(i int) (event.Time, bool) {
				if now < due[i] {
					return due[i], true
				}
				if !open[i] {
					t.Fatalf("thing %d was met again", i)
				}
				delete(open, i)
				return 0, false
			})
			for i := range open {
				if due[i] <= now {
					t.Fatalf("thing %d, due at %d, was not met at %d", i, due[i], now)
				}
			}
		}
	})
}
