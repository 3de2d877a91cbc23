package sqlite

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"strings"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// The statements of API keys, one a file.
var (
	//go:embed query/add_api_key.sql
	addAPIKey string
	//go:embed query/list_api_keys.sql
	listAPIKeys string
	//go:embed query/rotate_api_key.sql
	rotateAPIKey string
	//go:embed query/revoke_api_key.sql
	revokeAPIKey string
	//go:embed query/use_api_key.sql
	useAPIKey string
)

// AddAPIKey implements keys.Store.
func (s *Store) AddAPIKey(ctx context.Context, k store.APIKey) error {
	err := s.writer.do(ctx, func(t *tx) error {
		_, err := t.exec(addAPIKey, k.ID, k.Name, strings.Join(k.Scopes, " "), k.Hash[:], k.Previous[:], int64(k.PreviousUntil),
			int64(k.Created), int64(k.LastUsed), int64(k.Expires), int64(k.Revoked), k.Limit)
		return err
	})
	if err != nil {
		return fmt.Errorf("sqlite: add API key %s: %w", k.ID, err)
	}
	return nil
}

// APIKeys implements keys.Store.
func (s *Store) APIKeys(ctx context.Context) ([]store.APIKey, error) {
	var keys []store.APIKey
	err := s.read(ctx, listAPIKeys, nil, func(rows *sql.Rows) error {
		var k store.APIKey
		var scopes string
		var hash, previous []byte
		err := rows.Scan(&k.ID, &k.Name, &scopes, &hash, &previous, &k.PreviousUntil, &k.Created, &k.LastUsed, &k.Expires, &k.Revoked, &k.Limit)
		k.Scopes = strings.Fields(scopes)
		copy(k.Hash[:], hash)
		copy(k.Previous[:], previous)
		keys = append(keys, k)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: list API keys: %w", err)
	}
	return keys, nil
}

// RotateAPIKey implements keys.Store.
func (s *Store) RotateAPIKey(ctx context.Context, id string, hash [32]byte, previousUntil event.Time) error {
	if err := s.changeAPIKey(ctx, rotateAPIKey, sql.Named("key", id), sql.Named("hash", hash[:]), sql.Named("until", int64(previousUntil))); err != nil {
		return fmt.Errorf("sqlite: rotate API key %s: %w", id, err)
	}
	return nil
}

// RevokeAPIKey implements keys.Store.
func (s *Store) RevokeAPIKey(ctx context.Context, id string, at event.Time) error {
	if err := s.changeAPIKey(ctx, revokeAPIKey, sql.Named("key", id), sql.Named("at", int64(at))); err != nil {
		return fmt.Errorf("sqlite: revoke API key %s: %w", id, err)
	}
	return nil
}

func (s *Store) changeAPIKey(ctx context.Context, text string, args ...any) error {
	return s.writer.do(ctx, func(t *tx) error {
		changed, err := t.exec(text, args...)
		if err == nil && changed == 0 {
			return store.ErrNotFound
		}
		return err
	})
}

// UseAPIKeys implements keys.Store.
func (s *Store) UseAPIKeys(ctx context.Context, used map[string]event.Time) error {
	err := s.writer.do(ctx, func(t *tx) error {
		for id, at := range used {
			if _, err := t.exec(useAPIKey, sql.Named("key", id), sql.Named("at", int64(at))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("sqlite: note the use of %d API keys: %w", len(used), err)
	}
	return nil
}
