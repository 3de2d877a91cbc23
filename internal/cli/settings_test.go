package cli

import "testing"

func TestSecretsInURLsDoNotShow(t *testing.T) {
	tests := map[string]string{
		"postgres://gm:hunter2@db:5432/gm": "postgres://gm:xxxxx@db:5432/gm",
		"sqlite:data/store.db":             "sqlite:data/store.db",
		"127.0.0.1:8000":                   "127.0.0.1:8000",
		"":                                 "",
	}
	for value, want := range tests {
		if got := redact(value); got != want {
			t.Errorf("redact(%q) = %q, want %q", value, got, want)
		}
	}
}

func TestANearSettingIsSuggested(t *testing.T) {
	known := []string{"kafka", "kafka-listen", "listen", "log-level"}
	tests := map[string]string{
		"log_level":    "log-level",
		"LOG-LEVEL":    "log-level",
		"kafka-broker": "kafka",
		"lsten":        "listen",
		"frobnicate":   "",
	}
	for key, want := range tests {
		if want != "" {
			want = `, did you mean "` + want + `"?`
		}
		if got := suggest(key, known); got != want {
			t.Errorf("suggest(%q) = %q, want %q", key, got, want)
		}
	}
}
