package app

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"globalmart/internal/console"
	"globalmart/internal/fault"
	"globalmart/internal/kafka"
)

func TestWhatMayLoseRecordsIsRefusedInProduction(t *testing.T) {
	weak := kafka.Weakness{Setting: "min.insync.replicas", Found: "1", Topics: []string{"transactions"}, Why: "one broker holds it", Fix: "set it to 2"}
	for name, tc := range map[string]struct {
		production bool
		found      []kafka.Weakness
		refused    bool
		warned     bool
	}{
		"a weak cluster":                {false, []kafka.Weakness{weak}, false, true},
		"a weak cluster in production":  {true, []kafka.Weakness{weak}, true, false},
		"a sound cluster in production": {true, nil, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			var said bytes.Buffer
			p := &platform{env: Env{Console: &console.Console{Log: slog.New(slog.NewTextHandler(&said, nil))}, Production: tc.production}}
			err := p.judge(t.Context(), tc.found)
			if (err != nil) != tc.refused {
				t.Fatalf("got %v", err)
			}
			if tc.refused && (fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), "min.insync.replicas of transactions is 1: one broker holds it (set it to 2)")) {
				t.Errorf("got %v", err)
			}
			if warned := strings.Contains(said.String(), "min.insync.replicas"); warned != tc.warned {
				t.Errorf("the log has %q", said.String())
			}
		})
	}
}

func TestAPasswordInPlainTextIsAWeaknessBeyondThisMachine(t *testing.T) {
	for name, tc := range map[string]struct {
		broker    string
		mechanism kafka.Mechanism
		tls       *kafka.TLS
		exposed   bool
	}{
		"plain":             {"kafka.example.com:9092", kafka.Plain, nil, true},
		"on this machine":   {"127.0.0.1:9092", kafka.Plain, nil, false},
		"encrypted":         {"kafka.example.com:9092", kafka.Plain, &kafka.TLS{}, false},
		"proved, not shown": {"kafka.example.com:9092", kafka.ScramSHA512, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := &platform{kafka: kafka.Config{Brokers: []string{tc.broker}, TLS: tc.tls, SASL: &kafka.SASL{Mechanism: tc.mechanism}}}
			if got := p.exposed(); (len(got) > 0) != tc.exposed {
				t.Errorf("got %v", got)
			}
		})
	}
}
