package kafka_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/telemetry"
	"globalmart/internal/testenv"
	"globalmart/test/services/apachekafka"
)

func TestSecurityReportsEveryProblemAtOnce(t *testing.T) {
	tests := map[string]struct {
		cfg  kafka.Config
		want []string // in the error; nil = none
	}{
		"neither":          {},
		"all of it":        {cfg: kafka.Config{TLS: &kafka.TLS{CA: "a", Cert: "b", Key: "c", ServerName: "d"}, SASL: &kafka.SASL{Mechanism: kafka.Plain, User: "u", Password: "p"}}},
		"key without cert": {cfg: kafka.Config{TLS: &kafka.TLS{Key: "k"}}, want: []string{"needs its key"}},
		"cert without key": {cfg: kafka.Config{TLS: &kafka.TLS{Cert: "c"}}, want: []string{"needs its key"}},
		"an empty login":   {cfg: kafka.Config{SASL: &kafka.SASL{}}, want: []string{`mechanism ""`, "scram-sha-512", "no user", "no password"}},
		"upper case":       {cfg: kafka.Config{SASL: &kafka.SASL{Mechanism: "PLAIN", User: "u", Password: "p"}}, want: []string{`"PLAIN"`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.cfg.Brokers = []string{"127.0.0.1:9092"}
			err := test.cfg.Validate()
			if (err == nil) != (test.want == nil) {
				t.Fatalf("got %v", err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

func TestFilesThatCannotBeUsedAreNamed(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, secure := range map[string]*kafka.TLS{
		"no authority in it": {CA: empty},
		"no such authority":  {CA: empty + ".none"},
		"no certificate":     {Cert: empty, Key: empty},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := kafka.Config{Brokers: []string{"127.0.0.1:1"}, TLS: secure}
			if err := kafka.Ping(t.Context(), cfg, time.Second); err == nil || !strings.Contains(err.Error(), "empty.pem") && !strings.Contains(err.Error(), "client certificate") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestThePasswordIsNeverShown(t *testing.T) {
	login := kafka.SASL{Mechanism: kafka.Plain, User: "u", Password: "hunter2"}
	text, err := json.Marshal(login)
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{fmt.Sprint(login), fmt.Sprintf("%+v %#v", login, login), string(text)} {
		if strings.Contains(shown, "hunter2") {
			t.Errorf("%s", shown)
		}
	}
}

// An answer that is certain ends the asking. One that a broker gives also while it
// starts or stops is asked for again until the time is over.
const (
	certainLimit   = time.Minute
	uncertainLimit = 10 * time.Second
)

func TestASecuredBrokerLetsInWhoHasTheRightsAndTellsTheRestWhyNot(t *testing.T) {
	e := testenv.KafkaEndpoints(t)
	if e.Password == "" {
		t.Skip("this Kafka has no secured listeners")
	}
	login := func(m kafka.Mechanism) *kafka.SASL {
		return &kafka.SASL{Mechanism: m, User: e.Username, Password: telemetry.Secret(e.Secret)}
	}
	wrong := &kafka.SASL{Mechanism: kafka.ScramSHA512, User: e.Username, Password: "wrong"}
	nobody := &kafka.SASL{Mechanism: kafka.ScramSHA256, User: "nobody", Password: "wrong"}
	trusted := &kafka.TLS{CA: e.CA}
	certified := &kafka.TLS{CA: e.CA, Cert: e.ClientCert, Key: e.ClientKey}
	tests := map[string]struct {
		broker string
		tls    *kafka.TLS
		sasl   *kafka.SASL
		want   error
	}{
		"scram-sha-512":            {e.Password, trusted, login(kafka.ScramSHA512), nil},
		"scram-sha-256":            {e.Password, trusted, login(kafka.ScramSHA256), nil},
		"plain":                    {e.Password, trusted, login(kafka.Plain), nil},
		"another name":             {e.Password, &kafka.TLS{CA: e.CA, ServerName: apachekafka.ServerName}, login(kafka.Plain), nil},
		"client certificate":       {e.Mutual, certified, nil, nil},
		"plain text":               {e.Plain, nil, nil, nil},
		"wrong password":           {e.Password, trusted, wrong, kafka.ErrLoginRefused},
		"wrong password, plain":    {e.Password, trusted, &kafka.SASL{Mechanism: kafka.Plain, User: e.Username, Password: "wrong"}, kafka.ErrLoginRefused},
		"unknown user":             {e.Password, trusted, nobody, kafka.ErrLoginRefused},
		"no login":                 {e.Password, trusted, nil, kafka.ErrLoginNeeded},
		"no TLS":                   {e.Password, nil, login(kafka.ScramSHA512), kafka.ErrTLSNeeded},
		"neither":                  {e.Password, nil, nil, kafka.ErrTLSNeeded},
		"no TLS, mutual":           {e.Mutual, nil, nil, kafka.ErrTLSNeeded},
		"other authority":          {e.Password, &kafka.TLS{CA: e.OtherCA}, login(kafka.ScramSHA512), kafka.ErrNotTrusted},
		"the system's authorities": {e.Password, &kafka.TLS{}, login(kafka.ScramSHA512), kafka.ErrNotTrusted},
		"a name that it lacks":     {e.Password, &kafka.TLS{CA: e.CA, ServerName: "other.test"}, login(kafka.ScramSHA512), kafka.ErrNotTrusted},
		"no client certificate":    {e.Mutual, trusted, nil, kafka.ErrClientCert},
		"TLS for nothing":          {e.Plain, trusted, nil, kafka.ErrTLSRefused},
		"a login for nothing":      {e.Plain, nil, login(kafka.ScramSHA512), kafka.ErrLoginUnwanted},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limit := certainLimit
			if slices.Contains([]error{kafka.ErrLoginNeeded, kafka.ErrTLSNeeded, kafka.ErrTLSRefused}, test.want) {
				limit = uncertainLimit
			}
			began := time.Now()
			cfg := kafka.Config{Brokers: []string{test.broker}, ClientID: "test", TLS: test.tls, SASL: test.sasl}
			err := kafka.Ping(t.Context(), cfg, limit)
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if took := time.Since(began); limit == certainLimit && took >= limit {
				t.Errorf("took %s", took)
			}
		})
	}
}

func TestRecordsTravelThroughASecuredBroker(t *testing.T) {
	e := testenv.KafkaEndpoints(t)
	if e.Password == "" {
		t.Skip("this Kafka has no secured listeners")
	}
	cfg := kafka.Config{
		Brokers: []string{e.Password}, ClientID: "test", TLS: &kafka.TLS{CA: e.CA},
		SASL: &kafka.SASL{Mechanism: kafka.ScramSHA512, User: e.Username, Password: telemetry.Secret(e.Secret)},
	}
	createTopics(t, cfg)
	send(t, newProducer(t, cfg, kafka.Bulk), event.TopicTransactions, 500)
	n := 0
	ends, err := kafka.LogEnds(t.Context(), cfg, event.TopicTransactions)
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range ends[event.TopicTransactions] {
		n += int(end)
	}
	if n != 500 {
		t.Errorf("%d records, want 500", n)
	}
}
