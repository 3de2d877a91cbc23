package postgres

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

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
	//go:embed query/use_api_keys.sql
	useAPIKeys string
)

// AddAPIKey implements keys.Store.
func (s *Store) AddAPIKey(ctx context.Context, k store.APIKey) error {
	err := s.do(ctx, func(t *tx) error {
		t.queue(addAPIKey, k.ID, storable(k.Name), strings.Join(k.Scopes, " "), k.Hash[:], k.Previous[:], int64(k.PreviousUntil),
			int64(k.Created), int64(k.LastUsed), int64(k.Expires), int64(k.Revoked), k.Limit)
		return t.send()
	})
	if err != nil {
		return fmt.Errorf("postgres: add API key %s: %w", k.ID, err)
	}
	return nil
}

// APIKeys implements keys.Store.
func (s *Store) APIKeys(ctx context.Context) ([]store.APIKey, error) {
	keys, err := list(ctx, s, func(row pgx.Rows) (k store.APIKey, err error) {
		var scopes string
		var hash, previous []byte
		err = row.Scan(&k.ID, &k.Name, &scopes, &hash, &previous, &k.PreviousUntil, &k.Created, &k.LastUsed, &k.Expires, &k.Revoked, &k.Limit)
		k.Scopes = strings.Fields(scopes)
		copy(k.Hash[:], hash)
		copy(k.Previous[:], previous)
		return k, err
	}, listAPIKeys)
	if err != nil {
		return nil, fmt.Errorf("postgres: list API keys: %w", err)
	}
	return keys, nil
}

// RotateAPIKey implements keys.Store.
func (s *Store) RotateAPIKey(ctx context.Context, id string, hash [32]byte, previousUntil event.Time) error {
	if err := s.changeAPIKey(ctx, rotateAPIKey, named{"key": id, "hash": hash[:], "until": int64(previousUntil)}); err != nil {
		return fmt.Errorf("postgres: rotate API key %s: %w", id, err)
	}
	return nil
}

// RevokeAPIKey implements keys.Store.
func (s *Store) RevokeAPIKey(ctx context.Context, id string, at event.Time) error {
	if err := s.changeAPIKey(ctx, revokeAPIKey, named{"key": id, "at": int64(at)}); err != nil {
		return fmt.Errorf("postgres: revoke API key %s: %w", id, err)
	}
	return nil
}

func (s *Store) changeAPIKey(ctx context.Context, text string, args named) error {
	return s.do(ctx, func(t *tx) error {
		var changed int64
		t.exec(&changed, text, args)
		if err := t.send(); err != nil {
			return err
		}
		if changed == 0 {
			return store.ErrNotFound
		}
		return nil
	})
}

// UseAPIKeys implements keys.Store.
func (s *Store) UseAPIKeys(ctx context.Context, used map[string]event.Time) error {
	r := newRows(2)
	for id, at := range used {
		r.text(id).num(int64(at))
	}
	err := s.do(ctx, func(t *tx) error {
		t.put(useAPIKeys, r)
		return t.send()
	})
	if err != nil {
		return fmt.Errorf("postgres: note the use of %d API keys: %w", len(used), err)
	}
	return nil
}
