package chaos_test

import (
	"testing"

	"globalmart/internal/testenv"
)

// tables are the flags that name live tables: --data with the directory of a
// platform, and --store where they are not in its SQLite.
type tables []string

// dir is the directory of the platform.
func (at tables) dir() string { return at[1] }

// onSQLite are tables in a new directory.
func onSQLite(t *testing.T) tables {
	t.Helper()
	return tables{"--data", newDir(t)}
}

// onPostgres are tables on the server url beside a new directory.
func onPostgres(t *testing.T, url string) tables {
	t.Helper()
	return append(onSQLite(t), "--store", url)
}

// onEveryStore runs a test on each, beside other tests.
func onEveryStore(t *testing.T, test func(t *testing.T, at tables)) {
	t.Helper()
	long(t)
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, onSQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, onPostgres(t, testenv.Postgres(t)))
	})
}
