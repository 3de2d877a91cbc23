// Package redis runs a real Redis 7 for tests: on free loopback ports, in plain text and
// with TLS, with a password, in memory only. It needs the program redis-server.
package redis

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/redis/rueidis"

	"globalmart/test/services/host"
)

// Endpoints are where a server is and how to be let in.
type Endpoints struct {
	Version string `json:"version"`
	Plain   string `json:"plain"` // host:port
	TLS     string `json:"tls"`   // host:port
	Secret  string `json:"secret"`
	CA      string `json:"ca"`       // file: PEM of the authority that signed the server
	OtherCA string `json:"other_ca"` // file: PEM of an authority that signed nothing
	PID     int    `json:"pid"`      // of the server
}

// URL is that of a database, 0 to 15, of the server at an address.
func (e Endpoints) URL(address string, database int) string {
	u := url.URL{Scheme: "redis", User: url.UserPassword("", e.Secret), Host: address, Path: "/" + strconv.Itoa(database)}
	return u.String()
}

// Server is a running server.
type Server struct {
	Endpoints
	File string // the endpoints as JSON

	dir     string
	args    []string
	service *host.Service // nil while it is down
}

// Start starts an empty server; it returns when that answers. The server dies with
// this process.
func Start(ctx context.Context, cache string) (*Server, error) {
	s, err := host.WithFreePorts(func() (*Server, error) { return start(ctx, cache) })
	if err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	return s, nil
}

func start(ctx context.Context, cache string) (*Server, error) {
	dir, err := host.NewDir(filepath.Join(cache, "run"), "")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, File: filepath.Join(dir, "endpoints.json")}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	if err := s.Restart(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// prepare finds ports and makes the settings.
func (s *Server) prepare(ctx context.Context) error {
	ports, err := host.FreePorts(ctx, 2)
	if err != nil {
		return err
	}
	certificates, err := host.MakeCertificates(s.dir, "127.0.0.1")
	if err != nil {
		return err
	}
	s.Endpoints = Endpoints{Plain: ports[0], TLS: ports[1], Secret: rand.Text(), CA: certificates.CA, OtherCA: certificates.OtherCA}
	plain, secure := portOf(ports[0]), portOf(ports[1])
	s.args = []string{
		"--bind", "127.0.0.1", "--port", plain, "--tls-port", secure, "--requirepass", s.Secret, "--dir", s.dir,
		"--tls-cert-file", certificates.ServerCert, "--tls-key-file", certificates.ServerKey, "--tls-ca-cert-file", certificates.CA, "--tls-auth-clients", "no",
		"--save", "", "--appendonly", "no", "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru",
	}
	return nil
}

func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address) // FreePorts made it
	return port
}

// Restart starts the server again where it was, empty.
func (s *Server) Restart(ctx context.Context) error {
	cmd := exec.Command("redis-server", s.args...) //nolint:noctx // it outlives the context of its start; Stop ends it
	cmd.Dir = s.dir
	service, err := host.Launch(cmd, filepath.Join(s.dir, "output.log"))
	if err != nil {
		return fmt.Errorf("%w (Debian's package redis-server has it)", err)
	}
	s.service, s.PID = service, service.PID()
	if err := service.Await(ctx, s.ping); err != nil {
		return fmt.Errorf("the server: %w", err)
	}
	return host.WriteEndpoints(s.File, s.Endpoints)
}

// ping asks the server for its version, over TLS.
func (s *Server) ping(ctx context.Context) error {
	pool, err := host.CertPool(s.CA)
	if err != nil {
		return err
	}
	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{s.TLS}, Password: s.Secret, ForceSingleClient: true, DisableCache: true,
		TLSConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
	})
	if err != nil {
		return err
	}
	defer client.Close()
	text, err := client.Do(ctx, client.B().Info().Section("server").Build()).ToString()
	for line := range strings.Lines(text) {
		if version, found := strings.CutPrefix(line, "redis_version:"); found {
			s.Version = strings.TrimSpace(version)
		}
	}
	return err
}

// Alive reports whether the server's process runs.
func (s *Server) Alive() bool { return s.service.Alive() }

// Kill ends the server at once.
func (s *Server) Kill() {
	s.service.End(syscall.SIGKILL)
	s.service = nil
}

// Shutdown ends the server in its own order.
func (s *Server) Shutdown() {
	s.service.End(syscall.SIGTERM)
	s.service = nil
}

// Stop ends the server and removes its directory.
func (s *Server) Stop() error {
	s.Shutdown()
	if err := os.RemoveAll(s.dir); err != nil {
		return fmt.Errorf("redis: remove directory: %w", err)
	}
	return nil
}
