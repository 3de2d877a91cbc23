package collector

import (
	"net/url"
	"strings"

	"globalmart/internal/event"
)

// place says where e came from, as far as the message tells.
func (m *message) place(e *event.Event) {
	e.Country = m.country()
	e.Device = m.device()
	e.SessionID = clip(m.about("sessionId").text(), event.MaxIDLength)
}

// country is the two letters of ISO 3166-1 of the country that the message names, or "".
func (m *message) country() string {
	for _, path := range [...][]string{{"country"}, {"shipping_address", "country"}, {"address", "country"}} {
		if code := countryCode(m.properties.path(path...)); code != "" {
			return code
		}
	}
	for _, path := range [...][]string{{"location", "country"}, {"traits", "address", "country"}, {"traits", "country"}} {
		if code := countryCode(m.about(path...)); code != "" {
			return code
		}
	}
	return ""
}

// countryCode returns a code of two letters, and "" for anything else.
func countryCode(v value) string {
	code := strings.ToUpper(strings.TrimSpace(v.text()))
	if len(code) != 2 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return ""
	}
	return code
}

// device is the kind of device, by its name or by the browser's, or "".
func (m *message) device() string {
	agent := m.about("userAgent").text()
	kind := strings.ToLower(m.about("device", "type").text())
	switch {
	case strings.Contains(kind, "tablet"), strings.Contains(agent, "iPad"), strings.Contains(agent, "Tablet"):
		return "tablet"
	case kind == "ios", kind == "android", strings.Contains(kind, "mobile"), strings.Contains(kind, "phone"), strings.Contains(agent, "Mobi"):
		return "mobile"
	case strings.Contains(kind, "desktop"), strings.HasPrefix(agent, "Mozilla/"):
		return "desktop"
	}
	return ""
}

// referrer is the site that the shopper came from: what follows its name may say more
// about a person than a log should keep.
func (m *message) referrer() string {
	u, err := url.Parse(m.about("page", "referrer").text())
	if err != nil || u.Host == "" {
		return ""
	}
	return clip(u.Scheme+"://"+u.Host+"/", event.MaxTextLength)
}
