package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"globalmart/internal/telemetry"
)

// TLS says how connections are encrypted and whom to trust. Its zero value trusts
// the authorities of the system. TLS 1.2 is the oldest version that is spoken.
type TLS struct {
	CA         string // PEM file of the authorities to trust; "" = those of the system
	Cert, Key  string // PEM files of a client certificate; both or neither
	ServerName string // name that every broker's certificate must have; "" = the host it was reached at
}

// Mechanism is a way to log in.
type Mechanism string

// The mechanisms. Plain shows the password to the broker; the others prove it.
const (
	Plain       Mechanism = "plain"
	ScramSHA256 Mechanism = "scram-sha-256"
	ScramSHA512 Mechanism = "scram-sha-512"
)

// SASL is a login.
type SASL struct {
	Mechanism Mechanism
	User      string
	Password  telemetry.Secret
}

// Validate reports every problem at once, without reading a file.
func (t *TLS) Validate() error {
	if t != nil && (t.Cert == "") != (t.Key == "") {
		return errors.New("kafka: tls: a client certificate needs its key, and a key its certificate")
	}
	return nil
}

// Validate reports every problem at once.
func (s *SASL) Validate() error {
	if s == nil {
		return nil
	}
	var errs []error
	if !slices.Contains([]Mechanism{Plain, ScramSHA256, ScramSHA512}, s.Mechanism) {
		errs = append(errs, fmt.Errorf("kafka: sasl: mechanism %q: want %s, %s or %s", s.Mechanism, Plain, ScramSHA256, ScramSHA512))
	}
	if s.User == "" {
		errs = append(errs, errors.New("kafka: sasl: no user"))
	}
	if s.Password == "" {
		errs = append(errs, errors.New("kafka: sasl: no password"))
	}
	return errors.Join(errs...)
}

// security are the options for TLS and SASL. It reads the files.
func (c Config) security() ([]kgo.Opt, error) {
	var opts []kgo.Opt
	if c.TLS != nil {
		config, err := c.TLS.load()
		if err != nil {
			return nil, err
		}
		opts = append(opts, kgo.DialTLSConfig(config))
	}
	if c.SASL != nil {
		opts = append(opts, kgo.SASL(c.SASL.mechanism()))
	}
	return opts, nil
}

func (s *SASL) mechanism() sasl.Mechanism {
	if s.Mechanism == Plain {
		return plain.Auth{User: s.User, Pass: s.Password.Reveal()}.AsMechanism()
	}
	auth := scram.Auth{User: s.User, Pass: s.Password.Reveal()}
	if s.Mechanism == ScramSHA256 {
		return auth.AsSha256Mechanism()
	}
	return auth.AsSha512Mechanism()
}

// load reads the files. The client certificate is read again for every connection,
// so that a renewed one is taken up without a restart.
func (t *TLS) load() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if t.CA != "" {
		text, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fmt.Errorf("kafka: tls: read authorities: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("kafka: tls: read authorities: %s: want certificates in PEM", t.CA)
		}
	}
	if t.Cert != "" {
		if _, err := t.pair(); err != nil {
			return nil, err
		}
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return t.pair() }
	}
	return config, nil
}

func (t *TLS) pair() (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
	if err != nil {
		return nil, fmt.Errorf("kafka: tls: read client certificate: %w", err)
	}
	return &pair, nil
}

// Why a broker and this client do not come together although the network is fine.
// Trying again does not help.
var (
	ErrLoginRefused  = errors.New("the broker refused the login")
	ErrLoginNeeded   = errors.New("the broker seems to want a login")
	ErrLoginUnwanted = errors.New("the broker takes no login")
	ErrNotTrusted    = errors.New("the broker's certificate is not trusted")
	ErrClientCert    = errors.New("the broker refused the client certificate, or the lack of one")
	ErrTLSNeeded     = errors.New("the broker seems to want TLS")
	ErrTLSRefused    = errors.New("the broker seems not to speak TLS")
)

// explain returns which of the errors above err comes from, and nil if from none.
// certain says that it cannot be a broker that is just starting or stopping.
func (c Config) explain(err error) (certain bool, why error) {
	if errors.Is(err, kerr.SaslAuthenticationFailed) || errors.Is(err, kerr.UnsupportedSaslMechanism) {
		return true, ErrLoginRefused
	}
	if errors.Is(err, kerr.IllegalSaslState) { // the answer of a listener without SASL
		return true, ErrLoginUnwanted
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true, ErrNotTrusted
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true, ErrTLSRefused
	}
	if remote, ok := errors.AsType[*net.OpError](err); ok && remote.Op == "remote error" { // a TLS alert
		return true, ErrClientCert
	}
	if c.TLS == nil && strings.Contains(err.Error(), "tls alert record") { // the client has no type for it
		return true, ErrTLSNeeded
	}
	if _, ok := errors.AsType[*kgo.ErrFirstReadEOF](err); ok || errors.Is(err, syscall.ECONNRESET) {
		return false, c.cutOff(err)
	}
	return false, nil
}

// cutOff says why a broker may have closed a connection at once: it does so
// without a word if it cannot make sense of what it reads.
func (c Config) cutOff(err error) error {
	switch {
	case strings.Contains(err.Error(), "is SASL missing") && c.SASL == nil:
		return ErrLoginNeeded
	case c.TLS == nil:
		return ErrTLSNeeded
	}
	return ErrTLSRefused
}
