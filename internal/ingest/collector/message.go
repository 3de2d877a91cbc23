package collector

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"globalmart/internal/event"
)

// The types of messages.
const (
	typeTrack    = "track"
	typeIdentify = "identify"
	typePage     = "page"
	typeScreen   = "screen"
	typeGroup    = "group"
	typeAlias    = "alias"
)

// message is one event as a client sends it. The names are Segment's.
type message struct {
	raw         value
	kind        string // type
	id          string // messageId
	name        string // event of a track
	anonymousID string
	userID      string
	timestamp   value
	context     [2]value // its own, then the batch's
	properties  value    // of an identify, its traits
}

// envelope is what a request says of all its events.
type envelope struct {
	writeKey string
	sentAt   value
	context  value
	batch    value
}

// readEnvelope reads the members of a body.
func readEnvelope(body value) (e envelope) {
	for name, v := range body.members() {
		switch name {
		case "writeKey":
			e.writeKey = v.text()
		case "sentAt":
			e.sentAt = v
		case "context":
			e.context = v
		case "batch":
			e.batch = v
		}
	}
	return e
}

// readMessage reads an event. kind is what it is by the path of the request; "" = as it
// says itself. shared is the context of its batch.
func readMessage(raw value, kind string, shared value) message {
	m := message{raw: raw, kind: kind, context: [2]value{{}, shared}}
	var traits, originalTimestamp value
	for name, v := range raw.members() {
		switch name {
		case "type":
			if kind == "" {
				m.kind = v.text()
			}
		case "messageId":
			m.id = v.text()
		case "event":
			m.name = strings.TrimSpace(v.text())
		case "anonymousId":
			m.anonymousID = v.text()
		case "userId":
			m.userID = v.text()
		case "timestamp":
			m.timestamp = v
		case "originalTimestamp":
			originalTimestamp = v
		case "context":
			m.context[0] = v
		case "properties":
			m.properties = v
		case "traits":
			traits = v
		}
	}
	if originalTimestamp.given() {
		m.timestamp = originalTimestamp
	}
	if m.kind == typeIdentify {
		m.properties = traits
	}
	return m
}

// about returns what the message's context says under a path, else what the batch's does.
func (m *message) about(path ...string) value {
	if v := m.context[0].path(path...); v.given() {
		return v
	}
	return m.context[1].path(path...)
}

// first returns the first of the text members of an object that is given and not empty.
func first(object value, names ...string) string {
	for _, name := range names {
		if s := object.member(name).text(); s != "" {
			return s
		}
	}
	return ""
}

// eventID is the id by which a retry of m is recognised.
func (m *message) eventID() string {
	if m.id != "" && len(m.id) <= event.MaxIDLength && !strings.ContainsFunc(m.id, isControl) {
		return m.id
	}
	return "content:" + digest(m.content())
}

// content is what m says, in one form whatever the order of its members; without what
// differs from one attempt to send it to the next.
func (m *message) content() []byte {
	said := maps.Collect(m.raw.members())
	for _, name := range []string{"type", "sentAt", "writeKey", "integrations", "_metadata"} {
		delete(said, name)
	}
	all := append([]byte(m.kind), 0)
	for _, name := range slices.Sorted(maps.Keys(said)) {
		all = append(append(append(append(all, name...), 0), said[name].raw()...), 0)
	}
	return all
}

// digest is short and the same for the same bytes.
func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }

// timeOf reads a timestamp of RFC 3339: absent is not readable.
func timeOf(v value) (event.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, v.text())
	if err != nil {
		return 0, false
	}
	return event.TimeOf(t), true
}

// skew is how far the client's clock is behind ours, as far as that is corrected: 0 if
// it does not say.
func skew(sentAt value, received event.Time) int64 {
	sent, ok := timeOf(sentAt)
	if !ok {
		return 0
	}
	return min(max(int64(received-sent), -event.MaxClockSkewMS), event.MaxClockSkewMS)
}

// clip cuts a text that is too long for its field, or for a record.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}
