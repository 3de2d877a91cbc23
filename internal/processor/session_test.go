package processor_test

import (
	"testing"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/processor"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

const (
	minute = event.Time(60_000)
	hour   = 60 * minute
)

// seen is a view by a visitor, taken in at once.
func seen(at event.Time) event.Event {
	return event.Event{Type: event.TypeProductView, VisitorID: "v", Timestamp: at, ReceivedAt: at}
}

// belated returns e as if it was taken in so much later.
func belated(e event.Event, by event.Time) event.Event {
	e.ReceivedAt += by
	return e
}

func done(e event.Event, action event.Action) event.Event {
	e.Type, e.Action = event.TypeCartEvent, action
	return e
}

func bought(e event.Event, status event.Status) event.Event {
	e.Type, e.Status = event.TypeTransaction, status
	e.Items = []event.Item{item("Books", 2, 1000), item("Toys", 3, 250)}
	return e
}

func says(e event.Event, user, country, device string) event.Event {
	e.UserID, e.Country, e.Device = user, country, device
	return e
}

// storedSessions applies what a fold wants written, as a store does.
func storedSessions(rows map[event.Time]store.Session, out *store.Changes) map[event.Time]store.Session {
	if rows == nil {
		rows = map[event.Time]store.Session{}
	}
	for k, s := range out.Sessions {
		if s == nil {
			delete(rows, k.Start)
		} else {
			rows[k.Start] = *s
		}
	}
	return rows
}

// sessionsOf returns the sessions of one visitor at rest, by their start.
func sessionsOf(events ...event.Event) map[event.Time]store.Session {
	s, out := processor.NewSessions(rules.Default()), store.NewChanges()
	for i := range events {
		s.Apply(&events[i], out)
	}
	s.Tick(noon+1000*hour, out)
	return storedSessions(nil, out)
}

// every returns views from a time to another, each so long after the one before.
func every(pause, from, to event.Time) (events []event.Event) {
	for at := from; at <= to; at += pause {
		events = append(events, seen(at))
	}
	return events
}

func TestAPauseOfTheGapEndsASession(t *testing.T) {
	for name, tt := range map[string]struct {
		events []event.Event
		want   map[event.Time]store.Session
	}{
		"a millisecond less than the gap does not": {
			[]event.Event{seen(noon), seen(noon + 30*minute - 1)},
			map[event.Time]store.Session{noon: {End: noon + 30*minute - 1, Events: 2, Views: 2}},
		},
		"the gap itself does": {
			[]event.Event{seen(noon), seen(noon + 30*minute)},
			map[event.Time]store.Session{
				noon:             {End: noon, Events: 1, Views: 1},
				noon + 30*minute: {End: noon + 30*minute, Events: 1, Views: 1},
			},
		},
		"midnight does not": {
			[]event.Event{seen(noon + 12*hour - 1), seen(noon + 12*hour)},
			map[event.Time]store.Session{noon + 12*hour - 1: {End: noon + 12*hour, Events: 2, Views: 2}},
		},
		"two at one time are of one session": {
			[]event.Event{seen(noon), seen(noon)},
			map[event.Time]store.Session{noon: {End: noon, Events: 2, Views: 2}},
		},
	} {
		t.Run(name, func(t *testing.T) { check(t, "sessions", tt.want, sessionsOf(tt.events...)) })
	}
}

func TestALongRunIsCutAtMultiplesOfADayFromItsStart(t *testing.T) {
	run := every(20*minute, noon+5*minute, noon+50*hour)
	check(t, "sessions", map[event.Time]store.Session{
		noon + 5*minute:           {End: noon + 23*hour + 45*minute, Events: 72, Views: 72},
		noon + 24*hour + 5*minute: {End: noon + 47*hour + 45*minute, Events: 72, Views: 72},
		noon + 48*hour + 5*minute: {End: noon + 49*hour + 45*minute, Events: 6, Views: 6},
	}, sessionsOf(run...))
}

func TestALateEventThatMovesTheStartMovesTheCuts(t *testing.T) {
	run := append(every(20*minute, noon, noon+25*hour), belated(seen(noon-10*minute), hour))
	check(t, "sessions", map[event.Time]store.Session{
		noon - 10*minute: {End: noon + 23*hour + 40*minute, Events: 73, Views: 73},
		noon + 24*hour:   {End: noon + 25*hour, Events: 4, Views: 4},
	}, sessionsOf(run...))
}

func TestWhatAnEventAddsToASession(t *testing.T) {
	for name, tt := range map[string]struct {
		e    event.Event
		want store.Session
	}{
		"a view":              {seen(noon), store.Session{Views: 1}},
		"something put in":    {done(seen(noon), event.ActionAdd), store.Session{Adds: 1}},
		"something taken out": {done(seen(noon), event.ActionRemove), store.Session{}},
		"a change":            {done(seen(noon), event.ActionUpdate), store.Session{}},
		"a clear":             {done(seen(noon), event.ActionClear), store.Session{}},
		"a checkout":          {done(seen(noon), event.ActionCheckout), store.Session{Checkouts: 1}},
		"an order":            {bought(seen(noon), event.StatusCompleted), store.Session{Orders: 1, Units: 5, RevenueMinor: 1250}},
		"a failed order":      {bought(seen(noon), event.StatusFailed), store.Session{}},
		"a pending order":     {bought(seen(noon), event.StatusPending), store.Session{}},
		"a cancelled order":   {bought(seen(noon), event.StatusCancelled), store.Session{}},
		"a refund":            {bought(seen(noon), event.StatusRefunded), store.Session{}},
	} {
		t.Run(name, func(t *testing.T) {
			tt.want.End, tt.want.Events = noon, 1
			check(t, "sessions", map[event.Time]store.Session{noon: tt.want}, sessionsOf(tt.e))
		})
	}
}

func TestWhoAndWhereASessionWas(t *testing.T) {
	for name, tt := range map[string]struct {
		events                []event.Event
		user, country, device string
	}{
		"nobody said":                       {[]event.Event{seen(noon)}, "", "", ""},
		"the earliest place, the last user": {[]event.Event{says(seen(noon), "u1", "DE", "phone"), says(seen(noon+1), "u2", "FR", "desktop")}, "u2", "DE", "phone"},
		"in any order":                      {[]event.Event{says(seen(noon+1), "u2", "FR", "desktop"), says(seen(noon), "u1", "DE", "phone")}, "u2", "DE", "phone"},
		"who says nothing does not count": {
			[]event.Event{seen(noon), says(seen(noon+1), "u1", "", "phone"), says(seen(noon+2), "", "FR", ""), says(seen(noon+3), "", "DE", "desktop")},
			"u1", "FR", "phone",
		},
		"at one time the smaller text": {[]event.Event{says(seen(noon), "u2", "FR", "phone"), says(seen(noon), "u1", "DE", "desktop")}, "u1", "DE", "desktop"},
		"at one time in any order":     {[]event.Event{says(seen(noon), "u1", "DE", "desktop"), says(seen(noon), "u2", "FR", "phone")}, "u1", "DE", "desktop"},
		"the unknown country is one":   {[]event.Event{says(seen(noon), "", "ZZ", ""), says(seen(noon+1), "", "DE", "")}, "", "ZZ", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := sessionsOf(tt.events...)[noon]
			check(t, "who and where", []string{tt.user, tt.country, tt.device}, []string{s.UserID, s.Country, s.Device})
		})
	}
}

// step is one thing that a fold is given: a tick, if it is not an event.
type sessionStep struct {
	e    event.Event
	tick event.Time
	want map[event.Time]int64 // what is stored then: events by start
	open store.Open           // after a tick
}

func TestLateEventsChangeWhatIsStored(t *testing.T) {
	at := func(m event.Time) event.Time { return noon + m*minute }
	rested := func(e event.Event) event.Event { return belated(e, at(100)-e.ReceivedAt) }
	type rows = map[event.Time]int64
	open := func(sessions, events int64) store.Open { return store.Open{Sessions: sessions, SessionEvents: events} }
	for name, steps := range map[string][]sessionStep{
		"a session is stored when it is at rest": {
			{e: seen(at(0))},
			{e: seen(at(10))},
			{tick: at(40) - 1, want: rows{}, open: open(1, 2)},
			{tick: at(40), want: rows{at(0): 2}},
		},
		"a late event extends one, which is stored again": {
			{e: seen(at(0))},
			{tick: at(99), want: rows{at(0): 1}},
			{e: rested(seen(at(20))), want: rows{}},
			{tick: at(100), want: rows{at(0): 2}},
		},
		"a late event within one counts": {
			{e: seen(at(0))},
			{e: seen(at(20))},
			{tick: at(99), want: rows{at(0): 2}},
			{e: rested(seen(at(10))), want: rows{}},
			{tick: at(100), want: rows{at(0): 3}},
		},
		"a late event joins two": {
			{e: seen(at(0))},
			{e: seen(at(50))},
			{tick: at(99), want: rows{at(0): 1, at(50): 1}},
			{e: rested(seen(at(25))), want: rows{}},
			{tick: at(100), want: rows{at(0): 3}},
		},
		"a late event that joins two as long as the gap apart does not join a third": {
			{e: seen(at(0))},
			{e: seen(at(30))},
			{e: seen(at(60))},
			{tick: at(99), want: rows{at(0): 1, at(30): 1, at(60): 1}},
			{e: rested(seen(at(15))), want: rows{at(60): 1}},
			{tick: at(100), want: rows{at(0): 3, at(60): 1}},
		},
		"a late event between two is a session of its own": {
			{e: seen(at(0))},
			{e: seen(at(60))},
			{tick: at(99), want: rows{at(0): 1, at(60): 1}},
			{e: rested(seen(at(30))), want: rows{at(0): 1, at(60): 1}},
			{tick: at(100), want: rows{at(0): 1, at(30): 1, at(60): 1}},
		},
		"a late event moves the start": {
			{e: seen(at(10))},
			{tick: at(99), want: rows{at(10): 1}},
			{e: rested(seen(at(0))), want: rows{}},
			{tick: at(100), want: rows{at(0): 2}},
		},
		"what is forgotten stays stored": {
			{e: seen(at(0))},
			{tick: at(99), want: rows{at(0): 1}},
			{tick: at(10_000), want: rows{at(0): 1}},
			{e: seen(at(10_000)), want: rows{at(0): 1}},
			{tick: at(10_030), want: rows{at(0): 1, at(10_000): 1}},
		},
		"an event from before the horizon changes nothing": {
			{e: seen(at(0))},
			{tick: at(99), want: rows{at(0): 1}},
			{e: belated(seen(at(10)), 2*hour+1), want: rows{at(0): 1}},
			{tick: at(150), want: rows{at(0): 1}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := processor.New(store.TaskID{Family: store.Shopping, Partition: 3}, rules.Default())
			rows := map[event.Time]store.Session{}
			gauge := store.Open{}
			for i, step := range steps {
				out := store.NewChanges()
				if step.tick != 0 {
					f.Tick(step.tick, out)
				} else {
					f.Apply(&step.e, out)
				}
				rows = storedSessions(rows, out)
				if row := out.Open[3]; row != nil {
					gauge = store.Open{Sessions: row.Sessions, SessionEvents: row.SessionEvents}
				}
				if step.want == nil {
					continue
				}
				got := map[event.Time]int64{}
				for start, s := range rows {
					got[start] = s.Events
				}
				check(t, "events by session", step.want, got)
				if step.tick != 0 {
					check(t, "open", step.open, gauge)
				}
				if t.Failed() {
					t.Fatalf("after step %d", i)
				}
			}
		})
	}
}

// TestAVisitorWhoNeverRestsTakesLittle looks every 20 seconds for a week.
func TestAVisitorWhoNeverRestsTakesLittle(t *testing.T) {
	s, out := processor.NewSessions(rules.Default()), store.NewChanges()
	most, n := 0, int64(0)
	for at := noon; at < noon+7*24*hour; at += 20_000 {
		e := seen(at)
		s.Apply(&e, out)
		n++
		if at%(10*minute) == 0 {
			s.Tick(at, out)
			most = max(most, len(s.Snapshot(nil)))
		}
	}
	s.Tick(noon+8*24*hour, out)
	var stored int64
	for k, session := range out.Sessions {
		stored += session.Events
		if (k.Start-noon)%(24*hour) != 0 || session.End-k.Start != 24*hour-20_000 {
			t.Errorf("a session of %s from %s", (session.End - k.Start).Std().Sub(time.UnixMilli(0)), k.Start)
		}
	}
	if stored != n || len(out.Sessions) != 7 {
		t.Errorf("%d events in %d sessions, want %d in 7", stored, len(out.Sessions), n)
	}
	if most > 8<<10 {
		t.Errorf("%d bytes of state, want those of the horizon only", most)
	}
}
