package processor

import (
	"cmp"
	"maps"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// plainSessions returns the sessions of events by the definition, in the plainest
// way: all of a visitor's events, sorted.
func plainSessions(r rules.Rules, events []event.Event) map[store.SessionKey]store.Session {
	byVisitor := map[string][]event.Event{}
	for _, e := range events {
		byVisitor[e.VisitorID] = append(byVisitor[e.VisitorID], e)
	}
	gap, most := event.Time(r.Session.Gap.Milliseconds()), event.Time(r.Session.Max.Milliseconds())
	rows := map[store.SessionKey]store.Session{}
	for visitor, all := range byVisitor {
		slices.SortFunc(all, func(a, b event.Event) int { return cmp.Compare(a.Time(), b.Time()) })
		var run, before event.Time
		pieces := map[[2]event.Time][]event.Event{} // by start of the run and number
		for i, e := range all {
			if i == 0 || e.Time()-before >= gap {
				run = e.Time()
			}
			before = e.Time()
			k := [2]event.Time{run, (e.Time() - run) / most}
			pieces[k] = append(pieces[k], e)
		}
		for _, piece := range pieces {
			rows[store.SessionKey{VisitorID: visitor, Start: piece[0].Time()}] = plainSession(piece)
		}
	}
	return rows
}

// plainSession returns the row of the events of one session, sorted by time.
func plainSession(events []event.Event) store.Session {
	s := store.Session{End: events[len(events)-1].Time(), Events: int64(len(events))}
	for _, e := range events {
		switch {
		case e.Type == event.TypeProductView:
			s.Views++
		case e.Action == event.ActionAdd:
			s.Adds++
		case e.Action == event.ActionCheckout:
			s.Checkouts++
		case e.Type == event.TypeTransaction && e.Status == event.StatusCompleted:
			s.Orders++
			for _, it := range e.Items {
				s.Units += it.Quantity
				s.RevenueMinor += it.BaseAmountMinor
			}
		}
	}
	s.Country = firstSaid(events, func(e event.Event) string { return e.Country })
	s.Device = firstSaid(events, func(e event.Event) string { return e.Device })
	backwards := slices.Clone(events)
	slices.Reverse(backwards)
	s.UserID = firstSaid(backwards, func(e event.Event) string { return e.UserID })
	return s
}

// firstSaid returns the smallest text at the first time at which there is one.
func firstSaid(events []event.Event, text func(event.Event) string) string {
	said, at := "", event.Time(0)
	for _, e := range events {
		if t := text(e); t != "" && (said == "" || e.Time() == at && t < said) {
			said, at = t, e.Time()
		}
	}
	return said
}

const sessionNoon = event.Time(1_779_969_600_000)

// drawLog draws what visitors did, by the time of its record, some of it late
// and records out of order by half a minute, and returns it by topic.
func drawLog(t *rapid.T, r rules.Rules) (log []event.Event) {
	pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label) }
	now := sessionNoon
	step := rapid.SampledFrom([]int{5_000, 60_000, 150_000}).Draw(t, "step")
	for range rapid.IntRange(1, 150).Draw(t, "events") {
		now += event.Time(rapid.IntRange(0, step).Draw(t, "pause"))
		if rapid.IntRange(0, 40).Draw(t, "long pause") == 0 {
			now += event.Time(rapid.IntRange(0, 90*wheelMS).Draw(t, "of"))
		}
		e := event.Event{
			VisitorID: pick("visitor", "a", "a", "a", "b", "0190163d-8694-739b-aea5-966c26f8ad91"),
			UserID:    pick("user", "", "", "u1", "u2"), Country: pick("country", "", "DE", "FR", "ZZ"),
			Device: pick("device", "", "mobile", "desktop"), ReceivedAt: now,
		}
		if rapid.IntRange(0, 5).Draw(t, "disorder") == 0 {
			e.ReceivedAt -= event.Time(rapid.IntRange(0, int(disorder)).Draw(t, "by"))
		}
		e.Timestamp = e.ReceivedAt
		if rapid.IntRange(0, 3).Draw(t, "late") == 0 {
			late := rapid.IntRange(0, int(r.Stream.Horizon.Milliseconds()/1000)).Draw(t, "by")
			e.Timestamp -= event.Time(late * 1000)
		}
		e.Type = event.Type(pick("type", "product_view", "product_view", "cart_event", "transaction"))
		switch e.Type {
		case event.TypeCartEvent:
			e.Action = event.Action(pick("action", "add", "add", "remove", "update", "clear", "checkout"))
			e.Quantity = 1
		case event.TypeTransaction:
			e.Status = event.Status(pick("status", "completed", "completed", "failed", "refunded"))
			e.Items = []event.Item{
				{Quantity: int64(rapid.IntRange(1, 9).Draw(t, "units")), BaseAmountMinor: 250},
				{Quantity: 1, BaseAmountMinor: event.Minor(rapid.IntRange(0, 1_000_000).Draw(t, "amount"))},
			}
		}
		log = append(log, e)
	}
	return log
}

func drawSessionRules(t *rapid.T) rules.Rules {
	r := rules.Default()
	r.Session.Gap = time.Duration(rapid.IntRange(1, 20).Draw(t, "gap")) * time.Minute
	r.Session.Max = r.Session.Gap * time.Duration(rapid.IntRange(1, 3).Draw(t, "max"))
	r.Stream.Horizon = time.Duration(rapid.IntRange(1, 30).Draw(t, "horizon")) * time.Minute
	return r
}

// vector is how much of each topic was applied.
type vector [3]int

// life runs the processor over a log as the engine does: topics in any order
// between them, ticks of a clock, commits, snapshots, and restarts from the last
// snapshot, after which everything that was committed is applied again without
// ticks.
type life struct {
	t      *rapid.T
	rules  rules.Rules
	topics [3][]event.Event
	base   [3][]event.Time // when a record came to be there
	wall   event.Time

	s         *Sessions
	out       *store.Changes
	at        vector
	clock     event.Time
	reached   event.Time // highest clock of any life
	stored    map[store.SessionKey]store.Session
	committed vector
	snapshot  []byte // nil = none
	snapped   vector
}

// hasty returns a processor that forgets as soon as it may, records being out of
// order by half a minute.
func hasty(r rules.Rules) *Sessions {
	s := NewSessions(r)
	s.memory = s.horizon + disorder
	return s
}

// disorder is by how much records are out of order at most.
const disorder = event.Time(30_000)

func newLife(t *rapid.T, r rules.Rules, log []event.Event) *life {
	l := &life{t: t, rules: r, s: hasty(r), out: store.NewChanges(), stored: map[store.SessionKey]store.Session{}}
	base := sessionNoon
	for _, e := range log {
		base = max(base, e.ReceivedAt)
		topic := map[event.Type]int{event.TypeTransaction: 0, event.TypeProductView: 1, event.TypeCartEvent: 2}[e.Type]
		l.topics[topic] = append(l.topics[topic], e)
		l.base[topic] = append(l.base[topic], base)
	}
	return l
}

// behind returns the topics that have records which are not applied, of those
// that are there by now.
func (l *life) behind() (topics []int) {
	for i, n := range l.at {
		if n < len(l.topics[i]) && l.base[i][n] <= l.wall {
			topics = append(topics, i)
		}
	}
	return topics
}

func (l *life) apply(topic int) {
	e := l.topics[topic][l.at[topic]]
	l.s.Apply(&e, l.out)
	l.at[topic]++
}

func (l *life) tick() {
	clock := l.wall
	for _, topic := range l.behind() {
		newest := event.Time(0)
		for _, e := range l.topics[topic][:l.at[topic]] {
			newest = max(newest, e.ReceivedAt)
		}
		clock = min(clock, newest)
	}
	if l.clock = max(l.clock, clock); l.clock > 0 {
		l.s.Tick(l.clock, l.out)
	}
	l.reached = max(l.reached, l.clock)
}

// commit writes what is to be written as a store does.
func (l *life) commit() {
	for k, s := range l.out.Sessions {
		if s == nil {
			delete(l.stored, k)
		} else {
			l.stored[k] = *s
		}
	}
	l.out, l.committed = store.NewChanges(), l.at
	sessions := plainSessions(l.rules, l.applied())
	for k, s := range l.stored {
		if want, ok := sessions[k]; !ok || want != s {
			l.t.Fatalf("session %v is stored as %+v, want %+v (there is one: %t)", k, s, want, ok)
		}
	}
}

func (l *life) applied() (events []event.Event) {
	for i, n := range l.at {
		events = append(events, l.topics[i][:n]...)
	}
	return events
}

func (l *life) restart() {
	l.s, l.out, l.clock = hasty(l.rules), store.NewChanges(), 0
	l.at = vector{}
	if l.snapshot != nil {
		if err := l.s.Restore(l.snapshot); err != nil {
			l.t.Fatal(err)
		}
		l.at = l.snapped
	}
	for l.at != l.committed {
		topic := rapid.IntRange(0, 2).Draw(l.t, "replayed")
		for l.at[topic] == l.committed[topic] {
			topic = (topic + 1) % 3
		}
		l.apply(topic)
	}
}

func (l *life) step() {
	switch what := rapid.IntRange(0, 30).Draw(l.t, "step"); {
	case what < 4:
		l.tick()
		l.checkOpen()
	case what < 8:
		l.commit()
	case what == 8:
		l.commit()
		l.snapshot, l.snapped = l.s.Snapshot(nil), l.at
	case what == 9:
		l.restart()
	case what < 13:
		l.wall += event.Time(rapid.IntRange(0, 20*wheelMS).Draw(l.t, "passes"))
	default:
		topics := l.behind()
		if len(topics) == 0 {
			l.wall = l.nextBase()
			topics = l.behind()
		}
		if len(topics) > 0 {
			l.apply(rapid.SampledFrom(topics).Draw(l.t, "topic"))
		}
	}
}

// nextBase returns when the next record will be there.
func (l *life) nextBase() event.Time {
	next := event.Time(latest)
	for i, n := range l.at {
		if n < len(l.topics[i]) {
			next = min(next, l.base[i][n])
		}
	}
	if next == latest {
		return l.wall
	}
	return max(l.wall, next)
}

// checkOpen checks that every session is stored or counts as open, after a tick
// that is not before one of which nothing is known since a restart.
func (l *life) checkOpen() {
	if l.clock == 0 || l.clock < l.reached {
		return
	}
	stored := maps.Clone(l.stored)
	for k, s := range l.out.Sessions {
		delete(stored, k)
		if s != nil {
			stored[k] = *s
		}
	}
	var want store.Open
	for k, s := range plainSessions(l.rules, l.applied()) {
		if _, ok := stored[k]; !ok {
			want.Sessions++
			want.SessionEvents += s.Events
		}
	}
	var got store.Open
	if l.s.count(&got); got != want {
		l.t.Fatalf("open at %s: %+v, want %+v", l.clock, got, want)
	}
}

func (l *life) finished() bool {
	return l.at == vector{len(l.topics[0]), len(l.topics[1]), len(l.topics[2])}
}

// TestSessionsDependOnTheSetOfEventsAlone is the property that every processor
// has to have: whatever the order of topics, the ticks, the commits and the
// restarts, what is stored is right at any time, and in the end it is everything.
func TestSessionsDependOnTheSetOfEventsAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawSessionRules(t)
		log := drawLog(t, r)
		l := newLife(t, r, log)
		for !l.finished() {
			l.step()
		}
		end := log[len(log)-1].ReceivedAt.Add(time.Hour)
		l.s.Tick(end, l.out)
		l.commit()
		if diff := gocmp.Diff(plainSessions(r, log), l.stored); diff != "" {
			t.Fatalf("sessions at rest (-reference +stored):\n%s", diff)
		}
		l.s.Tick(end.Add(r.Session.Gap+r.Stream.Horizon+time.Hour), l.out)
		if n := len(l.out.Sessions); n != 0 || l.s.index.used != 0 || l.s.open != (store.Open{}) {
			t.Fatalf("%d rows, %d visitors and %+v long after that, want nothing", n, l.s.index.used, l.s.open)
		}
	})
}
