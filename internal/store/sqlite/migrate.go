package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"globalmart/internal/store/version"
)

//go:embed migration/*.sql
var migrations embed.FS

// Migrated tells what [Migrate] did: the schema's version before and after.
// Version 0 is an empty file.
type Migrated struct {
	From, To int64
}

// Migrate creates the file at path if there is none, its directory has to
// exist, and brings it to the schema of this build. Doing it again changes
// nothing. A file of a newer build is refused.
func Migrate(ctx context.Context, path string) (m Migrated, err error) {
	db := sql.OpenDB(newConnector(path, "mode=rwc&_txlock=immediate", writing))
	defer func() { err = errors.Join(err, db.Close()) }()
	m, err = migrate(ctx, db)
	if err != nil {
		return m, fmt.Errorf("sqlite: migrate %s: %w", path, explain(err))
	}
	return m, nil
}

func migrate(ctx context.Context, db *sql.DB) (Migrated, error) {
	var m Migrated
	have, err := versionOf(ctx, db)
	if err != nil {
		return m, err
	}
	m.From, m.To = have, head()
	if m.From >= m.To {
		return m, version.Check(m.From, head())
	}
	dir, err := fs.Sub(migrations, "migration")
	if err != nil {
		return m, err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, dir, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return m, err
	}
	for {
		_, err := p.Up(ctx)
		if err == nil {
			return m, nil
		}
		// Another process may have been quicker, in one of the steps or in all.
		now, versionErr := versionOf(ctx, db)
		if versionErr == nil && now >= m.To {
			return m, nil
		}
		if versionErr != nil || now <= have {
			return m, err
		}
		have = now
	}
}

// head is the version that this build works with.
func head() int64 { return version.Newest(migrations, "migration") }

// versionOf reads the schema's version, 0 for an empty file.
func versionOf(ctx context.Context, db *sql.DB) (int64, error) {
	var known bool
	if err := db.QueryRowContext(ctx, hasVersion).Scan(&known); err != nil || !known {
		return 0, err
	}
	var v int64
	err := db.QueryRowContext(ctx, getVersion).Scan(&v)
	return v, err
}

// checkVersion refuses a file that this build cannot work with.
func checkVersion(ctx context.Context, db *sql.DB) error {
	v, err := versionOf(ctx, db)
	if err != nil {
		return err
	}
	return version.Check(v, head())
}
