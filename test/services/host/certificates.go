package host

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Certificates are PEM files.
type Certificates struct {
	CA, OtherCA           string // authorities: the one that signed the others, and one that signed nothing
	Server                string // key and certificate
	ServerCert, ServerKey string // the same apart
	ClientCert, ClientKey string
}

// validFor is how long certificates last: longer than anyone leaves a test service
// running.
const validFor = 30 * 24 * time.Hour

// MakeCertificates writes an authority, a server for the names or addresses and a
// client, both signed by it, and an authority that signed nothing. Only their
// owner may read them.
func MakeCertificates(dir string, names ...string) (Certificates, error) {
	in := func(name string) string { return filepath.Join(dir, name) }
	c := Certificates{
		CA: in("ca.pem"), OtherCA: in("other-ca.pem"),
		Server: in("server.pem"), ServerCert: in("server-cert.pem"), ServerKey: in("server-key.pem"),
		ClientCert: in("client.pem"), ClientKey: in("client-key.pem"),
	}
	authority, err := issue("GlobalMart test CA", nil)
	if err != nil {
		return c, err
	}
	other, err := issue("another CA", nil)
	if err != nil {
		return c, err
	}
	server, err := issue("server", &authority, names...)
	if err != nil {
		return c, err
	}
	client, err := issue("client", &authority)
	if err != nil {
		return c, err
	}
	for path, text := range map[string][]byte{
		c.CA: authority.cert, c.OtherCA: other.cert,
		c.Server: slices.Concat(server.keyPEM, server.cert), c.ServerCert: server.cert, c.ServerKey: server.keyPEM,
		c.ClientCert: client.cert, c.ClientKey: client.keyPEM,
	} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return c, fmt.Errorf("write certificate: %w", err)
		}
	}
	return c, nil
}

// identity is a certificate and its key.
type identity struct {
	parsed *x509.Certificate
	key    *ecdsa.PrivateKey
	cert   []byte // PEM
	keyPEM []byte // PEM, PKCS #8
}

// issue makes a certificate, signed by the authority by, or an authority if that
// is nil.
func issue(name string, by *identity, names ...string) (identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return identity{}, fmt.Errorf("make key: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(validFor), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, n)
		}
	}
	signer, parent := key, template
	if by == nil {
		template.IsCA, template.KeyUsage, template.ExtKeyUsage = true, x509.KeyUsageCertSign, nil
	} else {
		signer, parent = by.key, by.parsed
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return identity{}, fmt.Errorf("make certificate: %w", err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return identity{}, fmt.Errorf("make certificate: %w", err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return identity{}, fmt.Errorf("make key: %w", err)
	}
	return identity{
		parsed: parsed, key: key,
		cert:   pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		keyPEM: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}),
	}, nil
}

// CertPool reads an authority.
func CertPool(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s: no certificate in it", file)
	}
	return pool, nil
}
