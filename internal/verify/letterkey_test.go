package verify

import (
	"testing"

	"globalmart/internal/engine"
)

// FuzzLetterKey checks that exactly the keys are taken that the engine makes.
func FuzzLetterKey(f *testing.F) {
	for _, key := range []string{"", "-", "transactions-0-12", "a-b-1-2", "transactions--1-2", "transactions-01-2", "transactions-1-+2", "t-2147483648-0", "t-0-9223372036854775808", "-0-0"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		k, ok := parseLetterKey(key)
		if again := engine.DeadLetterKey(k.topic, k.partition, k.offset); ok && again != key {
			t.Errorf("%q is taken for %q", key, again)
		}
	})
}
