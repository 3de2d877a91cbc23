// Package duckdb opens DuckDB in one way: in memory, bounded, and shut off from
// everything but the folders it was given.
//
// An open database reads and writes files below Config.Dirs, and nothing else: no
// other file, no network, no extension that is not built in. It keeps its memory
// below Config.Memory and spills to a folder of its own, which Close removes. Times
// without a zone are UTC. None of this can be changed by a statement.
//
// A database is private to its handle, so any number of processes can read the same
// files at the same time.
package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// Config bounds a database. Every field but Dirs and TempDir has a default.
type Config struct {
	Memory  int64    // bytes that buffers may take; 0 = 512 MiB
	Threads int      // 0 = one for each core
	Dirs    []string // folders whose files may be read and written, with all below
	// KeepFooters keeps the footers of Parquet files that were read: for files that
	// never change, read again and again.
	KeepFooters bool
	TempDir     string // where the folder of what does not fit in memory is made; "" = that of the system
}

const defaultMemory = 512 << 20

// DB is an open database. It is safe for concurrent use; every statement may run on
// a connection of its own, all see the same tables and views.
type DB struct {
	*sql.DB
	spill *spill
}

// Open opens an empty database. The caller closes it.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	dirs, err := absolute(cfg.Dirs)
	if err != nil {
		return nil, err
	}
	spill, err := newSpill(cfg.TempDir)
	if err != nil {
		return nil, err
	}
	db, err := open(ctx, cfg, dirs, spill.path)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("duckdb: open: %w", err), spill.remove())
	}
	return &DB{db, spill}, nil
}

func open(ctx context.Context, cfg Config, dirs []string, spill string) (*sql.DB, error) {
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	for _, statement := range cfg.settings(dirs, spill) {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", statement, err), db.Close())
		}
	}
	return db, nil
}

// settings are the statements that make a database what the package says. The last
// one forbids any more of them.
func (cfg Config) settings(dirs []string, spill string) []string {
	memory := cfg.Memory
	if memory == 0 {
		memory = defaultMemory
	}
	quoted := make([]string, len(dirs))
	for i, d := range dirs {
		quoted[i] = Quote(d)
	}
	all := []string{
		fmt.Sprintf("set global memory_limit = '%dB'", memory),
		"set global temp_directory = " + Quote(spill),
		"set global TimeZone = 'UTC'",
		"set global Calendar = 'gregorian'",
		"set global autoinstall_known_extensions = false",
		"set global autoload_known_extensions = false",
		"set global allow_community_extensions = false",
		"set global allowed_directories = [" + strings.Join(quoted, ", ") + "]",
		"set global enable_external_access = false",
		"set global lock_configuration = true",
	}
	if cfg.KeepFooters {
		all = append([]string{"set global parquet_metadata_cache = true"}, all...)
	}
	if cfg.Threads > 0 {
		all = append([]string{fmt.Sprintf("set global threads = %d", cfg.Threads)}, all...)
	}
	return all
}

// absolute returns dirs as DuckDB compares them.
func absolute(dirs []string) ([]string, error) {
	all := make([]string, len(dirs))
	for i, d := range dirs {
		abs, err := filepath.Abs(d)
		if err != nil {
			return nil, fmt.Errorf("duckdb: folder %s: %w", d, err)
		}
		all[i] = abs
	}
	return all, nil
}

// Close closes the database and removes what it spilled.
func (db *DB) Close() error {
	return errors.Join(db.DB.Close(), db.spill.remove())
}

// Quote returns text as a literal of SQL.
func Quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
