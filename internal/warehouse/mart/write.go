package mart

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/change"
)

// batch is how many rows are in memory at a time.
const batch = 10_000

// bring writes what a table lacks.
func bring(ctx context.Context, tx pgx.Tx, t *change.Table, c *change.Changes, done *warehouse.Followed) error {
	if c.Everything { // not TRUNCATE, which readers would wait for
		tag, err := tx.Exec(ctx, "DELETE FROM mart."+t.Name)
		if err != nil {
			return err
		}
		done.Removed += tag.RowsAffected()
	}
	removed, err := c.Removed(ctx, batch, func(keys [][]any) error {
		return through(ctx, tx, t, t.Key, keys, removal(t))
	})
	done.Removed += removed
	if err != nil {
		return err
	}
	put, err := c.Put(ctx, batch, func(rows [][]any) error {
		return through(ctx, tx, t, names(t.Columns), rows, upsert(t))
	})
	done.Put += put
	return err
}

// through copies rows to a temporary table of those columns, and has a statement take
// them from there.
func through(ctx context.Context, tx pgx.Tx, t *change.Table, columns []string, rows [][]any, statement string) error {
	for _, row := range rows {
		clean(row)
	}
	_, err := tx.Exec(ctx, fmt.Sprintf("CREATE TEMP TABLE incoming ON COMMIT DROP AS SELECT %s FROM mart.%s WITH NO DATA", strings.Join(columns, ", "), t.Name))
	if err != nil {
		return err
	}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"incoming"}, columns, pgx.CopyFromRows(rows)); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, statement); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "DROP TABLE incoming")
	return err
}

// removal deletes the rows whose keys came in.
func removal(t *change.Table) string {
	same := make([]string, len(t.Key))
	for i, k := range t.Key {
		same[i] = fmt.Sprintf("t.%s = i.%s", k, k)
	}
	return fmt.Sprintf("DELETE FROM mart.%s t USING incoming i WHERE %s", t.Name, strings.Join(same, " AND "))
}

// upsert puts the rows that came in.
func upsert(t *change.Table) string {
	columns := names(t.Columns)
	var set []string
	for _, c := range columns {
		if !slices.Contains(t.Key, c) {
			set = append(set, fmt.Sprintf("%s = excluded.%s", c, c))
		}
	}
	list := strings.Join(columns, ", ")
	return fmt.Sprintf("INSERT INTO mart.%s (%s) SELECT %s FROM incoming ON CONFLICT (%s) DO UPDATE SET %s",
		t.Name, list, list, strings.Join(t.Key, ", "), strings.Join(set, ", "))
}

// clean replaces what PostgreSQL's texts cannot have: NUL.
func clean(row []any) {
	for i, value := range row {
		if text, isText := value.(string); isText && strings.Contains(text, "\x00") {
			row[i] = strings.ReplaceAll(text, "\x00", "\u2400")
		}
	}
}
