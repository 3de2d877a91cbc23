package collector

import (
	"strings"

	"globalmart/internal/event"
)

// nobody are ids that programs send where they know none, in small letters: many share
// them, so they name nobody.
var nobody = map[string]bool{
	"0": true, "-1": true, "00000000-0000-0000-0000-000000000000": true, "[object object]": true, "anonymous": true,
	"anonymous_id": true, "anonymousid": true, "false": true, "guest": true, "id": true, "n/a": true, "nan": true,
	"nil": true, "none": true, "not_authenticated": true, "null": true, "true": true, "undefined": true,
	"unknown": true, "user_id": true, "userid": true, "(null)": true, "-": true,
}

// isSomebody reports whether an id that was given names one person or device.
func isSomebody(id string) bool {
	id = strings.TrimSpace(id)
	return id != "" && !nobody[strings.ToLower(id)]
}

// identify says whose e is. An event without any id keeps none, and is refused for it.
func (m *message) identify(e *event.Event) {
	if isSomebody(m.userID) {
		e.UserID = m.userID
	}
	switch {
	case isSomebody(m.anonymousID):
		e.VisitorID = visitor("", m.anonymousID)
	case e.UserID != "":
		e.VisitorID = visitor("user:", m.userID)
	case m.userID != "" || m.anonymousID != "":
		e.VisitorID = visitor("once:", e.ID)
	}
}

// visitor is the visitor_id of an id, or of its digest where that is too long.
func visitor(prefix, id string) string {
	if len(prefix)+len(id) <= event.MaxVisitorID && !strings.ContainsFunc(id, isControl) {
		return prefix + id
	}
	return prefix + "digest:" + digest([]byte(id))
}
