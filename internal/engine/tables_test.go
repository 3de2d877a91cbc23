package engine

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver for a look behind a store's back

	"globalmart/internal/store"
	"globalmart/internal/store/postgres"
	"globalmart/internal/store/sqlite"
	"globalmart/internal/testenv"
)

// rigStore is what the tests ask of a store.
type rigStore interface {
	Ledger[*store.Changes]
	View(ctx context.Context) (store.View, error)
	Products(ctx context.Context, ids []string) (map[string]store.Product, error)
	Customer(ctx context.Context, id string) (store.Customer, error)
	Close() error
}

// liveTables are live tables of one kind.
type liveTables interface {
	// open opens a store on them.
	open(r *rig) rigStore
	// another makes empty ones of the same kind.
	another(r *rig) liveTables
	// damage changes rows behind the store's back.
	damage(r *rig, how damage)
	// dump is every row of every table, but for what is not compared.
	dump(r *rig) map[string][]string
}

// damage is a way to damage snapshots.
type damage int

const (
	bitsOfNewest damage = iota
	bitsOfAll
	cutNewest
	rowOfNewest
	everyRow
)

// newestOnly restricts a statement on a table to the newest generation of each task.
func newestOnly(table string) string {
	return fmt.Sprintf(` WHERE generation = (SELECT max(generation) FROM snapshot s WHERE s.family = %[1]s.family AND s.partition = %[1]s.partition)`, table)
}

// statements are those of a dialect that damage and dump.
type statements struct {
	driver          string
	flip, cut, row  string
	tables, columns string // the names of tables, and of the columns of one
	quote           string // function that tells values apart
	perPart         []string
}

var sqliteStatements = statements{
	driver: "sqlite3",
	flip:   `UPDATE snapshot_state SET data = CAST(substr(data, 1, length(data) / 2) || x'00ff' || substr(data, length(data) / 2 + 3) AS BLOB)`,
	cut:    `UPDATE snapshot_state SET data = substr(data, 1, 100)`,
	row:    `UPDATE snapshot SET offsets = substr(offsets, 2)`,
	tables: `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`, columns: `SELECT name FROM pragma_table_info('%s')`,
	quote: "quote", perPart: []string{"sales_minute_country", "sales_minute_category", "sales_hour"},
}

var postgresStatements = statements{
	driver: "pgx",
	flip:   `UPDATE snapshot_state SET data = overlay(data PLACING '\x00ff'::bytea FROM length(data) / 2)`,
	cut:    `UPDATE snapshot_state SET data = substr(data, 1, 100)`,
	row:    `UPDATE snapshot SET offsets = '[]'`,
	tables: `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`, columns: `SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '%s' ORDER BY ordinal_position`,
	quote: "quote_nullable", perPart: []string{"sales_minute_country", "sales_minute_category", "sales_hour", "stock"},
}

// file is a SQLite file.
type file struct{ path string }

func newFile(r *rig) liveTables {
	r.Helper()
	f := file{filepath.Join(r.TempDir(), "store.db")}
	_, err := sqlite.Migrate(r.Context(), f.path)
	r.must(err)
	return f
}

func (f file) open(r *rig) rigStore {
	r.Helper()
	s, err := sqlite.Open(r.Context(), f.path)
	r.must(err)
	return s
}

func (file) another(r *rig) liveTables { return newFile(r) }

func (f file) damage(r *rig, how damage) {
	r.Helper()
	sqliteStatements.damage(r, f.path, how)
}

func (f file) dump(r *rig) map[string][]string {
	r.Helper()
	return sqliteStatements.dump(r, "file:"+f.path+"?mode=ro")
}

// database is a PostgreSQL database.
type database struct{ url string }

func newDatabase(r *rig) liveTables {
	r.Helper()
	d := database{testenv.Postgres(r.T)}
	_, err := postgres.Migrate(r.Context(), d.url)
	r.must(err)
	return d
}

func (d database) open(r *rig) rigStore {
	r.Helper()
	s, err := postgres.Open(r.Context(), d.url)
	r.must(err)
	return s
}

func (database) another(r *rig) liveTables { return newDatabase(r) }

func (d database) damage(r *rig, how damage) {
	r.Helper()
	postgresStatements.damage(r, d.url, how)
}

func (d database) dump(r *rig) map[string][]string {
	r.Helper()
	return postgresStatements.dump(r, d.url)
}

func (s *statements) damage(r *rig, source string, how damage) {
	r.Helper()
	db, err := sql.Open(s.driver, source)
	r.must(err)
	defer db.Close()
	query := map[damage]string{
		bitsOfNewest: s.flip + newestOnly("snapshot_state"), bitsOfAll: s.flip, cutNewest: s.cut + newestOnly("snapshot_state"),
		rowOfNewest: s.row + newestOnly("snapshot"), everyRow: s.row,
	}[how]
	result, err := db.ExecContext(r.Context(), query)
	r.must(err)
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		r.Fatalf("%d rows changed (%v) by %s", n, err, query)
	}
}

func (s *statements) dump(r *rig, source string) map[string][]string {
	r.Helper()
	db, err := sql.Open(s.driver, source)
	r.must(err)
	defer db.Close()
	all := map[string][]string{}
	for _, name := range r.column(db, s.tables) {
		if slices.Contains(uncomparedTables, name) {
			continue
		}
		columns := slices.DeleteFunc(r.column(db, fmt.Sprintf(s.columns, name)), func(c string) bool {
			return slices.Contains(uncomparedColumns, c)
		})
		group := ""
		if slices.Contains(s.perPart, name) { // a row for each part that wrote it
			columns = slices.DeleteFunc(columns, func(c string) bool { return c == "part" })
			keys := slices.DeleteFunc(slices.Clone(columns), func(c string) bool {
				return !slices.Contains([]string{"start", "country", "category", "product_id"}, c)
			})
			for i, c := range columns[len(keys):] {
				columns[len(keys)+i] = "sum(" + c + ")"
			}
			group = " GROUP BY " + strings.Join(keys, ", ")
		}
		for i, c := range columns {
			columns[i] = s.quote + "(" + c + ")"
		}
		all[name] = r.column(db, fmt.Sprintf("SELECT %s AS line FROM %s%s ORDER BY line", strings.Join(columns, " || ' ' || "), name, group))
	}
	return all
}

func (r *rig) column(db *sql.DB, query string) (values []string) {
	r.Helper()
	rows, err := db.QueryContext(r.Context(), query)
	r.must(err)
	defer rows.Close()
	for rows.Next() {
		var v string
		r.must(rows.Scan(&v))
		values = append(values, v)
	}
	r.must(rows.Err())
	return values
}
