package engine

import (
	"bytes"
	"errors"
	"testing"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

func TestAMendedLetterIsARecordAgain(t *testing.T) {
	const now event.Time = 1_772_446_830_000
	view := event.Event{
		ID: "e1", Type: event.TypeProductView, Timestamp: now - 3_600_000, VisitorID: "v1", ProductID: "P1", Category: "Books", Country: "DE",
	}
	good := view.AppendJSON(nil)
	for name, tc := range map[string]struct {
		letter store.DeadLetter
		value  []byte
		reason event.Reason // "" = it is taken
	}{
		"mended":                {store.DeadLetter{Topic: event.TopicProductViews, Value: []byte("{")}, good, ""},
		"as it was":             {store.DeadLetter{Topic: event.TopicProductViews, Value: good}, nil, ""},
		"still not JSON":        {store.DeadLetter{Topic: event.TopicProductViews, Value: []byte("{")}, nil, event.BadJSON},
		"mended to another one": {store.DeadLetter{Topic: event.TopicCartEvents, Value: []byte("{")}, good, event.BadSchema},
	} {
		t.Run(name, func(t *testing.T) {
			tc.letter.Partition, tc.letter.Offset = 3, 17
			r, err := Redriven(&tc.letter, tc.value, now)
			if tc.reason != "" {
				invalid, ok := errors.AsType[*event.Invalid](err)
				if !ok || invalid.Reason != tc.reason {
					t.Errorf("error %v, want %s", err, tc.reason)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if r.Topic != tc.letter.Topic || string(r.Key) != "v1" || !bytes.Equal(r.Value, good) || r.Timestamp.UnixMilli() != int64(now) {
				t.Errorf("record %s key %s at %s: %s", r.Topic, r.Key, r.Timestamp, r.Value)
			}
			if len(r.Headers) != 1 || r.Headers[0].Key != HeaderRedriven || string(r.Headers[0].Value) != tc.letter.Topic+"-3-17" {
				t.Errorf("headers %v", r.Headers)
			}
		})
	}
}
