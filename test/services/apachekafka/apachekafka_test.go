package apachekafka_test

import (
	"crypto/tls"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/testenv"
	"globalmart/test/services/apachekafka"
)

// cache is where `make setup` has put the jars.
const cache = "../../../.cache/services/kafka"

func TestABrokerAnswersAndLeavesNothingBehind(t *testing.T) {
	if os.Getenv(testenv.RequireVariable) == "" {
		if _, err := os.Stat(filepath.Join(cache, apachekafka.DefaultVersion)); err != nil {
			t.Skip("make setup gets the jars of Kafka")
		}
	}
	b, err := apachekafka.Start(t.Context(), apachekafka.Options{Cache: cache})
	if err != nil {
		t.Fatal(err)
	}
	ping(t, b.Plain, nil)
	pair, err := tls.LoadX509KeyPair(b.ClientCert, b.ClientKey)
	if err != nil {
		t.Error(err)
	}
	ping(t, b.Mutual, &tls.Config{Certificates: []tls.Certificate{pair}, InsecureSkipVerify: true, MinVersion: tls.VersionTLS12})
	if err := b.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Dir(b.File)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its directory: %v", err)
	}
	if err := syscall.Kill(b.PID, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d: %v", b.PID, err)
	}
}

func ping(t *testing.T, addr string, secure *tls.Config) {
	t.Helper()
	opts := []kgo.Opt{kgo.SeedBrokers(addr), kgo.DialTimeout(time.Minute)}
	if secure != nil {
		opts = append(opts, kgo.DialTLSConfig(secure))
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Ping(t.Context()); err != nil {
		t.Errorf("%s: %v", addr, err)
	}
}

func TestWithoutMavenTheJarsCannotBeFetched(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	_, err := apachekafka.Start(t.Context(), apachekafka.Options{Cache: dir})
	if err == nil || !strings.Contains(err.Error(), "mvn") {
		t.Errorf("got %v", err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "fetch-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
