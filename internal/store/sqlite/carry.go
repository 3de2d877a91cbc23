package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// notFromTheLog are the tables that cannot be made anew from the log, in an order in
// which rows may be added. Every other table can.
var notFromTheLog = []string{"alert_lease", "alert", "alert_notice", "alert_delivery", "demand", "schedule_lease", "job_run", "api_key", "report", "errand"}

// ErrInUse reports that another process has the file open.
var ErrInUse = errors.New("another process has the file open")

// Carry copies, from the store at from to the one at to, what is not made from the
// log: alerts and what belongs to them, runs of batch jobs, API keys, and what processes left for each other. to must have the
// schema of this build and none of these rows yet; of from, tables and columns that
// it lacks are left out.
func Carry(ctx context.Context, from, to string) (err error) {
	if err := mustExist(from); err != nil {
		return fmt.Errorf("sqlite: carry from %s: %w", from, err)
	}
	db := connect(to, writing)
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx) // attached databases are a connection's
	if err != nil {
		return fmt.Errorf("sqlite: carry to %s: %w", to, explain(err))
	}
	defer conn.Close()
	if err := carry(ctx, conn, from); err != nil {
		return fmt.Errorf("sqlite: carry from %s to %s: %w", from, to, explain(err))
	}
	return nil
}

func carry(ctx context.Context, conn *sql.Conn, from string) error {
	if _, err := conn.ExecContext(ctx, "ATTACH ? AS old", from); err != nil {
		return err
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	for _, table := range notFromTheLog {
		there, err := columns(ctx, tx, "old", table)
		if err != nil {
			return err
		}
		here, err := columns(ctx, tx, "main", table)
		if err != nil {
			return err
		}
		both := slices.DeleteFunc(here, func(c string) bool { return !slices.Contains(there, c) })
		if len(both) == 0 {
			continue
		}
		list := strings.Join(both, ", ") // names of ours, from the schema
		if _, err := tx.ExecContext(ctx, "INSERT INTO main."+table+" ("+list+") SELECT "+list+" FROM old."+table); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// columns are the columns of a table that are stored; none if there is no table.
func columns(ctx context.Context, tx *sql.Tx, schema, table string) (names []string, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT name FROM pragma_table_info(?, ?)", table, schema)
	if err != nil {
		return nil, err
	}
	err = each(rows, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		names = append(names, name)
		return err
	})
	return names, err
}

// Settle brings the write-ahead log of the store at path into the file, so that the
// file alone is the store and may be moved. It is ErrInUse if another process has
// the store open.
func Settle(ctx context.Context, path string) (err error) {
	if err := mustExist(path); err != nil {
		return fmt.Errorf("sqlite: settle %s: %w", path, err)
	}
	db := sql.OpenDB(newConnector(path, "mode=rw", []string{"PRAGMA busy_timeout = 500"})) // ms
	defer func() { err = errors.Join(err, db.Close()) }()
	// To give up the write-ahead log takes the file for oneself. The next start makes
	// a new one.
	var mode string
	err = db.QueryRowContext(ctx, "PRAGMA journal_mode = DELETE").Scan(&mode)
	switch {
	case busy(err), err == nil && mode != "delete":
		return fmt.Errorf("sqlite: settle %s: %w", path, ErrInUse)
	case err != nil:
		return fmt.Errorf("sqlite: settle %s: %w", path, explain(err))
	}
	return nil
}
