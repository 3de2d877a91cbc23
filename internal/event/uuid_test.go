package event_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"globalmart/internal/event"
)

func TestUUIDv7HasItsTimeVersionAndVariant(t *testing.T) {
	// The example of RFC 9562, appendix A.6.
	const want = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
	if got := event.UUIDv7(0x017f22e279b0, 0xcc3, 0x18c4dc0c0c07398f); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := string(event.AppendUUIDv7([]byte("id="), 0x017f22e279b0, ^uint64(0), ^uint64(0))); got != "id=017f22e2-79b0-7fff-bfff-ffffffffffff" {
		t.Errorf("with all bits set: %s", got)
	}
}

func TestParseUUIDReadsWhatIsCanonical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hi, lo := rapid.Uint64().Draw(t, "hi"), rapid.Uint64().Draw(t, "lo")
		at := event.Time(rapid.Int64Range(0, 1<<48-1).Draw(t, "at"))
		gotHi, gotLo, ok := event.ParseUUID(event.UUIDv7(at, hi, lo))
		wantHi, wantLo := uint64(at)<<16|0x7000|hi&0xfff, 1<<63|lo&(1<<62-1)
		if !ok || gotHi != wantHi || gotLo != wantLo {
			t.Fatalf("got %x %x %v, want %x %x", gotHi, gotLo, ok, wantHi, wantLo)
		}
	})
}

func TestParseUUIDRefusesAllElse(t *testing.T) {
	const good = "0190163d-8694-739b-aea5-966c26f8ad91"
	if _, _, ok := event.ParseUUID(good); !ok {
		t.Fatal("refused a good one")
	}
	for _, s := range []string{"", good[1:], good + "0", "{" + good[2:] + "}", strings.ToUpper(good), strings.ReplaceAll(good, "-", "")} {
		if _, _, ok := event.ParseUUID(s); ok {
			t.Errorf("%q is ok", s)
		}
	}
	for i := range good {
		for c := range 256 {
			changed := []byte(good)
			changed[i] = byte(c)
			digit := strings.IndexByte("0123456789abcdef", byte(c)) >= 0
			want := digit
			if good[i] == '-' {
				want = c == '-'
			}
			hi, lo, ok := event.ParseUUID(string(changed))
			if ok != want {
				t.Fatalf("%q: ok = %v, want %v", changed, ok, want)
			}
			if ok {
				checkBits(t, string(changed), hi, lo)
			}
		}
	}
}

func checkBits(t *testing.T, s string, hi, lo uint64) {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range b {
		n := hi
		if i >= 8 {
			n = lo
		}
		if got := byte(n >> (56 - i%8*8)); got != c {
			t.Fatalf("%s: byte %d is %x", s, i, got)
		}
	}
}
