// Package apachekafka runs a real Apache Kafka for tests: one node, broker and
// controller in one Java process, on free loopback ports, with a directory of its
// own that goes with it. It needs Java 17 and, the first time, Maven, which gets
// the jars into a cache. It is no deployment: one copy of everything, a small heap
// and passwords in a file.
//
// Three listeners: plain text; TLS with a password (SCRAM-SHA-256, SCRAM-SHA-512
// and PLAIN); TLS with a client certificate. Topics are not created by asking.
package apachekafka

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/test/services/host"
)

// Options say what to run and where.
type Options struct {
	Cache   string // directory for the jars, and for the brokers' own directories
	Version string // of Kafka, such as 3.9.2; "" = DefaultVersion
}

// Endpoints are where a broker is and how to be let in.
type Endpoints struct {
	Version  string `json:"version"`
	Plain    string `json:"plain"`    // host:port, plain text
	Password string `json:"password"` // host:port, TLS; Username and Secret are asked for
	Mutual   string `json:"mutual"`   // host:port, TLS; a client certificate is asked for

	Username string `json:"username"`
	Secret   string `json:"secret"`

	CA         string `json:"ca"`          // file: PEM of the authority that signed the server and the client
	OtherCA    string `json:"other_ca"`    // file: PEM of an authority that signed nothing
	ClientCert string `json:"client_cert"` // file: PEM
	ClientKey  string `json:"client_key"`  // file: PEM
	PID        int    `json:"pid"`         // of the broker's process
}

// ServerName is a name that the server's certificate has beside its address.
const ServerName = "kafka.globalmart.test"

// Broker is a running broker.
type Broker struct {
	Endpoints
	File string // the endpoints as JSON

	dir        string
	jars       string
	properties string        // file
	service    *host.Service // nil while it is down
}

// Start gets the jars if they are missing, and starts a broker; it returns when
// that answers. The broker dies with this process.
func Start(ctx context.Context, o Options) (*Broker, error) {
	jars, err := Fetch(ctx, o)
	if err != nil {
		return nil, err
	}
	return host.WithFreePorts(func() (*Broker, error) { return start(ctx, o, jars) })
}

func start(ctx context.Context, o Options, jars string) (*Broker, error) {
	dir, err := host.NewDir(filepath.Join(o.Cache, "run"), "")
	if err != nil {
		return nil, fmt.Errorf("apachekafka: %w", err)
	}
	b := &Broker{dir: dir, jars: jars, properties: filepath.Join(dir, "server.properties"), File: filepath.Join(dir, "endpoints.json")}
	if err := b.start(ctx, o.version()); err != nil {
		return nil, errors.Join(err, b.Stop())
	}
	return b, nil
}

func (b *Broker) start(ctx context.Context, version string) error {
	ports, err := host.FreePorts(ctx, 4)
	if err != nil {
		return fmt.Errorf("apachekafka: %w", err)
	}
	certificates, err := host.MakeCertificates(b.dir, "127.0.0.1", ServerName)
	if err != nil {
		return fmt.Errorf("apachekafka: %w", err)
	}
	b.Endpoints = Endpoints{
		Version: version, Plain: ports[0], Password: ports[1], Mutual: ports[2],
		Username: "globalmart", Secret: rand.Text(),
		CA: certificates.CA, OtherCA: certificates.OtherCA, ClientCert: certificates.ClientCert, ClientKey: certificates.ClientKey,
	}
	if err := os.WriteFile(b.properties, b.settings(ports[3], certificates), 0o600); err != nil {
		return fmt.Errorf("apachekafka: write settings: %w", err)
	}
	if err := b.format(ctx); err != nil {
		return err
	}
	return b.Restart(ctx)
}

// Restart starts the broker again, after Shutdown, where it was and with what it had; it
// returns when the broker answers.
func (b *Broker) Restart(ctx context.Context) error {
	if err := b.launch(); err != nil {
		return err
	}
	b.PID = b.service.PID()
	if err := b.await(ctx); err != nil {
		return err
	}
	if err := host.WriteEndpoints(b.File, b.Endpoints); err != nil {
		return fmt.Errorf("apachekafka: %w", err)
	}
	return nil
}

// format writes the metadata that a broker begins with, the users included.
func (b *Broker) format(ctx context.Context) error {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	id[0] &= 0x7f        // an id that begins with - would be taken for a flag
	args := []string{
		"-XX:TieredStopAtLevel=1", "-cp", filepath.Join(b.jars, "*"), "kafka.tools.StorageTool",
		"format", "--cluster-id", base64.RawURLEncoding.EncodeToString(id), "--config", b.properties,
	}
	for _, mechanism := range []string{"SCRAM-SHA-256", "SCRAM-SHA-512"} {
		args = append(args, "--add-scram", fmt.Sprintf("%s=[name=%s,password=%s]", mechanism, b.Username, b.Secret))
	}
	out, err := exec.CommandContext(ctx, "java", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("apachekafka: format storage: %w: %s", err, out)
	}
	return nil
}

// launch starts the Java process.
func (b *Broker) launch() error {
	cmd := exec.Command("java", //nolint:noctx // it outlives the context of its start; Stop ends it
		"-Xms256m", "-Xmx512m", "-XX:+UseG1GC", "-Djava.awt.headless=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
		"-cp", filepath.Join(b.jars, "*"), "kafka.Kafka", b.properties)
	cmd.Dir = b.dir
	service, err := host.Launch(cmd, filepath.Join(b.dir, "output.log"))
	if err != nil {
		return fmt.Errorf("apachekafka: %w", err)
	}
	b.service = service
	return nil
}

// await returns when the broker has registered with its controller and answers.
func (b *Broker) await(ctx context.Context) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Plain), kgo.DialTimeout(time.Second), kgo.MetadataMinAge(10*time.Millisecond))
	if err != nil {
		return fmt.Errorf("apachekafka: await broker: %w", err)
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	err = b.service.Await(ctx, func(ctx context.Context) error {
		metadata, err := admin.BrokerMetadata(ctx)
		if err == nil && len(metadata.Brokers) != 1 {
			err = errors.New("it has not registered yet")
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("apachekafka: the broker: %w", err)
	}
	return nil
}

// Alive reports whether the broker's process runs.
func (b *Broker) Alive() bool { return b.service.Alive() }

// Shutdown ends the broker in its own order; what it has stays.
func (b *Broker) Shutdown() {
	b.service.End(syscall.SIGTERM)
	b.service = nil
}

// Stop ends the broker and removes its directory.
func (b *Broker) Stop() error {
	b.Shutdown()
	if err := os.RemoveAll(b.dir); err != nil {
		return fmt.Errorf("apachekafka: remove directory: %w", err)
	}
	return nil
}
