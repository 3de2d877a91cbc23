// Package mongodb runs a server for tests that speaks MongoDB's protocol: on a free
// loopback port, in plain text, without a password, in memory only.
//
// It is no MongoDB but mongo-java-server, which needs nothing but Java and comes from
// where jars come from. It knows plain operations: reads with sorts and indexes, writes
// in bulk, aggregations; not transactions, sessions, change streams, validators. What
// passes on it has still to pass on a real one, which testenv takes instead if it is
// named one. It needs a JDK 17 and, the first time, Maven.
package mongodb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"globalmart/test/services/host"
)

// Options say where to run, and with how much memory.
type Options struct {
	Cache string // directory for the server's programs, and for its own directory
	// Memory is its heap as Java writes it, which holds all that it is given: "4g"; "" =
	// DefaultMemory.
	Memory string
}

// DefaultMemory is enough for tests.
const DefaultMemory = "1g"

// Endpoints are where a server is.
type Endpoints struct {
	Version string `json:"version"` // of mongo-java-server
	Address string `json:"address"` // host:port
	PID     int    `json:"pid"`
}

// URL is that of a database of the server.
func (e Endpoints) URL(database string) string { return "mongodb://" + e.Address + "/" + database }

// Server is a running server.
type Server struct {
	Endpoints
	File string // the endpoints as JSON

	dir      string
	programs string
	memory   string
	service  *host.Service // nil while it is down
}

// Start gets the server if it is missing, and starts one that is empty; it returns when
// that answers. The server dies with this process.
func Start(ctx context.Context, o Options) (*Server, error) {
	programs, err := Fetch(ctx, o.Cache)
	if err != nil {
		return nil, err
	}
	s, err := host.WithFreePorts(func() (*Server, error) { return start(ctx, o, programs) })
	if err != nil {
		return nil, fmt.Errorf("mongodb: %w", err)
	}
	return s, nil
}

func start(ctx context.Context, o Options, programs string) (*Server, error) {
	dir, err := host.NewDir(filepath.Join(o.Cache, "run"), "")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, programs: programs, memory: cmp.Or(o.Memory, DefaultMemory), File: filepath.Join(dir, "endpoints.json")}
	ports, err := host.FreePorts(ctx, 1)
	if err == nil {
		s.Endpoints = Endpoints{Version: Version, Address: ports[0]}
		err = s.Restart(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// Restart starts the server again where it was, empty, after Kill.
func (s *Server) Restart(ctx context.Context) error {
	_, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	classpath := strings.Join([]string{classesOf(s.programs), filepath.Join(jarsOf(s.programs), "*")}, string(os.PathListSeparator))
	cmd := exec.Command("java", //nolint:noctx // it outlives the context of its start; Stop ends it
		"-Xms64m", "-Xmx"+s.memory, "-XX:+UseSerialGC", "-Djava.awt.headless=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", classpath, "StandIn", port)
	cmd.Dir = s.dir
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

// ping asks the server for anything.
func (s *Server) ping(ctx context.Context) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.Address) // the driver would wait for a server that has ended
	if err != nil {
		return err
	}
	_ = conn.Close()
	client, err := mongo.Connect(options.Client().ApplyURI(s.URL("")))
	if err != nil {
		return err
	}
	return errors.Join(client.Ping(ctx, nil), client.Disconnect(ctx))
}

// Alive reports whether the server's process runs.
func (s *Server) Alive() bool { return s.service.Alive() }

// Kill ends the server at once. What it had is lost.
func (s *Server) Kill() {
	s.service.End(syscall.SIGKILL)
	s.service = nil
}

// Stop ends the server and removes its directory.
func (s *Server) Stop() error {
	s.service.End(syscall.SIGTERM)
	if err := os.RemoveAll(s.dir); err != nil {
		return fmt.Errorf("mongodb: remove directory: %w", err)
	}
	return nil
}
