// Package testenv says where the real services are that tests run on, and hands
// each test a clean one. `make test` starts them; to start them by hand, run
// `make kafka`, `make postgres`, `make redis`, `make mongodb` or `make spark` and set what
// they print.
//
// A service that is not there skips the test, unless GLOBALMART_TEST_REQUIRE is
// set, as by `make test`: there it fails, because a suite that silently skips
// everything must never look green.
package testenv

import (
	"os"
	"testing"
)

// KafkaVariable names an Apache Kafka: host:port of one that listens in plain
// text, or the file of endpoints that the test services write. Tests delete every
// topic and group on it.
const KafkaVariable = "GLOBALMART_TEST_KAFKA"

// RequireVariable makes a test fail that lacks its service.
const RequireVariable = "GLOBALMART_TEST_REQUIRE"

// lookup returns what the variable names, or ends the test.
func lookup(t testing.TB, variable, target string) string {
	t.Helper()
	value := os.Getenv(variable)
	if value == "" {
		Missing(t, variable, target)
	}
	return value
}

// Missing ends a test that lacks what: it is skipped, or fails where everything must be
// there. fix is the command that mends it.
func Missing(t testing.TB, what, fix string) {
	t.Helper()
	if os.Getenv(RequireVariable) != "" {
		t.Fatalf("%s is missing, and %s is set. Try: %s", what, RequireVariable, fix)
	}
	t.Skipf("%s is missing (%s)", what, fix)
}
