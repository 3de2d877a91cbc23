package sqlite_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"globalmart/internal/store"
	"globalmart/internal/store/sqlite"
)

func TestMigrate(t *testing.T) {
	t.Run("again changes nothing", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "store.db")
		first, err := sqlite.Migrate(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if first.From != 0 || first.To < 1 {
			t.Errorf("first: %+v", first)
		}
		again, err := sqlite.Migrate(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if again.From != first.To || again.To != first.To {
			t.Errorf("again: %+v, want %d to itself", again, first.To)
		}
	})
	t.Run("several at once agree", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "store.db")
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if _, err := sqlite.Migrate(t.Context(), path); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		open(t, path)
	})
	t.Run("keeps what is stored", func(t *testing.T) {
		path := migrated(t)
		task := store.TaskID{Family: store.Shopping}
		if _, err := open(t, path).Claim(t.Context(), task, "owner"); err != nil {
			t.Fatal(err)
		}
		if _, err := sqlite.Migrate(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		if epoch, _, err := open(t, path).Positions(t.Context(), task); err != nil || epoch != 1 {
			t.Errorf("epoch %d, error %v", epoch, err)
		}
	})
}

// execute runs a statement on the file at path past the store.
func execute(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func TestOpenSaysWhatIsWrongAndHowToMendIt(t *testing.T) {
	for name, test := range map[string]struct {
		path func(t *testing.T) string
		want []string
	}{
		"no file": {
			func(t *testing.T) string { return filepath.Join(t.TempDir(), "store.db") },
			[]string{"no such file", "globalmart migrate"},
		},
		"no directory": {
			func(t *testing.T) string { return filepath.Join(t.TempDir(), "no", "store.db") },
			[]string{"no such file"},
		},
		"a directory": {
			func(t *testing.T) string { return t.TempDir() },
			[]string{"it is a directory", "name the file"},
		},
		"not a database": {
			func(t *testing.T) string {
				path := filepath.Join(t.TempDir(), "store.db")
				if err := os.WriteFile(path, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
					t.Fatal(err)
				}
				return path
			},
			[]string{"move this one away: it is not of SQLite"},
		},
		"an empty file": {
			func(t *testing.T) string {
				path := filepath.Join(t.TempDir(), "store.db")
				if err := os.WriteFile(path, nil, 0o600); err != nil {
					t.Fatal(err)
				}
				return path
			},
			[]string{"schema is version 0", "globalmart migrate"},
		},
		"an older schema": {
			func(t *testing.T) string {
				path := migrated(t)
				execute(t, path, `DELETE FROM goose_db_version WHERE version_id > 0`)
				return path
			},
			[]string{"schema is version 0", "globalmart migrate"},
		},
		"a newer schema": {
			func(t *testing.T) string {
				path := migrated(t)
				execute(t, path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`)
				return path
			},
			[]string{"schema is version 999", "newer globalmart"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := test.path(t)
			s, err := sqlite.Open(t.Context(), path)
			if err == nil {
				t.Fatal("no error", s.Close())
			}
			for _, part := range append(test.want, path) {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
		})
	}
}

func TestMigrateSaysWhatIsWrong(t *testing.T) {
	newer := migrated(t)
	execute(t, newer, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`)
	for path, want := range map[string]string{
		filepath.Join(t.TempDir(), "no", "store.db"): "make its directory",
		newer: "schema is version 999",
		// Nobody, not even root, can create a file there.
		"/proc/store.db": "make its directory, or make it writable",
	} {
		_, err := sqlite.Migrate(t.Context(), path)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v does not say %q", path, err, want)
		}
	}
}

func TestAFileThatCannotBeWrittenIsRefused(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everything")
	}
	path := migrated(t)
	dir := filepath.Dir(path)
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Error(err)
		}
	})
	s, err := sqlite.Open(t.Context(), path)
	if err == nil {
		t.Fatal("no error", s.Close())
	}
	if !strings.Contains(err.Error(), "writ") {
		t.Errorf("error %q", err)
	}
}

func TestAPathMayHoldAnyCharacters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?mode=ro&ü#%41.db")
	if _, err := sqlite.Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}
