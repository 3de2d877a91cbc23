package importer

import (
	"context"
	"fmt"
	"io"
	"iter"
	"math"

	"globalmart/internal/event"
)

// jsonl reads events as they are.
type jsonl struct {
	intake
	packed  packed
	decoder event.Decoder
	event   event.Event
	record  []byte
}

// JSONL reads JSON Lines, plain or compressed by xz or gzip: an event of
// GlobalMart's own contract on each line, of any type. See the package comment
// for what becomes of them.
//
// It fails if r fails, if not one line can be taken, if there are over 4 GiB of
// events, or when ctx ends. Lines that are no valid event are rejected with
// their [event.Reason]. It needs as much memory as the events have text, and 24
// to 60 bytes for each.
func JSONL(ctx context.Context, r io.Reader, o Options) (*Import, error) {
	j := jsonl{intake: newIntake(o, nil)}
	return j.load(r, func(f *file) (iter.Seq[*event.Event], error) {
		lines := newLineReader(f, event.MaxRecordBytes)
		if err := j.eachLine(ctx, lines, math.MaxInt, j.take); err != nil {
			return nil, err
		}
		if len(j.packed.places) == 0 {
			return nil, j.errNothing("an event")
		}
		j.packed.sort()
		return j.packed.events(), nil
	})
}

// take keeps the event of a line, or rejects it.
func (j *jsonl) take(l line) error {
	if bad := j.decode(l); bad != nil {
		j.rejectLine(l, bad)
		return nil
	}
	j.tally(&j.event)
	return j.packed.add(j.record, j.event.ReceivedAt)
}

// lastTime is the latest time that can be written: an event is never ahead of it.
const lastTime event.Time = 253_402_300_799_999 // 9999-12-31T23:59:59.999Z

// decode reads a line into j.event and j.record, its canonical form.
func (j *jsonl) decode(l line) *refusal {
	e := &j.event
	if !l.whole() {
		return refuseLength(l.length)
	}
	received, state := ownReceived(l.text)
	if state != given {
		received = lastTime
	}
	err := j.decoder.Decode(l.text, received, e)
	if bad := refusalOf(err); bad != nil {
		return bad
	}
	if state == unreadable {
		return refuse(Reason(event.BadSchema), "received_at: want an RFC 3339 timestamp such as 2026-01-02T15:04:05.000Z")
	}
	if state == absent {
		e.ReceivedAt = e.Timestamp + event.Time(e.ClockSkewMS)
	}
	if err != nil { // it lacks a base amount
		e.SetBase(j.options.Convert)
	}
	if state == absent || err != nil {
		if bad := check(e); bad != nil {
			return bad
		}
	}
	if j.record = e.AppendJSON(j.record[:0]); len(j.record) > event.MaxRecordBytes {
		return refuseLength(len(j.record))
	}
	return nil
}

func refuseLength(found int) *refusal {
	return &refusal{Reason(event.Oversized), fmt.Sprintf("%d bytes, at most %d are allowed", found, event.MaxRecordBytes)}
}
