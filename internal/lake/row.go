package lake

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/lake/flat"
	"globalmart/internal/rules"
)

// rower makes rows of records. It is for one goroutine.
type rower struct {
	calendar rules.Calendar
	decoder  event.Decoder
	event    event.Event
	days     days
	seen     map[string]bool // products of a long order
}

// days tells the day of an instant; it remembers the last one.
type days struct {
	from, to event.Time
	day      int32
}

// of returns t's day in the calendar's zone, counted from 1970-01-01.
func (d *days) of(c rules.Calendar, t event.Time) int32 {
	if t < d.from || t >= d.to {
		date, err := dayOf(c.Date(t))
		if err != nil {
			return 0 // a valid event has a year of four digits
		}
		d.from, d.to, d.day = c.DayStart(t), c.NextDay(t), date
	}
	return d.day
}

// record is what a row is made of besides the event.
type record struct {
	partition  int32
	offset     int64
	time       event.Time
	key, value []byte
	headers    []kgo.RecordHeader
}

// add adds the rows of r, which is of topic, to w, and counts it in f. Memory
// of r is not kept.
func (m *rower) add(w *flat.Writer, f *Footer, topic string, r *record) {
	m.put(w, f, topic, r, &m.event, m.decode(topic, r))
}

// addEvent is add for a record that is known to hold e, which must be valid.
func (m *rower) addEvent(w *flat.Writer, f *Footer, topic string, r *record, e *event.Event) {
	m.put(w, f, topic, r, e, nil)
}

func (m *rower) put(w *flat.Writer, f *Footer, topic string, r *record, e *event.Event, invalid *event.Invalid) {
	c := w.Columns()
	if invalid != nil {
		f.countInvalid(r, invalid.Reason)
		head(c, topic, r, nil)
		c[colReason].Word(string(invalid.Reason))
		blank(c, schemas[topic])
		w.EndRow()
		return
	}
	f.count(r, e)
	head(c, topic, r, e)
	c[colReason].Null()
	m.identity(c, e)
	switch topic {
	case event.TopicTransactions:
		m.transaction(w, r, e)
		return
	case event.TopicProductViews:
		view(c, e)
	case event.TopicCartEvents:
		cart(c, e)
	case event.TopicInventoryUpdates:
		stock(c, e)
	case event.TopicProducts:
		product(c, e)
	case event.TopicCustomers:
		customer(c, e)
	}
	w.EndRow()
}

// decode reads r into m.event and says what keeps it from being one of topic.
func (m *rower) decode(topic string, r *record) *event.Invalid {
	if topic == event.TopicOtherEvents {
		return m.decodeOther(r)
	}
	if err := m.decoder.Decode(r.value, r.time, &m.event); err != nil {
		if invalid, ok := errors.AsType[*event.Invalid](err); ok {
			return invalid
		}
		return &event.Invalid{Reason: event.BadSchema, Detail: err.Error()}
	}
	if t := m.event.Type; t.Topic() != topic {
		return &event.Invalid{Reason: event.BadSchema, Field: "event_type", Detail: fmt.Sprintf("%q does not belong on topic %s", t, topic)}
	}
	return nil
}

// other is what the lake takes from an event of a type that is not ours.
type other struct {
	ID          string `json:"event_id"`
	Type        string `json:"event_type"`
	Version     string `json:"schema_version"`
	Timestamp   string `json:"timestamp"`
	ClockSkewMS int64  `json:"clock_skew_ms"`
	Source      string `json:"source"`
	VisitorID   string `json:"visitor_id"`
	UserID      string `json:"user_id"`
	SessionID   string `json:"session_id"`
	Country     string `json:"country"`
	Device      string `json:"device"`
}

// decodeOther reads a record of other_events, which nobody validates: what it has
// of the common fields, its arrival standing in for a timestamp that cannot be
// read. Only what is not a JSON object in UTF-8 is invalid.
func (m *rower) decodeOther(r *record) *event.Invalid {
	if len(r.value) > event.MaxRecordBytes {
		return &event.Invalid{Reason: event.Oversized}
	}
	if !utf8.Valid(r.value) || !writable(r.time) {
		return &event.Invalid{Reason: event.BadJSON, Detail: "not UTF-8"}
	}
	var o other
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(r.value, &fields); err != nil || fields == nil {
		return &event.Invalid{Reason: event.BadJSON, Detail: "not a JSON object"}
	}
	if err := json.Unmarshal(r.value, &o); err != nil {
		return &event.Invalid{Reason: event.BadSchema, Detail: err.Error()}
	}
	m.event = event.Event{
		ID: o.ID, Type: event.Type(o.Type), SchemaVersion: o.Version, Timestamp: r.time, ReceivedAt: r.time, Source: o.Source,
		VisitorID: o.VisitorID, UserID: o.UserID, SessionID: o.SessionID, Country: o.Country, Device: o.Device,
	}
	if at, ok := timestamp(o.Timestamp); ok {
		m.event.Timestamp = at + event.Time(min(max(o.ClockSkewMS, -event.MaxClockSkewMS), event.MaxClockSkewMS))
	}
	return nil
}

// head sets the columns that every row has, up to validity. e is nil if the record
// is not valid.
func head(c []flat.Column, topic string, r *record, e *event.Event) {
	c[colPartition].Int32(r.partition)
	c[colOffset].Int64(r.offset)
	if writable(r.time) {
		c[colReceived].Int64(int64(r.time))
		c[colRawTime].Null()
	} else {
		c[colReceived].Null()
		c[colRawTime].Int64(int64(r.time))
	}
	setKey(c, topic, r, e)
	setHeaders(&c[colHeaders], r.headers)
	bytesOrRaw(&c[colJSON], &c[colRaw], r.value, e != nil || utf8.Valid(r.value))
	c[colValid].Bool(e != nil)
}

// setKey sets the record's key, unless it is the event's own, as it nearly always is:
// then both columns are null. For a valid event without any key the raw one is
// empty, not null.
func setKey(c []flat.Column, topic string, r *record, e *event.Event) {
	switch {
	case e == nil:
		bytesOrRaw(&c[colKey], &c[colRawKey], r.key, utf8.Valid(r.key))
	case r.key == nil:
		c[colKey].Null()
		c[colRawKey].Bytes(nil)
	case string(r.key) == ownKey(topic, e):
		c[colKey].Null()
		c[colRawKey].Null()
	default:
		bytesOrRaw(&c[colKey], &c[colRawKey], r.key, utf8.Valid(r.key))
	}
}

// ownKey returns the key that an event of topic has.
func ownKey(topic string, e *event.Event) string {
	switch topic {
	case event.TopicInventoryUpdates, event.TopicProducts:
		return e.ProductID
	case event.TopicCustomers:
		return e.UserID
	default:
		return e.VisitorID
	}
}

// bytesOrRaw sets text if b is one, else raw; neither if there is none.
func bytesOrRaw(text, raw *flat.Column, b []byte, isText bool) {
	switch {
	case b == nil:
		text.Null()
		raw.Null()
	case isText:
		text.Bytes(b)
		raw.Null()
	default:
		text.Null()
		raw.Bytes(b)
	}
}

// header is a header of a record in JSON; the value is in base64.
type header struct {
	Key   string `json:"key"`
	Value []byte `json:"value"`
}

func setHeaders(c *flat.Column, hs []kgo.RecordHeader) {
	if len(hs) == 0 {
		c.Null()
		return
	}
	list := make([]header, len(hs))
	for i, h := range hs {
		list[i] = header(h)
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic(fmt.Sprintf("lake: headers: %v", err)) // strings and bytes always have a form
	}
	c.Bytes(text)
}

// identity sets who and when.
func (m *rower) identity(c []flat.Column, e *event.Event) {
	at := e.Time()
	c[colEventID].Text(e.ID)
	c[colEventType].Word(string(e.Type))
	c[colVersion].Word(e.SchemaVersion)
	c[colEventTime].Int64(int64(at))
	c[colEventDate].Int32(m.days.of(m.calendar, at))
	c[colSource].Word(e.Source)
	c[colVisitor].Text(e.VisitorID)
	c[colUser].Text(e.UserID)
	c[colSession].Text(e.SessionID)
	c[colCountry].Word(e.Country)
	c[colDevice].Word(e.Device)
}

// blank leaves what a record without event does not have.
func blank(c []flat.Column, s flat.Schema) {
	for i := colEventID; i < len(c); i++ {
		if s[i].Required {
			c[i].Int32(0)
		} else {
			c[i].Null()
		}
	}
}

func view(c []flat.Column, e *event.Event) {
	c[viewProduct].Text(e.ProductID)
	c[viewCategory].Word(e.Category)
	c[viewUnitPrice].Int64(int64(e.UnitPriceMinor))
	c[viewReferrer].Word(e.Referrer)
}

func cart(c []flat.Column, e *event.Event) {
	c[cartID].Text(e.CartID)
	c[cartAction].Word(string(e.Action))
	c[cartProduct].Text(e.ProductID)
	c[cartCategory].Word(e.Category)
	c[cartQuantity].Int64(e.Quantity)
	c[cartUnitPrice].Int64(int64(e.UnitPriceMinor))
}

func stock(c []flat.Column, e *event.Event) {
	c[stockProduct].Text(e.ProductID)
	c[stockDelta].Int64(e.Delta)
	c[stockReason].Word(string(e.StockReason))
}

func product(c []flat.Column, e *event.Event) {
	c[productID].Text(e.ProductID)
	c[productName].Text(e.Name)
	c[productBrand].Word(e.Brand)
	c[productCategory].Word(e.Category)
	c[productPrice].Int64(int64(e.PriceMinor))
	c[productCost].Int64(int64(e.CostMinor))
	c[productActive].Bool(e.Active)
}

func customer(c []flat.Column, e *event.Event) {
	c[customerRegistered].Int64(int64(e.RegisteredAt))
	if len(e.Preferences) == 0 {
		c[customerPreferences].Null()
		return
	}
	text, err := json.Marshal(e.Preferences)
	if err != nil {
		panic(fmt.Sprintf("lake: preferences: %v", err)) // strings always have a form
	}
	c[customerPreferences].Bytes(text)
}
