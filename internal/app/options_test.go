package app

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRate(t *testing.T) {
	good := map[string]Rate{
		"500":      {PerSecond: 500},
		"0":        {},
		"0.5":      {PerSecond: 0.5},
		"business": {Business: true},
		"max":      {Max: true},
	}
	for text, want := range good {
		var got Rate
		if err := got.UnmarshalText([]byte(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
		if got.String() != text {
			t.Errorf("%q shows as %q", text, got)
		}
	}
	for _, text := range []string{"", "fast", "-1", "NaN", "Inf", "1e9", "500/s"} {
		var got Rate
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}
