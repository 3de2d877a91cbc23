package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Dial opens a connection to the database of a URL for what is not the store's own but
// lives beside it, in long transactions. It must have the schema of this build: see
// [Migrate]. The caller closes it.
func Dial(ctx context.Context, url string) (*pgx.Conn, error) {
	target, err := parse(url)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	conn, err := pgx.ConnectConfig(ctx, target.pool(publishing).ConnConfig)
	if err == nil {
		if err = errors.Join(checkServer(ctx, conn), checkVersion(ctx, conn)); err != nil {
			err = errors.Join(err, conn.Close(ctx))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("postgres: %s: %w", target.name, target.hide(explain(err)))
	}
	return conn, nil
}
