package batch_test

import (
	"flag"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// checkSome checks a property that takes long to try n times, or as often as
// -rapid.checks says.
func checkSome(t *testing.T, n int, property func(t *rapid.T)) {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	if usual := checks.DefValue; checks.Value.String() == usual {
		set := func(value string) {
			if err := checks.Value.Set(value); err != nil {
				t.Fatal(err)
			}
		}
		set(strconv.Itoa(n))
		defer set(usual)
	}
	rapid.Check(t, property)
}
