package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"globalmart/internal/store/version"
)

//go:embed migration/*.sql
var migrations embed.FS

// Migrated tells what [Migrate] did: the schema's version before and after.
// Version 0 is an empty database.
type Migrated struct {
	From, To int64
}

// Migrate brings the database of a URL, which has to exist, to the schema of this
// build, in the first schema of its search_path. Doing it again changes nothing.
// Processes that migrate at the same time wait for each other. A database of a newer
// build is refused.
func Migrate(ctx context.Context, url string) (Migrated, error) {
	target, err := parse(url)
	if err != nil {
		return Migrated{}, fmt.Errorf("postgres: migrate: %w", err)
	}
	m, err := target.migrate(ctx)
	if err != nil {
		return m, fmt.Errorf("postgres: migrate %s: %w", target.name, target.hide(classify(err, false)))
	}
	return m, nil
}

func (t target) migrate(ctx context.Context) (m Migrated, err error) {
	config := t.pool(migrating).ConnConfig
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return m, err
	}
	err = checkServer(ctx, conn)
	if err == nil {
		m.From, err = versionOf(ctx, conn)
	}
	err = errors.Join(err, conn.Close(ctx))
	m.To = head()
	switch {
	case err != nil:
		return m, err
	case m.From >= m.To:
		return m, version.Check(m.From, head())
	}
	db := stdlib.OpenDB(*config)
	defer func() { err = errors.Join(err, db.Close()) }()
	return m, up(ctx, db)
}

// up applies what is missing, one process at a time.
func up(ctx context.Context, db *sql.DB) error {
	dir, err := fs.Sub(migrations, "migration")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, dir, goose.WithDisableGlobalRegistry(true), goose.WithSessionLocker(locker))
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// oldest is the oldest server that is known to work, as server_version_num.
const oldest = 160000

// server is what matters here of one: the last three are what a commit is worth.
type server struct {
	number   int32 // server_version_num
	encoding string
	commit   string // synchronous_commit of the session
	fsync    bool
	pages    bool // full_page_writes
}

// checkServer refuses a server that cannot keep the promises of this package.
func checkServer(ctx context.Context, conn *pgx.Conn) error {
	var s server
	if err := conn.QueryRow(ctx, getServer).Scan(&s.number, &s.encoding, &s.commit, &s.fsync, &s.pages); err != nil {
		return err
	}
	return s.check()
}

func (s server) check() error {
	switch {
	case s.number < oldest:
		return &Error{fmt.Errorf("the server is PostgreSQL %d", s.number/10_000), "use PostgreSQL 16 or newer"}
	case s.encoding != "UTF8":
		return &Error{fmt.Errorf("the database has the encoding %s", s.encoding), "make one with CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0"}
	case s.commit == "off":
		return &Error{
			errors.New("synchronous_commit is off although this session asked for it: a crash of the server would lose what it has confirmed"),
			"connect without a pooler that drops the settings of a session, or ALTER ROLE name SET synchronous_commit = on",
		}
	case !s.fsync || !s.pages:
		return &Error{
			errors.New("fsync or full_page_writes is off: a crash of the server's machine may damage the database"),
			"set fsync = on and full_page_writes = on in postgresql.conf and reload it",
		}
	}
	return nil
}

// head is the version that this build works with.
func head() int64 { return version.Newest(migrations, "migration") }

// versionOf reads the schema's version, 0 for an empty database.
func versionOf(ctx context.Context, conn *pgx.Conn) (int64, error) {
	var known bool
	if err := conn.QueryRow(ctx, hasVersion).Scan(&known); err != nil || !known {
		return 0, err
	}
	var v int64
	err := conn.QueryRow(ctx, getVersion).Scan(&v)
	return v, err
}

// checkVersion refuses a database that this build cannot work with.
func checkVersion(ctx context.Context, conn *pgx.Conn) error {
	v, err := versionOf(ctx, conn)
	if err != nil {
		return err
	}
	return version.Check(v, head())
}
