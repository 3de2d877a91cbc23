package store

import "globalmart/internal/event"

// SessionKey names a session: who, and the time of its first event.
type SessionKey struct {
	VisitorID string
	Start     event.Time
}

// Session is what one visitor did without a pause longer than the gap of the
// rules. It is a final: it replaces what was stored under its key. Where events
// disagree on who or where it was, the earliest that says something counts, and
// of two at one time the smaller text; of user_id the latest that says something.
type Session struct {
	End          event.Time // of the last event
	UserID       string     // "" = nobody known
	Country      string     // "" = unknown
	Device       string     // "" = unknown
	Events       int64      // of the three topics, every applied one that is not older than the horizon
	Views        int64      // product views
	Adds         int64      // cart events that put something in
	Checkouts    int64
	Orders       int64 // completed orders; the session converted if there is one
	Units        int64 // of completed orders
	RevenueMinor event.Minor
}

// Open are the sessions and carts of one task that nothing is stored of yet,
// for they are not at rest. It is a gauge for people: after a restart it is right
// from the first tick on.
type Open struct {
	Sessions       int64
	SessionEvents  int64
	Carts          int64
	CartValueMinor event.Minor
	Clock          event.Time // task clock when it was counted
}
