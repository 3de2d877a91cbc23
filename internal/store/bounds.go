package store

import (
	"math"

	"globalmart/internal/event"
)

// Until returns to, the end of a range, or for 0 a time after all.
func Until(to event.Time) event.Time {
	if to == 0 {
		return math.MaxInt64
	}
	return to
}

// Place returns the place before which the sessions of q are.
func (q *SessionQuery) Place() SessionKey {
	place := SessionKey{Start: Until(q.To)}
	if q.Before != (SessionKey{}) && q.Before.Start < place.Start {
		return q.Before
	}
	return place
}

// Place returns the place before which the findings of q are.
func (q *FindingQuery) Place() FindingPlace {
	place := FindingPlace{At: Until(q.To)}
	if q.Before != (FindingPlace{}) && q.Before.At < place.At {
		return q.Before
	}
	return place
}

// Place returns the place before which the carts of q are, and the earliest last
// action that they can have. With a status the range may be much shorter than what
// is asked for.
func (q *CartQuery) Place() (from event.Time, before CartPlace) {
	from, to := q.From, Until(q.To)
	idle := q.AsOf.Add(-q.Idle) + 1 // not idle as of then
	switch q.Status {
	case CartActive:
		from = max(from, idle)
	case CartAbandoned:
		from, to = max(from, q.AsOf.Add(-q.Recovery)), min(to, idle)
	case CartRecovered, CartLost:
		to = min(to, idle)
	case CartOrdered, CartCleared:
	}
	if q.Before != (CartPlace{}) && q.Before.LastAt < to {
		return from, q.Before
	}
	return from, CartPlace{LastAt: to}
}
