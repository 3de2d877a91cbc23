package spark

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
)

// TLS says whom to trust. Its zero value trusts the authorities of the system.
type TLS struct {
	CA string // PEM file of the authorities to trust; "" = those of the system
}

// parseTLS reads the parameters of a URL; without any it is nil.
func parseTLS(q url.Values) (*TLS, error) {
	if len(q) == 0 {
		return nil, nil
	}
	for name, values := range q {
		if name != "tls" && name != "ca" || len(values) != 1 {
			return nil, fmt.Errorf("%s: want tls=true or ca=FILE, once", name)
		}
	}
	if q.Has("tls") && q.Get("tls") != "true" {
		return nil, errors.New("tls: want true, or leave it out for plain text")
	}
	if q.Has("ca") && q.Get("ca") == "" {
		return nil, errors.New("ca: want a PEM file of the authorities to trust")
	}
	return &TLS{CA: q.Get("ca")}, nil
}

// wrap encrypts a connection to the server of that name, which has to prove that it is it.
func (t *TLS) wrap(ctx context.Context, conn net.Conn, name string) (net.Conn, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: name}
	if t.CA != "" {
		text, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fmt.Errorf("read authorities: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("read authorities: %s: want certificates in PEM", t.CA)
		}
	}
	secure := tls.Client(conn, config)
	return secure, secure.HandshakeContext(ctx)
}
