package testenv

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"globalmart/test/services/mongodb"
)

// MongoDBVariable names a MongoDB 7: its URL, mongodb://host:port/ without a database,
// with authSource where it asks for a password; or the file of endpoints that the test
// services write, which have a stand-in. Tests make and drop databases on it.
const MongoDBVariable = "GLOBALMART_TEST_MONGODB"

// MongoDB returns the URL of a new, empty database that is dropped when the test ends.
func MongoDB(t testing.TB) string {
	t.Helper()
	value := lookup(t, MongoDBVariable, "make mongodb")
	if strings.HasSuffix(value, ".json") {
		text, err := os.ReadFile(value)
		if err != nil {
			t.Fatalf("testenv: %s: %v", MongoDBVariable, err)
		}
		var e mongodb.Endpoints
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatalf("testenv: %s: %s: %v", MongoDBVariable, value, err)
		}
		value = e.URL("")
	}
	name := "test_" + strings.ToLower(rand.Text())
	scheme, rest, _ := strings.Cut(value, "://")
	hosts, tail, _ := strings.Cut(rest, "/")
	named, parameters, _ := strings.Cut(tail, "?")
	if !strings.HasPrefix(scheme, "mongodb") || hosts == "" || named != "" {
		t.Fatalf("testenv: %s: want a file of endpoints or mongodb://host:port/?parameters, without a database", MongoDBVariable)
	}
	uri := scheme + "://" + hosts + "/" + name
	if parameters != "" {
		uri += "?" + parameters
	}
	t.Cleanup(func() { dropMongoDB(context.WithoutCancel(t.Context()), t, uri, name) })
	return uri
}

func dropMongoDB(ctx context.Context, t testing.TB, uri, name string) {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Errorf("testenv: MongoDB: %v", err)
		return
	}
	defer func() { _ = client.Disconnect(ctx) }()
	if err := client.Database(name).Drop(ctx); err != nil {
		t.Errorf("testenv: MongoDB: drop database %s: %v", name, err)
	}
}
