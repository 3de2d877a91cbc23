package sqlite_test

import (
	"path/filepath"
	"testing"

	"globalmart/internal/store/sqlite"
	"globalmart/internal/store/storetest"
)

func TestAlerts(t *testing.T) {
	storetest.RunAlerts(t, func(t *testing.T) storetest.AlertStore {
		path := filepath.Join(t.TempDir(), "store.db")
		if _, err := sqlite.Migrate(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		s, err := sqlite.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	})
}
