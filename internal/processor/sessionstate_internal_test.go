package processor

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// someSessions returns a processor with sessions of every kind: of several
// visitors, stored and open, cut, and with touches that were summed up.
func someSessions() *Sessions {
	s, out := NewSessions(rules.Default()), store.NewChanges()
	see := func(visitor, user, device string, at event.Time) {
		e := event.Event{
			Type: event.TypeProductView, VisitorID: visitor, UserID: user, Country: "DE", Device: device, Timestamp: at, ReceivedAt: at,
		}
		s.Apply(&e, out)
	}
	for i := range event.Time(200) { // 33 h
		see("0190163d-8694-739b-aea5-966c26f8ad91", "u1", "mobile", sessionNoon+i*10*wheelMS)
		if i == 190 {
			s.Tick(sessionNoon+i*10*wheelMS, out)
		}
	}
	end := sessionNoon + 200*10*wheelMS
	for i := range event.Time(5) {
		see(fmt.Sprint("visitor ", i), "", "", end-i*wheelMS)
		order := event.Event{
			Type: event.TypeTransaction, Status: event.StatusCompleted, VisitorID: "buyer", Timestamp: end - 40*i*wheelMS, ReceivedAt: end,
			Items: []event.Item{{Quantity: 3, BaseAmountMinor: 999}},
		}
		s.Apply(&order, out)
	}
	s.Tick(end, out)
	return s
}

func TestASnapshotOfSessionsIsRestoredWhole(t *testing.T) {
	s := someSessions()
	state := s.Snapshot(nil)
	restored := NewSessions(rules.Default())
	if err := restored.Restore(state); err != nil {
		t.Fatal(err)
	}
	if again := restored.Snapshot(nil); !bytes.Equal(state, again) {
		t.Errorf("restored, the state is another one of %d bytes, not %d", len(again), len(state))
	}
	if s.open != restored.open {
		t.Errorf("open are %+v, want %+v", restored.open, s.open)
	}
	for p := place(1); p < s.visitors.used; p++ {
		want, got := *s.visitors.at(p), *restored.visitors.at(p)
		want.room, want.class, want.due = got.room, got.class, got.due
		if want != got {
			t.Errorf("visitor %d is %+v, want %+v", p, got, want)
		}
	}
	if wheelOf(s) != wheelOf(restored) {
		t.Errorf("%d visitors are due, want %d", wheelOf(restored), wheelOf(s))
	}
}

// wheelOf returns how many visitors the wheel will meet.
func wheelOf(s *Sessions) int {
	due := map[place]bool{}
	for minute, timers := range s.wheel.due {
		for _, timer := range timers {
			if s.visitors.at(timer.visitor).due == uint32(minute) {
				due[timer.visitor] = true
			}
		}
	}
	return len(due)
}

func TestDamageToTheStateOfSessionsIsAnError(t *testing.T) {
	state := someSessions().Snapshot(nil)
	twice := append(bytes.Clone(state), state[7:]...)
	for name, damaged := range map[string][]byte{
		"empty":              {},
		"another form":       append([]byte{sessionState + 1}, state[1:]...),
		"cut short":          state[:len(state)-1],
		"cut within a time":  state[:3],
		"more of it":         append(bytes.Clone(state), 1),
		"the visitors twice": twice,
	} {
		t.Run(name, func(t *testing.T) {
			if err := NewSessions(rules.Default()).Restore(damaged); !errors.Is(err, errState) {
				t.Errorf("got %v, want %v", err, errState)
			}
		})
	}
}

// FuzzRestoreSessions restores anything and, if that can be, goes on with it.
func FuzzRestoreSessions(f *testing.F) {
	f.Add(someSessions().Snapshot(nil))
	f.Add(NewSessions(rules.Default()).Snapshot(nil))
	f.Fuzz(func(t *testing.T, state []byte) {
		s := NewSessions(rules.Default())
		if err := s.Restore(state); err != nil {
			if !errors.Is(err, errState) {
				t.Fatalf("got %v, want %v", err, errState)
			}
			return
		}
		out := store.NewChanges()
		for p := place(1); p < s.visitors.used; p++ {
			v := s.visitors.at(p)
			for _, at := range []event.Time{v.last, v.last - wheelMS, v.last + s.gap, v.run, v.pieceStart} {
				e := event.Event{Type: event.TypeProductView, VisitorID: s.idOf(v), Timestamp: at, ReceivedAt: at, UserID: "u"}
				s.Apply(&e, out)
			}
		}
		s.Tick(s.newest, out)
		if err := NewSessions(rules.Default()).Restore(s.Snapshot(nil)); err != nil {
			t.Fatal(err)
		}
		s.Tick(2*latest, out)
		if s.index.used != 0 || s.open.Sessions != 0 {
			t.Fatalf("%d visitors and %+v are left", s.index.used, s.open)
		}
	})
}

// TestRoomsKeepWhatIsPutIntoThem moves many texts of any length about.
func TestRoomsKeepWhatIsPutIntoThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newVisitors()
		want := map[place][]byte{}
		var places []place
		for i := range rapid.IntRange(1, 60).Draw(t, "steps") {
			n := rapid.OneOf(rapid.IntRange(1, 200), rapid.IntRange(1, 70_000)).Draw(t, "bytes")
			text := bytes.Repeat([]byte{byte(i + 1)}, n)
			what := rapid.IntRange(0, 3).Draw(t, "what")
			if what == 0 || len(places) == 0 {
				p := s.take(n)
				s.append(s.at(p), text)
				want[p] = text
				places = append(places, p)
				continue
			}
			at := rapid.IntRange(0, len(places)-1).Draw(t, "place")
			p := places[at]
			v := s.at(p)
			switch what {
			case 1:
				s.append(v, text)
				want[p] = append(bytes.Clone(want[p]), text...)
			case 2:
				keep := rapid.IntRange(0, len(want[p])).Draw(t, "keep")
				s.replace(v, keep, text)
				want[p] = append(bytes.Clone(want[p][:keep]), text...)
			default:
				s.release(p)
				delete(want, p)
				places = append(places[:at], places[at+1:]...)
			}
		}
		for p, text := range want {
			if !bytes.Equal(s.bytes(s.at(p)), text) {
				t.Fatalf("place %d holds %d bytes that are not the %d put there", p, len(s.bytes(s.at(p))), len(text))
			}
		}
	})
}

func TestRoomClassesFitAndWasteAQuarterAtMost(t *testing.T) {
	most := unitsOf(largest) * unitBytes
	for n := 1; n <= most; n++ {
		class := classFor(n)
		if class == huge {
			t.Fatalf("%d bytes do not fit into a chunk", n)
		}
		size := unitsOf(class) * unitBytes
		if size < n || size > max(smallest*unitBytes, n+n/4+unitBytes) {
			t.Fatalf("%d bytes get a room of %d", n, size)
		}
	}
	if class := classFor(most + 1); class != huge || most > (roomUnits-smallest)*unitBytes {
		t.Errorf("%d bytes are of class %d, and the largest room in a chunk has %d", most+1, class, most)
	}
}

func TestAnEventOfAKnownVisitorAllocatesNothing(t *testing.T) {
	s, out := NewSessions(rules.Default()), store.NewChanges()
	e := event.Event{Type: event.TypeProductView, VisitorID: "v0123456789abcdef", UserID: "u", Country: "DE", Device: "mobile"}
	at := sessionNoon
	apply := func() {
		at += 1000
		e.Timestamp, e.ReceivedAt = at, at
		s.Apply(&e, out)
	}
	for range 600 { // so that there is a room for what follows
		apply()
	}
	if n := testing.AllocsPerRun(50, apply); n != 0 {
		t.Errorf("%v allocations an event, want none", n)
	}
}

// TestAnEventLaterThanAnyShouldBeIsCountedWhereItFalls comes into touches that
// were summed up.
func TestAnEventLaterThanAnyShouldBeIsCountedWhereItFalls(t *testing.T) {
	s, out := someSessions(), store.NewChanges()
	at := sessionNoon + 24*60*wheelMS + 15*wheelMS // in the second day of a run
	e := event.Event{
		Type: event.TypeProductView, VisitorID: "0190163d-8694-739b-aea5-966c26f8ad91", UserID: "u0", Timestamp: at, ReceivedAt: at,
	}
	s.Apply(&e, out)
	s.Tick(sessionNoon+1000*60*wheelMS, out)
	key := store.SessionKey{VisitorID: e.VisitorID, Start: sessionNoon + 24*60*wheelMS}
	want := &store.Session{
		End: sessionNoon + 199*10*wheelMS, UserID: "u1", Country: "DE", Device: "mobile", Events: 57, Views: 57,
	}
	if diff := gocmp.Diff(want, out.Sessions[key]); diff != "" {
		t.Errorf("session (-want +got):\n%s", diff)
	}
}
