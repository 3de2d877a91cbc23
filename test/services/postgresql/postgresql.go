// Package postgresql runs a real PostgreSQL 16 for tests: on a free loopback port,
// with a directory of its own that goes with it. It needs Node with npm the first
// time, which gets the programs into a cache. It is no deployment: one node, small
// memory, a password in a file.
//
// It listens in plain text and with TLS on one port, as servers of this kind do. The
// server refuses to run as root: it runs as nobody then, from a copy of the programs
// in a place that others can read.
package postgresql

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"

	"globalmart/test/services/host"
)

// Options say where to run.
type Options struct {
	Cache string // directory for the programs
}

// Endpoints are where a server is and how to be let in.
type Endpoints struct {
	Version  string `json:"version"`
	Address  string `json:"address"` // host:port
	Username string `json:"username"`
	Secret   string `json:"secret"`
	CA       string `json:"ca"`       // file: PEM of the authority that signed the server
	OtherCA  string `json:"other_ca"` // file: PEM of an authority that signed nothing
	PID      int    `json:"pid"`      // of the server's first process
}

// ServerName is a name that the server's certificate has beside its address.
const ServerName = "postgres.globalmart.test"

// URL is that of a database, with further parameters such as sslmode=disable.
func (e Endpoints) URL(database string, parameters url.Values) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(e.Username, e.Secret), Host: e.Address, Path: "/" + database, RawQuery: parameters.Encode()}
	return u.String()
}

// Server is a running server.
type Server struct {
	Endpoints
	File string // the endpoints as JSON

	dir      string
	programs string
	account  *account
	service  *host.Service // nil while it is down
}

// Start gets the programs if they are missing, and starts a server with an empty
// database postgres; it returns when that answers. The server dies with this
// process.
func Start(ctx context.Context, o Options) (*Server, error) {
	programs, err := Fetch(ctx, o)
	if err != nil {
		return nil, err
	}
	s, err := host.WithFreePorts(func() (*Server, error) { return start(ctx, programs) })
	if err != nil {
		return nil, fmt.Errorf("postgresql: %w", err)
	}
	return s, nil
}

// home is where servers keep what is theirs: every account may read it, as it may
// not the directories of some others.
const home = "/var/tmp"

func start(ctx context.Context, programs string) (*Server, error) {
	dir, err := host.NewDir(home, "globalmart-postgresql-")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, programs: programs, File: filepath.Join(dir, "endpoints.json")}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	if err := s.Restart(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// prepare makes the files of a new, empty server.
func (s *Server) prepare(ctx context.Context) error {
	ports, err := host.FreePorts(ctx, 1)
	if err != nil {
		return err
	}
	certificates, err := host.MakeCertificates(s.dir, "127.0.0.1", ServerName)
	if err != nil {
		return err
	}
	s.Endpoints = Endpoints{
		Version: Version, Address: ports[0], Username: "globalmart", Secret: rand.Text(),
		CA: certificates.CA, OtherCA: certificates.OtherCA,
	}
	if s.account, err = s.move(); err != nil {
		return err
	}
	secret := filepath.Join(s.dir, "secret")
	if err := os.WriteFile(secret, []byte(s.Secret), 0o600); err != nil {
		return fmt.Errorf("write password: %w", err)
	}
	if err := s.account.own(s.dir); err != nil {
		return err
	}
	initdb := s.command(ctx, "initdb", "--pgdata", s.data(), "--username", s.Username, "--pwfile", secret,
		"--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return s.configure(certificates)
}

// move copies the programs to the server's own directory if it cannot run as the
// account of this process.
func (s *Server) move() (*account, error) {
	a, err := unprivileged()
	if err != nil || a == nil {
		return nil, err
	}
	own := filepath.Join(s.dir, "programs")
	if err := os.CopyFS(own, os.DirFS(s.programs)); err != nil {
		return nil, fmt.Errorf("copy programs: %w", err)
	}
	s.programs = own
	return a, nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// configure writes the settings. What is not here is PostgreSQL's default.
func (s *Server) configure(c host.Certificates) error {
	address, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	settings := []string{
		"listen_addresses = '" + address + "'",
		"port = " + port,
		"unix_socket_directories = ''",
		"max_connections = 200",
		"ssl = on",
		"ssl_cert_file = '" + c.ServerCert + "'",
		"ssl_key_file = '" + c.ServerKey + "'",
		// Quick to start and to stop: tests do both.
		"shared_buffers = 128MB",
		"max_wal_size = 1GB",
		"autovacuum_naptime = 10s",
	}
	if err := os.WriteFile(filepath.Join(s.data(), "postgresql.auto.conf"), []byte(strings.Join(settings, "\n")+"\n"), 0o600); err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	return s.account.own(filepath.Join(s.data(), "postgresql.auto.conf"))
}

// command is one of the server's programs, run by the server's account.
func (s *Server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.programs, "bin", name), args...)
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "LD_LIBRARY_PATH=" + filepath.Join(s.programs, "lib")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.account.credential()}
	return cmd
}

// Restart starts the server again, after Crash or Shutdown, where it was and with
// what it had; it returns when the server answers.
func (s *Server) Restart(ctx context.Context) error {
	cmd := s.command(context.WithoutCancel(ctx), "postgres", "-D", s.data()) // it outlives its start; Stop ends it
	service, err := host.Launch(cmd, filepath.Join(s.dir, "output.log"))
	if err != nil {
		return err
	}
	s.service, s.PID = service, service.PID()
	if err := service.Await(ctx, s.ping); err != nil {
		return fmt.Errorf("the server: %w", err)
	}
	return host.WriteEndpoints(s.File, s.Endpoints)
}

func (s *Server) ping(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.URL("postgres", url.Values{"sslmode": {"disable"}, "connect_timeout": {"60"}}))
	if err != nil {
		return err
	}
	return errors.Join(conn.Ping(ctx), conn.Close(ctx))
}

// Alive reports whether the server's first process runs.
func (s *Server) Alive() bool { return s.service.Alive() }

// Crash ends every process of the server at once, as the death of its machine would
// but for what the system still writes.
func (s *Server) Crash() { s.end(syscall.SIGQUIT) }

// Shutdown ends the server in its own order, cutting every connection.
func (s *Server) Shutdown() { s.end(syscall.SIGINT) }

func (s *Server) end(signal syscall.Signal) {
	s.service.End(signal)
	s.service = nil
}

// Stop ends the server and removes its directory.
func (s *Server) Stop() error {
	s.Shutdown()
	if err := os.RemoveAll(s.dir); err != nil {
		return fmt.Errorf("postgresql: remove directory: %w", err)
	}
	return nil
}
