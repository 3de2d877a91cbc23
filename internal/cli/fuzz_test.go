package cli

import (
	"bytes"
	"net"
	"slices"
	"strconv"
	"testing"
)

// FuzzAddress checks that what is taken for an address has a host and a port, and
// what is taken for one of this machine is.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"", ":", ":0", "127.0.0.1:8000", "localhost:9092", "[::1]:80", "::1:80", "0.0.0.0:1", "host", "host:65536", "host:-1", "host:+1", "host: 1", "127.0.0.1:9092,x:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var a address
		var l loopback
		anywhere, here := a.UnmarshalText([]byte(s)), l.UnmarshalText([]byte(s))
		if anywhere != nil {
			if here == nil {
				t.Errorf("%q is of this machine, and no address", s)
			}
			return
		}
		host, port, err := net.SplitHostPort(string(a))
		if n, bad := strconv.Atoi(port); err != nil || bad != nil || n < 0 || n > 65535 || strconv.Itoa(n) != port && port[0] != '0' {
			t.Errorf("%q is taken for an address", s)
		}
		if ip := net.ParseIP(host); here == nil && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			t.Errorf("%q is taken for an address of this machine", s)
		}
	})
}

// FuzzConfigurationFile checks that what is read from a file are settings that
// there are, each with the line that it stands in.
func FuzzConfigurationFile(f *testing.F) {
	for _, s := range []string{
		"", "rate: 500\n", "rate: [1, 2]\nseed: true\n", "# note\nrate: business # why\n", "rat: 5", "rate: {a: 1}", "- rate", "rate: 5\nrate: 6", "rate: &a 5\nseed: *a",
		"---\nrate: 1\n---\nseed: 2\n", "rate: |\n  5\n", "? rate\n: 5", "\"rate\": '5'", "rate: !!int 5", "<<: {rate: 5}", "rate: [[[[1]]]]", "rate:", "\t", "rate: 5\x00",
	} {
		f.Add([]byte(s))
	}
	known := []string{"alert-webhook", "rate", "seed"}
	f.Fuzz(func(t *testing.T, text []byte) {
		values, err := parseFile("file", text, known)
		if err != nil {
			if values != nil {
				t.Errorf("%q: values in spite of %v", text, err)
			}
			return
		}
		for key, v := range values {
			if !slices.Contains(known, key) {
				t.Errorf("%q: %q is no setting", text, key)
			}
			if lines := 1 + bytes.Count(text, []byte("\n")) + bytes.Count(text, []byte("\r")); v.line < 1 || v.line > lines {
				t.Errorf("%q: %s in line %d of %d", text, key, v.line, lines)
			}
		}
	})
}
