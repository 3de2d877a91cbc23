package model

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// touch is one applied event of a visitor.
type touch struct {
	at, received          event.Time
	kind                  touchKind
	units                 int64
	revenue               event.Minor
	country, device, user string
}

type touchKind uint8

const (
	touched touchKind = iota // any other event
	viewed
	added
	checkedOut
	ordered
)

// Visitor is what one visitor did, in any order.
type Visitor struct{ touches []touch }

// Visitors are those by visitor_id.
type Visitors map[string]*Visitor

func (v Visitors) add(id string, touches ...touch) {
	have := v[id]
	if have == nil {
		have = &Visitor{}
		v[strings.Clone(id)] = have
	}
	have.touches = append(have.touches, touches...)
}

// touchOf returns what a session needs of e.
func touchOf(e *event.Event, names map[string]string) touch {
	name := func(text string) string { // one copy of each: events are many, countries few
		kept, ok := names[text]
		if !ok {
			kept = strings.Clone(text)
			names[kept] = kept
		}
		return kept
	}
	t := touch{at: e.Time(), received: e.ReceivedAt, country: name(e.Country), device: name(e.Device), user: strings.Clone(e.UserID)}
	switch {
	case e.Type == event.TypeProductView:
		t.kind = viewed
	case e.Type == event.TypeCartEvent && e.Action == event.ActionAdd:
		t.kind = added
	case e.Type == event.TypeCartEvent && e.Action == event.ActionCheckout:
		t.kind = checkedOut
	case e.Type == event.TypeTransaction && e.Status == event.StatusCompleted:
		t.kind = ordered
		for _, item := range e.Items {
			t.units += item.Quantity
			t.revenue += item.BaseAmountMinor
		}
	}
	return t
}

// Session is one of a visitor.
type Session struct {
	store.Session
	Received event.Time // newest arrival of its events
}

// Sessions returns the sessions of every visitor: runs of events without a pause of
// the gap or longer, cut at multiples of the longest from their start.
func (v Visitors) Sessions(r rules.Session) map[store.SessionKey]Session {
	sessions := map[store.SessionKey]Session{}
	gap, longest := milliseconds(r.Gap), milliseconds(r.Max)
	for id, visitor := range v {
		touches := visitor.touches
		slices.SortFunc(touches, func(a, b touch) int { return cmp.Compare(a.at, b.at) })
		run := 0 // where it begins
		for i := range touches {
			if i+1 < len(touches) && touches[i+1].at-touches[i].at < gap {
				continue
			}
			cut(touches[run:i+1], longest, func(piece []touch) {
				sessions[store.SessionKey{VisitorID: id, Start: piece[0].at}] = sessionOf(piece)
			})
			run = i + 1
		}
	}
	return sessions
}

// cut calls fn with the pieces of a run that are not empty.
func cut(run []touch, longest event.Time, fn func([]touch)) {
	start, from := run[0].at, 0
	for i := range run {
		if i+1 == len(run) || (run[i+1].at-start)/longest != (run[from].at-start)/longest {
			fn(run[from : i+1])
			from = i + 1
		}
	}
}

func sessionOf(piece []touch) Session {
	s := Session{Session: store.Session{End: piece[len(piece)-1].at, Events: int64(len(piece))}}
	for i := range piece {
		t := &piece[i]
		s.Received = max(s.Received, t.received)
		switch t.kind {
		case viewed:
			s.Views++
		case added:
			s.Adds++
		case checkedOut:
			s.Checkouts++
		case ordered:
			s.Orders++
			s.Units += t.units
			s.RevenueMinor += t.revenue
		case touched:
		}
	}
	s.Country = said(slices.All(piece), func(t *touch) string { return t.country })
	s.Device = said(slices.All(piece), func(t *touch) string { return t.device })
	s.UserID = said(slices.Backward(piece), func(t *touch) string { return t.user })
	return s
}

// said returns the first text of touches that says something; of those of one
// time the smallest.
func said(touches iter.Seq2[int, touch], text func(*touch) string) string {
	found, at := "", event.Time(0)
	for _, t := range touches {
		if found != "" && t.at != at {
			break
		}
		if s := text(&t); s != "" && (found == "" || s < found) {
			found, at = s, t.at
		}
	}
	return found
}

func milliseconds(d time.Duration) event.Time { return event.Time(d.Milliseconds()) }
