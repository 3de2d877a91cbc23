package engine

import (
	"errors"
	"testing"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

func TestTheOutcomeOfACommitIsReadFromThePositions(t *testing.T) {
	views, carts := event.TopicProductViews, event.TopicCartEvents
	span := func(topic string, from, to int64) store.Span {
		return store.Span{Topic: topic, From: from, To: store.Position{Next: to}}
	}
	at := func(views64, carts64 int64) map[string]store.Position {
		return map[string]store.Position{views: {Next: views64}, carts: {Next: carts64}}
	}
	both := []store.Span{span(views, 10, 20), span(carts, 5, 6)}
	for name, tt := range map[string]struct {
		spans     []store.Span
		epoch     int64
		positions map[string]store.Position
		want      commitState
		conflict  bool
	}{
		"all at their ends":                              {both, 3, at(20, 6), isCommitted, false},
		"all at their beginnings":                        {both, 3, at(10, 5), isOpen, false},
		"another epoch":                                  {both, 4, at(20, 6), isFenced, false},
		"one at its end, one is not":                     {both, 3, at(20, 5), 0, true},
		"one is somewhere else":                          {both, 3, at(15, 5), 0, true},
		"the first commit did not happen":                {[]store.Span{span(views, 0, 20)}, 3, nil, isOpen, false},
		"the first, of a log that begins later, neither": {[]store.Span{span(views, 7, 20)}, 3, nil, isOpen, false},
		"only finals: they may be written again":         {nil, 3, at(20, 6), isOpen, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := store.Commit[*probeRows]{Task: taskID(0), Epoch: 3, Spans: tt.spans}
			got, err := outcome(&c, tt.epoch, tt.positions)
			if got != tt.want || errors.Is(err, store.ErrConflict) != tt.conflict {
				t.Errorf("got %v, %v; want %v, conflict %t", got, err, tt.want, tt.conflict)
			}
		})
	}
}
