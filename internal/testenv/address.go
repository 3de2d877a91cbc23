package testenv

import (
	"testing"

	"globalmart/test/services/host"
)

// Address returns a loopback host:port where nobody listens, and which the system
// gives to nobody else: a service can be started on it, and again after it has ended.
func Address(t testing.TB) string {
	t.Helper()
	addrs, err := host.FreePorts(t.Context(), 1)
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	return addrs[0]
}
