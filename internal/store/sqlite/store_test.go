package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"globalmart/internal/store/sqlite"
	"globalmart/internal/store/storetest"
)

var _ storetest.Store = (*sqlite.Store)(nil)

// migrated returns the path of a new file with the current schema.
func migrated(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	if _, err := sqlite.Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, path string, options ...sqlite.Option) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestStoreKeepsEveryPromise(t *testing.T) {
	storetest.Run(t, func(t *testing.T, now func() time.Time) storetest.Store {
		return open(t, migrated(t), sqlite.WithClock(now))
	})
}
