package storetest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"

	"globalmart/internal/event"
	"globalmart/internal/keys"
	"globalmart/internal/store"
)

// MemoryKeys is a store of keys for tests.
type MemoryKeys struct {
	mu    sync.Mutex
	keys  []store.APIKey
	asked int
	err   error
}

var _ keys.Store = (*MemoryKeys)(nil)

// Fail makes every call from now on fail with err; nil mends it.
func (m *MemoryKeys) Fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

// Asked is how often the keys were listed.
func (m *MemoryKeys) Asked() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.asked
}

// AddAPIKey implements [keys.Store].
func (m *MemoryKeys) AddAPIKey(_ context.Context, k store.APIKey) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	if m.find(k.ID) != nil {
		return fmt.Errorf("API key %s is there already", k.ID)
	}
	m.keys = append(m.keys, k)
	return nil
}

// APIKeys implements [keys.Store].
func (m *MemoryKeys) APIKeys(context.Context) ([]store.APIKey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	return slices.SortedFunc(slices.Values(m.keys), func(a, b store.APIKey) int {
		return cmp.Or(cmp.Compare(a.Created, b.Created), cmp.Compare(a.ID, b.ID))
	}), m.err
}

// RotateAPIKey implements [keys.Store].
func (m *MemoryKeys) RotateAPIKey(_ context.Context, id string, hash [sha256.Size]byte, previousUntil event.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.find(id)
	if k == nil || k.Revoked > 0 {
		return store.ErrNotFound
	}
	k.Previous, k.PreviousUntil, k.Hash = k.Hash, previousUntil, hash
	return m.err
}

// RevokeAPIKey implements [keys.Store].
func (m *MemoryKeys) RevokeAPIKey(_ context.Context, id string, at event.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.find(id)
	if k == nil {
		return store.ErrNotFound
	}
	k.Revoked = cmp.Or(k.Revoked, at)
	return m.err
}

// UseAPIKeys implements [keys.Store].
func (m *MemoryKeys) UseAPIKeys(_ context.Context, used map[string]event.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, at := range used {
		if k := m.find(id); k != nil {
			k.LastUsed = max(k.LastUsed, at)
		}
	}
	return m.err
}

func (m *MemoryKeys) find(id string) *store.APIKey {
	for i := range m.keys {
		if m.keys[i].ID == id {
			return &m.keys[i]
		}
	}
	return nil
}
