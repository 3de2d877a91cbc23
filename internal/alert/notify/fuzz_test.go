package notify

import (
	"net/url"
	"testing"
	"time"
)

// FuzzWebhookAddress checks that what is taken for an address can be asked, and
// that its name, which is stored and shown, tells neither who logs in nor what
// comes after the path.
func FuzzWebhookAddress(f *testing.F) {
	for _, s := range []string{
		"", "http://h", "https://h/p", "https://user:hunter2@h/p?token=hunter2#hunter2", "ftp://h", "//h/p", "http://", "http:///p", "HTTP://h", "http://[::1]:80/p", "http://h/%2f?", "http://h:x/", "https:opaque", "http://h/\x00",
	} {
		f.Add(s)
	}
	_, refusal := NewWebhook("", "", time.Now)
	f.Fuzz(func(t *testing.T, address string) {
		w, err := NewWebhook(address, "", time.Now)
		if err != nil {
			if err.Error() != refusal.Error() {
				t.Errorf("%q is refused by %q", address, err)
			}
			return
		}
		named, err := url.Parse(w.Name())
		if err != nil {
			t.Fatalf("%q is named %q: %v", address, w.Name(), err)
		}
		if named.User != nil || named.RawQuery != "" || named.Fragment != "" {
			t.Errorf("%q is named %q", address, w.Name())
		}
		if named.Scheme != "http" && named.Scheme != "https" || named.Host != w.address.Host {
			t.Errorf("%q is named %q", address, w.Name())
		}
	})
}
