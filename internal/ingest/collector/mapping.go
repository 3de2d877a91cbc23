package collector

import (
	"encoding/json"
	"errors"
	"maps"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
)

// fill makes the event of a message: it completes e, which has what all events share.
// It leaves the type of e empty if the message is none of ours after all.
type fill func(t *intake, m *message, e *event.Event)

// tracks are the names of tracked events that become ours.
var tracks = func() map[string]fill {
	all := map[string]fill{}
	for _, group := range []map[string]fill{productEvents, cartEvents, orderEvents} {
		maps.Copy(all, group)
	}
	return all
}()

// maxName bounds the name of an event that is none of ours, in bytes.
const maxName = event.MaxTextLength

// intake makes records of the messages of one request.
type intake struct {
	base     string // currency of the shop
	convert  func(event.Minor, string) (event.Minor, bool)
	source   string
	received event.Time
	skew     int64
	records  []kgo.Record
	rejected []rejected
	refused  map[event.Reason]int // how many were, by reason
	other    int                  // how many are none of ours
	buffer   []byte               // of the records, which share it
	lookUp   bool                 // orders can be looked up
	waiting  []waiting            // what needs that
}

// rejected is an event that the stream will make a dead letter of.
type rejected struct {
	Index     int          `json:"index"` // in the batch
	MessageID string       `json:"messageId,omitempty"`
	Code      event.Reason `json:"code"`
	Message   string       `json:"message"`
}

func (t *intake) refusedCount() (n int) {
	for _, m := range t.refused {
		n += m
	}
	return n
}

// maxRejected bounds how many are told of in one answer.
const maxRejected = 20

// take makes the record of the event at index of the batch.
func (t *intake) take(index int, m *message) {
	e := event.Event{
		ID: m.eventID(), SchemaVersion: event.SchemaVersion,
		Timestamp: t.received, ReceivedAt: t.received, Source: t.source,
	}
	if m.timestamp.given() {
		e.Timestamp, _ = timeOf(m.timestamp) // 0 is refused
		e.ClockSkewMS = t.skew
	}
	m.identify(&e)
	m.place(&e)
	switch complete := fillOf(m); {
	case complete != nil:
		complete(t, m, &e)
	case m.kind == typeTrack && m.name == "", !isKind(m.kind):
		t.refuse(index, m, &e)
		return
	}
	if e.Type == "" {
		t.keep(m, &e)
		return
	}
	if t.lookUp && e.NamesNoLines() && e.TransactionID != "" {
		t.waiting = append(t.waiting, waiting{index, *m, e})
		return
	}
	t.put(index, m, &e)
}

// put makes the record of an event of ours.
func (t *intake) put(index int, m *message, e *event.Event) {
	record := e.AppendJSON(t.buffer)
	if e.Validate() != nil || len(record)-len(t.buffer) > event.MaxRecordBytes {
		t.refuse(index, m, e)
		return
	}
	t.add(e.Type.Topic(), e.Key(), record)
}

// fillOf returns what makes an event of ours of m, or nil.
func fillOf(m *message) fill {
	switch m.kind {
	case typeTrack:
		return tracks[m.name]
	case typeIdentify:
		return customer
	}
	return nil
}

func isKind(kind string) bool {
	switch kind {
	case typeTrack, typeIdentify, typePage, typeScreen, typeGroup, typeAlias:
		return true
	}
	return false
}

// refuse makes the record of an event that cannot be taken.
func (t *intake) refuse(index int, m *message, e *event.Event) {
	topic := e.Type.Topic()
	if topic == "" {
		topic = event.TopicTransactions
		e.Type = event.Type(clip(m.kind, maxName))
		if isKind(m.kind) {
			e.Type = "" // a track without a name
		}
	}
	shorten(e)
	before := len(t.buffer)
	value := e.AppendJSON(t.buffer)
	if len(value)-before > event.MaxRecordBytes {
		// A record that is itself too large could not be sent. This one is refused for the
		// same reason.
		e.Items = make([]event.Item, event.MaxItems+1)
		value = e.AppendJSON(t.buffer)
	}
	invalid, ok := errors.AsType[*event.Invalid](e.Validate())
	if !ok {
		panic("collector: BUG: an event is refused that is valid: " + string(value[before:]))
	}
	t.add(topic, e.Key(), value)
	t.refused[invalid.Reason]++
	if len(t.rejected) < maxRejected {
		t.rejected = append(t.rejected, rejected{index, clip(m.id, event.MaxIDLength), invalid.Reason, invalid.Error()})
	}
}

// shorten cuts what is too long to be sent, so that it is still too long to be taken.
func shorten(e *event.Event) {
	const most = event.MaxTextLength + 1
	for _, s := range []*string{
		&e.VisitorID, &e.UserID, &e.SessionID, &e.TransactionID, &e.RefundID, &e.Currency, &e.PaymentMethod, &e.CartID, &e.ProductID, &e.Category,
	} {
		*s = clip(*s, most)
	}
	e.Items = e.Items[:min(len(e.Items), event.MaxItems+1)]
	for i := range e.Items {
		e.Items[i].ProductID, e.Items[i].Category = clip(e.Items[i].ProductID, most), clip(e.Items[i].Category, most)
	}
}

// other is an event that is none of ours, as the lake keeps it.
type other struct {
	ID            string `json:"event_id"`
	Type          string `json:"event_type"`
	SchemaVersion string `json:"schema_version"`
	Timestamp     string `json:"timestamp"`
	ClockSkewMS   int64  `json:"clock_skew_ms,omitempty"`
	ReceivedAt    string `json:"received_at"`
	Source        string `json:"source"`
	VisitorID     string `json:"visitor_id,omitempty"`
	UserID        string `json:"user_id,omitempty"`
	SessionID     string `json:"session_id,omitempty"`
	Country       string `json:"country,omitempty"`
	Device        string `json:"device,omitempty"`
}

// keep makes the record of an event that is none of ours: what all events share, under
// the name that it was tracked by, or its type.
func (t *intake) keep(m *message, e *event.Event) {
	name := m.kind
	if m.kind == typeTrack {
		name = clip(m.name, maxName)
	}
	text, err := json.Marshal(other{
		ID: e.ID, Type: name, SchemaVersion: e.SchemaVersion, Timestamp: e.Timestamp.String(), ClockSkewMS: e.ClockSkewMS,
		ReceivedAt: e.ReceivedAt.String(), Source: e.Source, VisitorID: e.VisitorID, UserID: clip(e.UserID, event.MaxIDLength),
		SessionID: e.SessionID, Country: e.Country, Device: e.Device,
	})
	if err != nil {
		panic("collector: BUG: texts and numbers cannot be written: " + err.Error())
	}
	t.add(event.TopicOtherEvents, e.VisitorID, append(t.buffer, text...))
	t.other++
}

// add adds a record whose value was appended to the buffer.
func (t *intake) add(topic, key string, appended []byte) {
	end := len(appended)
	r := kgo.Record{Topic: topic, Value: appended[len(t.buffer):end:end], Timestamp: t.received.Std()}
	t.buffer = append(appended, key...)
	if key != "" {
		r.Key = t.buffer[end:len(t.buffer):len(t.buffer)]
	}
	t.records = append(t.records, r)
}
