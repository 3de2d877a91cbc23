package event_test

import (
	"encoding/binary"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"

	"globalmart/internal/event"
)

// FuzzParseUUID compares with the plainest reader of canonical lower-case UUIDs.
func FuzzParseUUID(f *testing.F) {
	for _, s := range []string{
		"", "0190163d-8694-739b-aea5-966c26f8ad91", "0190163D-8694-739b-aea5-966c26f8ad91", "0190163d-8694-739b-aea5-966c26f8ad9g",
		"0190163d-8694-739b-aea5-966c26f8ad9", "0190163d08694-739b-aea5-966c26f8ad91", "ffffffff-ffff-ffff-ffff-ffffffffffff", "0190163d-8694-739b-aea5-966c26f8ad9\x80",
	} {
		f.Add(s)
	}
	canonical := regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	f.Fuzz(func(t *testing.T, s string) {
		hi, lo, ok := event.ParseUUID(s)
		if ok != canonical.MatchString(s) {
			t.Fatalf("%q is taken: %t", s, ok)
		}
		if !ok {
			return
		}
		bits, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
		if err != nil {
			t.Fatal(err)
		}
		if hi != binary.BigEndian.Uint64(bits) || lo != binary.BigEndian.Uint64(bits[8:]) {
			t.Fatalf("%q is %016x%016x", s, hi, lo)
		}
	})
}
