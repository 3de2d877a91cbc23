package mart_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"globalmart/internal/batch"
	"globalmart/internal/batch/batchtest"
	"globalmart/internal/store/postgres"
	"globalmart/internal/testenv"
	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/change"
	"globalmart/internal/warehouse/mart"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shapes are those of the warehouse.
func shapes() []warehouse.Shape {
	var all []warehouse.Shape
	for _, t := range batch.Graph() {
		all = append(all, t.Shape())
	}
	return all
}

func tables(t testing.TB) []change.Table {
	t.Helper()
	all, err := mart.Tables(shapes())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// migrated is a new database with the schema.
func migrated(t testing.TB) string {
	t.Helper()
	url := testenv.Postgres(t)
	migrate(t, url)
	return url
}

func migrate(t testing.TB, url string) {
	t.Helper()
	if _, err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
}

// marts copies the warehouse in dir to the database of a URL.
func marts(t testing.TB, dir, url string) *mart.Marts {
	t.Helper()
	files, err := change.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Close() })
	m, err := mart.New(mart.Config{
		Dial:    func(ctx context.Context) (*pgx.Conn, error) { return postgres.Dial(ctx, url) },
		Explain: postgres.Explain, Files: files, Shapes: shapes(), Currency: "JPY", Digits: 0,
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func follow(t testing.TB, m *mart.Marts, to *warehouse.Manifest) warehouse.Followed {
	t.Helper()
	done, err := m.Follow(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

// text is the rows of a query, a line each.
func text(t testing.TB, conn *pgx.Conn, query string) string {
	t.Helper()
	rows, err := conn.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		values, err := row.Values()
		for i, v := range values {
			if day, ok := v.(time.Time); ok {
				values[i] = day.Format(time.DateOnly)
			}
		}
		return fmt.Sprintln(values...), err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "")
}

// content is what a table has, as PostgreSQL says it, and as the files say it.
func content(t testing.TB, conn *pgx.Conn, shop *batchtest.Shop, table *change.Table) (copied, made string) {
	t.Helper()
	columns := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		columns[i] = c.Name
	}
	query := table.Query
	if query == "" {
		query = "select * from {{table}}"
	}
	list, order := strings.Join(columns, ", "), strings.Join(table.Key, ", ")
	copied = text(t, conn, fmt.Sprintf("SELECT %s FROM mart.%s ORDER BY %s", list, table.Name, order))
	return copied, shop.Text(fmt.Sprintf("select %s from (%s) order by %s", list, strings.ReplaceAll(query, "{{table}}", table.From), order))
}

// TestEveryRunIsCopied: after each run the tables are what its files say, and only what changed was written.
func TestEveryRunIsCopied(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	shop := batchtest.NewShop(t)
	m, conn := marts(t, shop.Warehouse.Dir, url), connect(t, url)
	shop.Mirrors = []warehouse.Mirror{m}
	seen := map[string]bool{}
	for day, date := range []batch.Date{"2026-03-12", "2026-03-13"} {
		shop.Log(sales(day)...)
		result := shop.Run(date, batch.Jobs()...)
		rows := int64(0)
		for _, table := range tables(t) {
			copied, made := content(t, conn, shop, &table)
			if diff := cmp.Diff(made, copied); diff != "" {
				t.Errorf("as of %s: mart.%s is not what the files say (-files +copy):\n%s", date, table.Name, diff)
			}
			rows += int64(strings.Count(copied, "\n"))
			seen[table.Name] = seen[table.Name] || copied != ""
		}
		if got := result.Mirrors[0]; got.Put == 0 || day > 0 && got.Put >= rows || day == 0 && got.Put != rows {
			t.Errorf("as of %s: %d rows put of %d", date, got.Put, rows)
		}
		if got, want := text(t, conn, "SELECT run, as_of::text, engine, rules::text, currency, currency_digits FROM mart.run"), fmt.Sprintln(result.Run, date, result.Engine, 1, "JPY", 0); got != want {
			t.Errorf("mart.run is %q, want %q", got, want)
		}
	}
	for _, table := range tables(t) {
		if !seen[table.Name] {
			t.Errorf("mart.%s was always empty: nothing is proved of it", table.Name)
		}
	}
	if again := shop.Run("2026-03-13", batch.Jobs()...); again.Changed || again.Mirrors[0].Followed != (warehouse.Followed{}) {
		t.Errorf("the same run again wrote %+v", again.Mirrors[0])
	}
}

// TestACopyWithoutBooksIsMadeAnew: a migration that changes a table removes what its books say of it.
func TestACopyWithoutBooksIsMadeAnew(t *testing.T) {
	t.Parallel()
	url, w := migrated(t), newWriter(t)
	m, conn := marts(t, w.dir, url), connect(t, url)
	to := w.run(1)
	want := follow(t, m, to)
	if _, err := conn.Exec(t.Context(), "DELETE FROM mart.source; UPDATE mart.segment SET customers = 0; INSERT INTO mart.cohort (cohort, month) VALUES ('1999-01-01', '1999-01-01')"); err != nil {
		t.Fatal(err)
	}
	got := follow(t, m, to)
	if got.Put != want.Put || got.Removed != want.Put+1 {
		t.Errorf("wrote %+v, want %d rows put and one more removed", got, want.Put)
	}
	if bad := text(t, conn, "SELECT 1 FROM mart.segment WHERE customers <> 1 UNION ALL SELECT 2 FROM mart.cohort WHERE cohort = '1999-01-01'"); bad != "" {
		t.Errorf("what was there stayed: %s", bad)
	}
}

// TestSchema: the tables have the columns and keys of what is copied to them, and no others.
func TestSchema(t *testing.T) {
	t.Parallel()
	conn := connect(t, migrated(t))
	got := map[string]string{}
	rows, err := conn.Query(t.Context(), `SELECT table_name::text, string_agg(column_name || ' ' || data_type, E'\n' ORDER BY ordinal_position) FROM information_schema.columns
		WHERE table_schema = 'mart' AND table_name NOT IN ('run', 'source') GROUP BY table_name`)
	if err != nil {
		t.Fatal(err)
	}
	var name, columns string
	if _, err := pgx.ForEachRow(rows, []any{&name, &columns}, func() error { got[name] = columns; return nil }); err != nil {
		t.Fatal(err)
	}
	types := map[string]string{"bigint": "bigint", "int": "integer", "double": "double precision", "varchar": "text", "date": "date"}
	want := map[string]string{}
	for _, table := range tables(t) {
		var all []string
		for _, c := range table.Columns {
			all = append(all, c.Name+" "+types[c.Type])
		}
		want[table.Name] = strings.Join(all, "\n")
		key := primaryKey(t, conn, table.Name)
		if key != strings.Join(table.Key, ", ") {
			t.Errorf("mart.%s has the key %s, want %v", table.Name, key, table.Key)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("schema mart differs from what is copied (-copied +schema); add a migration of store/postgres:\n%s", diff)
	}
}

// primaryKey is that of a table of schema mart.
func primaryKey(t testing.TB, conn *pgx.Conn, table string) string {
	t.Helper()
	return strings.TrimSpace(text(t, conn, fmt.Sprintf(`SELECT string_agg(attname, ', ' ORDER BY array_position(indkey::int2[], attnum)) FROM pg_index
		JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey) WHERE indrelid = 'mart.%s'::regclass AND indisprimary`, table)))
}
