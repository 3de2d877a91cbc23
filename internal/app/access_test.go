package app

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"

	"globalmart/internal/console"
	"globalmart/internal/keys"
	"globalmart/internal/store/storetest"
	"globalmart/internal/telemetry"
)

// listensAt is a listener as far as its address goes.
type listensAt struct {
	net.Listener
	address string
}

func (l listensAt) Addr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(l.address))
}

func TestTheDevelopmentKeyIsForThisMachine(t *testing.T) {
	for name, tc := range map[string]struct {
		key, address string
		anywhere     bool // the settings say so
		production   bool
		taken, local bool
		warning      string // "" = none
	}{
		"this machine":               {developmentKey, "127.0.0.1:8000", false, false, true, true, "the API takes the development key, which is public\""},
		"this machine by IPv6":       {developmentKey, "[::1]:8000", false, false, true, true, "the API takes the development key, which is public\""},
		"every address":              {developmentKey, "0.0.0.0:8000", false, false, false, false, "the API does not take the development key: it listens beyond this machine"},
		"every address by IPv6":      {developmentKey, "[::]:8000", false, false, false, false, "the API does not take the development key: it listens beyond this machine"},
		"an address of the network":  {developmentKey, "192.0.2.7:8000", false, false, false, false, "give --dev-key"},
		"other machines as was said": {developmentKey, "0.0.0.0:8000", true, false, true, false, "the API takes the development key, which is public, from other machines"},
		"in production":              {developmentKey, "127.0.0.1:8000", true, true, false, false, "this is production"},
		"one's own in production":    {"a-key-of-ones-own-0123456789", "0.0.0.0:8000", false, true, true, false, ""},
		"a key of one's own":         {"a-key-of-ones-own-0123456789", "0.0.0.0:8000", false, false, true, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var said bytes.Buffer
			p := &platform{env: Env{Console: &console.Console{Log: slog.New(slog.NewJSONHandler(&said, nil))}, Production: tc.production}}
			access := p.newAccess(&storetest.MemoryKeys{}, APIAccess{Key: telemetry.Secret(tc.key), Development: tc.anywhere}, listensAt{address: tc.address})
			k, err := access.ring.Find(t.Context(), tc.key)
			if taken := err == nil; taken != tc.taken || !taken && !errors.Is(err, keys.ErrUnknown) {
				t.Errorf("key taken: %v, want %v: %v", taken, tc.taken, err)
			}
			if tc.taken && (k.ID != configuredKey || !k.Has(keys.Admin)) {
				t.Errorf("key %+v", k)
			}
			if (access.local != nil) != tc.local {
				t.Errorf("pages without a key: %v", access.local)
			}
			if text := said.String(); (text == "") != (tc.warning == "") || !strings.Contains(text, tc.warning) || text != "" && !strings.Contains(text, "WARN") {
				t.Errorf("the log has %q, want %q", text, tc.warning)
			}
		})
	}
}
