package mongodb_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"globalmart/internal/testenv"
	"globalmart/test/services/mongodb"
)

// cache is where `make setup` has put the jars.
const cache = "../../../.cache/services/mongodb"

func TestAServerAnswersAndLeavesNothingBehind(t *testing.T) {
	if os.Getenv(testenv.RequireVariable) == "" {
		if _, err := os.Stat(filepath.Join(cache, mongodb.Version)); err != nil {
			t.Skip("make setup gets the jars of the stand-in for MongoDB")
		}
	}
	s, err := mongodb.Start(t.Context(), mongodb.Options{Cache: cache})
	if err != nil {
		t.Fatal(err)
	}
	if n := insert(t, s.URL("shop")); n != 1 {
		t.Errorf("%d documents, want the one that was put in", n)
	}
	s.Kill()
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := insert(t, s.URL("shop")); n != 1 {
		t.Errorf("%d documents after it was killed, want an empty server to get one", n)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Dir(s.File)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its directory: %v", err)
	}
	if err := syscall.Kill(s.PID, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d: %v", s.PID, err)
	}
}

// insert puts a document into a collection and returns how many are there.
func insert(t *testing.T, uri string) int64 {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Disconnect(t.Context()) }()
	c := client.Database("shop").Collection("things")
	if _, err := c.InsertOne(t.Context(), bson.D{{Key: "name", Value: "cup"}}); err != nil {
		t.Fatal(err)
	}
	n, err := c.CountDocuments(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWithoutMavenTheJarsCannotBeFetched(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	_, err := mongodb.Start(t.Context(), mongodb.Options{Cache: dir})
	if err == nil || !strings.Contains(err.Error(), "mvn") {
		t.Errorf("got %v", err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "fetch-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
