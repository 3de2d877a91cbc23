package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"globalmart/internal/fault"
	"globalmart/internal/kafka"
	"globalmart/internal/telemetry"
)

// Access says how to get into a Kafka cluster. Its zero value is plain text
// without a login.
type Access struct {
	TLS          bool   // implied by each of the next four
	CA           string // PEM file; "" = the authorities of the system
	Cert, Key    string // PEM files of a client certificate
	ServerName   string // "" = the host of each broker
	Mechanism    string // of the login; "" = scram-sha-512 if there is a user
	User         string
	Password     telemetry.Secret
	PasswordFile string // instead of Password
}

// tls are the TLS settings, nil for plain text.
func (a Access) tls() *kafka.TLS {
	t := kafka.TLS{CA: a.CA, Cert: a.Cert, Key: a.Key, ServerName: a.ServerName}
	if !a.TLS && t == (kafka.TLS{}) {
		return nil
	}
	return &t
}

// sasl is the login, nil for none.
func (a Access) sasl() (*kafka.SASL, error) {
	if a.Mechanism == "" && a.User == "" && a.Password == "" && a.PasswordFile == "" {
		return nil, nil
	}
	login := &kafka.SASL{Mechanism: kafka.Mechanism(cmp.Or(a.Mechanism, string(kafka.ScramSHA512))), User: a.User, Password: a.Password}
	if a.PasswordFile == "" {
		return login, nil
	}
	if a.Password != "" {
		return nil, fault.New(fault.Usage, "--kafka-password and --kafka-password-file are both given", nil, "give one of them; GLOBALMART_KAFKA_PASSWORD counts as the first")
	}
	text, err := os.ReadFile(a.PasswordFile)
	if err != nil {
		return nil, fault.New(fault.Usage, "cannot read the password of Kafka", err, "check the path given with --kafka-password-file")
	}
	login.Password = telemetry.Secret(strings.TrimRight(string(text), "\r\n"))
	return login, nil
}

// cluster is the Kafka that src names, checked.
func (src Source) cluster(command string) (kafka.Config, error) {
	cfg := kafka.Config{Brokers: strings.Split(src.Kafka, ","), ClientID: "globalmart-" + command}
	if err := cfg.Validate(); err != nil {
		return cfg, fault.New(fault.Usage, "--kafka "+src.Kafka, err, "name brokers as host:port,host:port")
	}
	var err error
	cfg.TLS = src.Access.tls()
	if cfg.SASL, err = src.Access.sasl(); err != nil {
		return cfg, err
	}
	if err := cfg.Validate(); err != nil {
		return cfg, fault.New(fault.Usage, "the settings for the Kafka cluster are not complete", err,
			"a login needs --kafka-user, and a password in GLOBALMART_KAFKA_PASSWORD or --kafka-password-file; --kafka-cert goes with --kafka-key")
	}
	return cfg, nil
}

// embedded is the broker of the data directory at addr. It has no passwords, so
// settings that say otherwise are a mistake.
func (src Source) embedded(addr, command string) (kafka.Config, error) {
	if src.Access != (Access{}) {
		return kafka.Config{}, fault.New(fault.Usage, "TLS and logins are for a cluster, and --kafka is embedded", nil, "name the cluster with --kafka HOST:PORT, or leave the other --kafka settings out")
	}
	return kafka.Config{Brokers: []string{addr}, ClientID: "globalmart-" + command}, nil
}

// fixes are what to do about each reason why a cluster does not let us in.
var fixes = []struct {
	why error
	fix string
}{
	{kafka.ErrNoBroker, "start a broker (globalmart up), or name one that runs with --kafka HOST:PORT"},
	{kafka.ErrLoginRefused, "check --kafka-user and its password, and that --kafka-sasl names a mechanism of this listener"},
	{kafka.ErrLoginNeeded, "log in with --kafka-user NAME and --kafka-password-file FILE"},
	{kafka.ErrLoginUnwanted, "leave --kafka-user and --kafka-sasl out, or name a listener with SASL with --kafka HOST:PORT"},
	{kafka.ErrNotTrusted, "name the authority that signed the brokers' certificates with --kafka-ca FILE; if only the name differs, the right one with --kafka-server-name NAME"},
	{kafka.ErrClientCert, "name a client certificate that the brokers trust with --kafka-cert FILE and --kafka-key FILE"},
	{kafka.ErrTLSNeeded, "add --kafka-tls, and --kafka-ca FILE unless a public authority signed the brokers' certificates"},
	{kafka.ErrTLSRefused, "leave --kafka-tls and --kafka-ca out, or name a TLS listener with --kafka HOST:PORT"},
}

// kafkaFault says what to do about err, if it is of that kind.
func (p *platform) kafkaFault(err error) error {
	for _, f := range fixes {
		if errors.Is(err, f.why) {
			return fault.New(fault.Failed, "cannot reach Kafka", err, f.fix)
		}
	}
	return err
}

// checkCluster says by what the cluster may lose records, or a password become known;
// in production that is an error.
func (p *platform) checkCluster(ctx context.Context) error {
	if p.src.Kafka == embeddedKafka {
		return nil
	}
	found, err := kafka.Weaknesses(ctx, p.kafka)
	if err != nil {
		p.env.Log.WarnContext(ctx, "cannot check how safe the cluster is", "error", err)
	}
	return p.judge(ctx, append(p.exposed(), found...))
}

// exposed is what the settings show to whoever listens on the way to the cluster.
func (p *platform) exposed() []kafka.Weakness {
	if s := p.kafka.SASL; s == nil || s.Mechanism != kafka.Plain || p.kafka.TLS != nil || loopback(p.kafka.Brokers) {
		return nil
	}
	return []kafka.Weakness{{
		Setting: "the login", Found: "plain without TLS", Why: "the password travels in plain text", Fix: "--kafka-tls, or --kafka-sasl scram-sha-512",
	}}
}

// judge warns of weaknesses, or in production makes an error of them.
func (p *platform) judge(ctx context.Context, found []kafka.Weakness) error {
	if len(found) > 0 && p.env.Production {
		var all []string
		for _, w := range found {
			all = append(all, fmt.Sprintf("%s (%s)", w, w.Fix))
		}
		return fault.New(fault.Usage, "this Kafka cluster is not for production", errors.New(strings.Join(all, "; ")), "mend that, or start without --production")
	}
	for _, w := range found {
		p.env.Log.WarnContext(ctx, w.String(), "fix", w.Fix)
	}
	return nil
}

// loopback says whether every broker is on this machine.
func loopback(brokers []string) bool {
	for _, b := range brokers {
		host, _, _ := net.SplitHostPort(b)
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return false
		}
	}
	return true
}
