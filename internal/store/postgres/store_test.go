package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"globalmart/internal/keys"
	"globalmart/internal/store"
	"globalmart/internal/store/postgres"
	"globalmart/internal/store/storetest"
	"globalmart/internal/testenv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ storetest.AlertStore = (*postgres.Store)(nil)

// migrated returns the URL of a new database with the current schema.
func migrated(t testing.TB) string {
	t.Helper()
	url := testenv.Postgres(t)
	if _, err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	return url
}

func open(t testing.TB, url string, options ...postgres.Option) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), url, options...)
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

// exec does something to a database behind the store's back.
func exec(ctx context.Context, url, statement string, args ...any) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement, args...)
	return err
}

// damageable is a store and the URL of its database.
type damageable struct {
	*postgres.Store
	url string
}

// DamageSnapshot implements [storetest.Damageable].
func (d damageable) DamageSnapshot(ctx context.Context, task store.TaskID, generation int64) error {
	return exec(ctx, d.url, `UPDATE snapshot SET offsets = '[]' WHERE family = $1 AND partition = $2 AND generation = $3`,
		string(task.Family), task.Partition, generation)
}

// emptied removes every row. It takes a fraction of the time that a new database
// takes.
func emptied(t *testing.T, url string) {
	t.Helper()
	err := exec(t.Context(), url, `DO $$ DECLARE name text; BEGIN
		FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('task', 'goose_db_version') LOOP
			EXECUTE 'DELETE FROM ' || name;
		END LOOP;
		DELETE FROM task; -- others refer to it
	END $$`)
	if err != nil {
		t.Fatal(err)
	}
}

func TestStoreKeepsEveryPromise(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	storetest.Run(t, func(t *testing.T, now func() time.Time) storetest.Damageable {
		emptied(t, url)
		return damageable{open(t, url, postgres.WithClock(now)), url}
	})
}

func TestAlertsKeepEveryPromise(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	storetest.RunAlerts(t, func(t *testing.T) storetest.AlertStore {
		emptied(t, url)
		return open(t, url)
	})
}

func TestJobsKeepEveryPromise(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	storetest.RunJobs(t, func(t *testing.T) storetest.JobStore {
		emptied(t, url)
		return open(t, url)
	})
}

func TestDeskKeepsEveryPromise(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	storetest.RunDesk(t, func(t *testing.T) storetest.DeskStore {
		emptied(t, url)
		return open(t, url)
	})
}

func TestKeysKeepEveryPromise(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	storetest.RunKeys(t, func(t *testing.T) keys.Store {
		emptied(t, url)
		return open(t, url)
	})
}
