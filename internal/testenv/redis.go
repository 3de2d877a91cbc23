package testenv

import (
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/redis/rueidis"

	"globalmart/test/services/redis"
)

// RedisVariable names a Redis 7: the URL of one in plain text, or the file of endpoints
// that the test services write. Tests empty its database 0.
const RedisVariable = "GLOBALMART_TEST_REDIS"

// Redis returns the URL of an empty Redis, in plain text. One test at a time may use it.
func Redis(t testing.TB) string {
	t.Helper()
	value := lookup(t, RedisVariable, "make redis")
	if strings.HasSuffix(value, ".json") {
		text, err := os.ReadFile(value)
		if err != nil {
			t.Fatalf("testenv: %s: %v", RedisVariable, err)
		}
		var e redis.Endpoints
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatalf("testenv: %s: %s: %v", RedisVariable, value, err)
		}
		value = e.URL(e.Plain, 0)
	}
	u, err := url.Parse(value)
	if err != nil || u.Host == "" {
		t.Fatalf("testenv: %s: want a file of endpoints or redis://:password@host:port/0", RedisVariable)
	}
	password, _ := u.User.Password()
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{u.Host}, Password: password, ForceSingleClient: true, DisableCache: true})
	if err != nil {
		t.Fatalf("testenv: Redis on %s: %v", u.Host, err)
	}
	defer client.Close()
	if err := client.Do(t.Context(), client.B().Flushdb().Build()).Error(); err != nil {
		t.Fatalf("testenv: Redis on %s: %v", u.Host, err)
	}
	return value
}
