package collector

import "globalmart/internal/event"

// customer is the profile of a known customer. It says since when they are one: without
// that it is none of ours, for the time of the call would be another one each time.
func customer(_ *intake, m *message, e *event.Event) {
	for _, name := range []string{"createdAt", "created_at"} {
		if at, ok := timeOf(m.properties.member(name)); ok && e.UserID != "" {
			e.Type, e.RegisteredAt = event.TypeCustomer, at
			return
		}
	}
}
