// Package mart copies marts of the warehouse to a PostgreSQL database, schema mart, for
// dashboards that read SQL. Its tables belong to the schema of the live tables: see
// the migrations of store/postgres.
//
// A run is copied in one transaction that writes what changed, so a query sees one
// state, and table run says of which run it is. There is no row for a customer.
package mart

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/change"
)

// Config is what marts are copied by.
type Config struct {
	// Dial opens a connection to a database with the schema of this build.
	Dial func(context.Context) (*pgx.Conn, error)
	// Explain adds to an error of the connection what to do about it.
	Explain func(error) error
	Files   *change.Reader
	Shapes  []warehouse.Shape // of the tables of the warehouse
	// Of the amounts in minor units: code and decimal places.
	Currency string
	Digits   int
}

// Marts implements [warehouse.Mirror].
type Marts struct {
	cfg    Config
	tables []change.Table
}

var _ warehouse.Mirror = (*Marts)(nil)

// New returns the marts of a database. It fails if the warehouse lacks a table that
// one is made of.
func New(cfg Config) (*Marts, error) {
	tables, err := Tables(cfg.Shapes)
	if err != nil {
		return nil, err
	}
	return &Marts{cfg, tables}, nil
}

// Name implements [warehouse.Mirror].
func (*Marts) Name() string { return "postgres" }

// Follow implements [warehouse.Mirror].
func (m *Marts) Follow(ctx context.Context, to *warehouse.Manifest) (warehouse.Followed, error) {
	conn, err := m.cfg.Dial(ctx)
	if err != nil {
		return warehouse.Followed{}, err
	}
	followed, err := m.follow(ctx, conn, to)
	if err != nil && ctx.Err() != nil {
		err = ctx.Err() // of which the server says something else
	}
	err = errors.Join(m.cfg.Explain(err), conn.Close(context.WithoutCancel(ctx)))
	if err != nil {
		return warehouse.Followed{}, fmt.Errorf("schema mart: %w", err)
	}
	return followed, nil
}

// follow does so in one transaction.
func (m *Marts) follow(ctx context.Context, conn *pgx.Conn, to *warehouse.Manifest) (done warehouse.Followed, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		was, err := begin(ctx, tx)
		if err != nil {
			return err
		}
		for i := range m.tables {
			t := &m.tables[i]
			now := t.State(to)
			if was.tables[t.Name].Equal(now) {
				continue
			}
			c, err := m.cfg.Files.Changes(t, was.tables[t.Name], now)
			if err != nil {
				return err
			}
			if err := bring(ctx, tx, t, c, &done); err != nil {
				return fmt.Errorf("table %s: %w", t.Name, err)
			}
			if err := keep(ctx, tx, t.Name, now); err != nil {
				return err
			}
		}
		if was.run == to.Run {
			return nil
		}
		return m.sign(ctx, tx, to)
	})
	return done, err
}

// state is what a database has.
type state struct {
	run    string // "" = nothing
	tables map[string]change.State
}

// begin reads what the database has, and keeps others from copying until the
// transaction ends; readers are not kept.
func begin(ctx context.Context, tx pgx.Tx) (was state, err error) {
	if _, err := tx.Exec(ctx, "LOCK TABLE mart.run, mart.source IN SHARE ROW EXCLUSIVE MODE"); err != nil {
		return was, err
	}
	err = tx.QueryRow(ctx, "SELECT run FROM mart.run").Scan(&was.run)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return was, err
	}
	rows, err := tx.Query(ctx, "SELECT name, state FROM mart.source")
	if err != nil {
		return was, err
	}
	was.tables = map[string]change.State{}
	var name string
	var text []byte
	_, err = pgx.ForEachRow(rows, []any{&name, &text}, func() error {
		var s change.State
		err := json.Unmarshal(text, &s)
		was.tables[name] = s
		return err
	})
	return was, err
}

// keep notes what a table is made of now.
func keep(ctx context.Context, tx pgx.Tx, name string, now change.State) error {
	text, err := json.Marshal(now)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO mart.source (name, state) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET state = excluded.state", name, text)
	return err
}

// sign says of which run the tables are.
func (m *Marts) sign(ctx context.Context, tx pgx.Tx, to *warehouse.Manifest) error {
	asOf, err := time.Parse(time.DateOnly, to.AsOf)
	if err != nil {
		return fmt.Errorf("run %s: as of %q: %w", to.Run, to.AsOf, err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO mart.run (id, run, as_of, created, engine, rules, currency, currency_digits, copied_at)
		VALUES (1, $1, $2, $3, $4, $5, $6, $7, clock_timestamp())
		ON CONFLICT (id) DO UPDATE SET run = excluded.run, as_of = excluded.as_of, created = excluded.created, engine = excluded.engine, rules = excluded.rules,
			currency = excluded.currency, currency_digits = excluded.currency_digits, copied_at = excluded.copied_at`,
		to.Run, asOf, to.Created, to.Engine, to.Rules, m.cfg.Currency, m.cfg.Digits)
	return err
}

// names are the names of columns.
func names(columns []warehouse.Column) []string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = c.Name
	}
	return slices.Clip(all)
}
