package postgres

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzURL reads URLs with a password that may need escaping, escaped and not.
// Whatever comes of one, nothing that is said of it shows the password.
func FuzzURL(f *testing.F) {
	const password = "hunter2hunter2"
	for more, rest := range map[string]string{
		"": "db:5432/shop", "/": "db/shop?sslmode=verify-full", "%": "[::1]/", "%zz": "h", "#": "h:port/", "?": "h?sslmode=", "@": "a,b:1/d", ":": "h/d?connect_timeout=x",
		" ": "h/d?pool_max_conns=-1", "\x00": "/", "\\": "h?target_session_attrs=x",
	} {
		f.Add(more, rest)
	}
	f.Fuzz(func(t *testing.T, more, rest string) {
		if strings.Contains(rest, password) {
			return
		}
		for _, secret := range []string{password + more, url.QueryEscape(password + more), more + password} {
			text := "postgres://shop:" + secret + "@" + rest
			target, err := parse(text)
			said := target.name
			if err != nil {
				said = err.Error()
			}
			if strings.Contains(said, password) {
				t.Errorf("%q: %q shows the password", text, said)
			}
		}
	})
}
