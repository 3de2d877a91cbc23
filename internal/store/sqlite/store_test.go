package sqlite_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"globalmart/internal/store"
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

// onFile is a store and the path of its file.
type onFile struct {
	*sqlite.Store
	damager
}

// damager damages a file by its path.
type damager string

// DamageSnapshot implements [storetest.Damageable].
func (d damager) DamageSnapshot(ctx context.Context, task store.TaskID, generation int64) error {
	db, err := sql.Open("sqlite3", string(d))
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, `UPDATE snapshot SET segments = substr(segments, 2) WHERE family = ? AND partition = ? AND generation = ?`,
		string(task.Family), task.Partition, generation)
	return err
}

func TestStoreKeepsEveryPromise(t *testing.T) {
	storetest.Run(t, func(t *testing.T, now func() time.Time) storetest.Damageable {
		path := migrated(t)
		return onFile{open(t, path, sqlite.WithClock(now)), damager(path)}
	})
}
