package shop

import "globalmart/internal/event"

// corrupt replaces r.e by the beginning of its record, torn off on the way.
func (r *run) corrupt(emission *Emission) {
	r.raw = append(r.raw[:0], `{"event_id":"`...)
	r.raw = append(r.raw, r.e.ID...)
	emission.Event, emission.Raw = nil, r.raw
	r.truth = Truth{Kind: Corrupt, Reason: event.BadJSON}
	r.label = &r.truth
}
