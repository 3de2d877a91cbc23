package testenv

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sys/unix"

	"globalmart/internal/kafka"
	"globalmart/test/services/apachekafka"
)

// Kafka returns an Apache Kafka without topics and groups that nobody else uses
// until the test ends, in plain text.
func Kafka(t testing.TB) kafka.Config {
	t.Helper()
	return kafka.Config{Brokers: []string{KafkaEndpoints(t).Plain}, ClientID: "test"}
}

// KafkaEndpoints is Kafka with every way in that the broker has. Those that it
// lacks are empty.
func KafkaEndpoints(t testing.TB) apachekafka.Endpoints {
	t.Helper()
	value := lookup(t, KafkaVariable, "make kafka")
	e := apachekafka.Endpoints{Plain: value}
	lock := filepath.Join(os.TempDir(), "globalmart-test-kafka-"+strings.ReplaceAll(value, ":", "-"))
	if strings.HasSuffix(value, ".json") {
		lock = value
		text, err := os.ReadFile(value)
		if err != nil {
			t.Fatalf("testenv: %s: %v", KafkaVariable, err)
		}
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatalf("testenv: %s: %s: %v", KafkaVariable, value, err)
		}
	}
	exclusive(t, lock+".lock")
	empty(t, e.Plain)
	return e
}

// exclusive waits until no other test uses the broker, those of other packages
// included: topics have fixed names.
func exclusive(t testing.TB, path string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatalf("testenv: lock Kafka: %v", err)
	}
	t.Cleanup(func() { _ = file.Close() }) // gives the lock back
	for err = unix.EINTR; errors.Is(err, unix.EINTR); {
		err = unix.Flock(int(file.Fd()), unix.LOCK_EX)
	}
	if err != nil {
		t.Fatalf("testenv: lock Kafka: %v", err)
	}
}

// emptyTime is how long a broker may take to become empty: a group is kept until
// its members have left, which takes a session timeout for one that died.
const emptyTime = 5 * time.Minute

// empty deletes every topic and group.
func empty(t testing.TB, addr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), emptyTime)
	defer cancel()
	client, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.MetadataMinAge(10*time.Millisecond))
	if err != nil {
		t.Fatalf("testenv: Kafka: %v", err)
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	for {
		left, err := drop(ctx, admin)
		if err != nil {
			t.Fatalf("testenv: empty Kafka on %s: %v", addr, err)
		}
		if len(left) == 0 {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("testenv: Kafka on %s still has %s", addr, strings.Join(left, ", "))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// drop deletes what is there and returns what was.
func drop(ctx context.Context, admin *kadm.Client) ([]string, error) {
	topics, err := admin.ListTopics(ctx) // without internal ones
	if err != nil {
		return nil, err
	}
	groups, err := admin.ListGroups(ctx)
	if err != nil && !errors.Is(err, kerr.CoordinatorNotAvailable) && !errors.Is(err, kerr.CoordinatorLoadInProgress) {
		return nil, err
	}
	left := append(topics.Names(), groups.Groups()...)
	if len(topics) > 0 {
		if _, err := admin.DeleteTopics(ctx, topics.Names()...); err != nil {
			return nil, err
		}
	}
	if len(groups) > 0 {
		if _, err := admin.DeleteGroups(ctx, groups.Groups()...); err != nil {
			return nil, err
		}
	}
	return left, nil
}
