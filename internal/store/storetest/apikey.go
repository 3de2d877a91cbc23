package storetest

import (
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"globalmart/internal/event"
	"globalmart/internal/keys"
	"globalmart/internal/store"
)

// RunKeys tests what open returns.
func RunKeys(t *testing.T, open func(t *testing.T) keys.Store) {
	for name, test := range map[string]func(*keyFixture){
		"a key is listed as it was added, the oldest first": keysAreListed,
		"an id is taken once":                               keyIDsAreUnique,
		"a rotation keeps the secret before":                keysRotate,
		"a key is revoked once":                             keysAreRevoked,
		"the last use is the latest":                        keysAreUsed,
	} {
		t.Run(name, func(t *testing.T) { test(&keyFixture{&fixture{T: t}, open(t)}) })
	}
}

type keyFixture struct {
	*fixture
	s keys.Store
}

const keyTime event.Time = 1772446830000

func exampleKey(id string, created event.Time) store.APIKey {
	return store.APIKey{
		ID: id, Name: "Grafana of the “west” shop", Scopes: []string{"ingest", "read"}, Hash: sha256.Sum256([]byte(id)),
		Created: created, Expires: created.Add(time.Hour), Limit: 1 << 40,
	}
}

func (f *keyFixture) add(k store.APIKey) store.APIKey {
	f.Helper()
	f.check(f.s.AddAPIKey(f.Context(), k))
	return k
}

func (f *keyFixture) want(want ...store.APIKey) {
	f.Helper()
	got, err := f.s.APIKeys(f.Context())
	f.check(err)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		f.Errorf("keys (-want +got):\n%s", diff)
	}
}

func keysAreListed(f *keyFixture) {
	f.want()
	b := f.add(exampleKey("b", keyTime+1))
	c := exampleKey("c", keyTime)
	c.Limit = 0
	f.add(c)
	a := f.add(exampleKey("a", keyTime+1))
	f.want(c, a, b)
}

func keyIDsAreUnique(f *keyFixture) {
	k := f.add(exampleKey("a", keyTime))
	other := k
	other.Name = "another"
	if err := f.s.AddAPIKey(f.Context(), other); err == nil {
		f.Error("an id was taken twice")
	}
	f.want(k)
}

func keysRotate(f *keyFixture) {
	k, other := f.add(exampleKey("a", keyTime)), f.add(exampleKey("b", keyTime))
	for _, secret := range []string{"second", "third"} {
		k.Previous, k.PreviousUntil, k.Hash = k.Hash, k.PreviousUntil+7, sha256.Sum256([]byte(secret))
		f.check(f.s.RotateAPIKey(f.Context(), "a", k.Hash, k.PreviousUntil))
		f.want(k, other)
	}
	f.check(f.s.RevokeAPIKey(f.Context(), "b", keyTime+5))
	other.Revoked = keyTime + 5
	for _, id := range []string{"b", "unknown"} {
		if err := f.s.RotateAPIKey(f.Context(), id, k.Hash, 0); !errors.Is(err, store.ErrNotFound) {
			f.Errorf("rotating %s: %v, want %v", id, err, store.ErrNotFound)
		}
	}
	f.want(k, other)
}

func keysAreRevoked(f *keyFixture) {
	k, other := f.add(exampleKey("a", keyTime)), f.add(exampleKey("b", keyTime))
	k.Revoked = keyTime + 9
	for _, at := range []event.Time{k.Revoked, k.Revoked + 1} {
		f.check(f.s.RevokeAPIKey(f.Context(), "a", at))
		f.want(k, other)
	}
	if err := f.s.RevokeAPIKey(f.Context(), "unknown", keyTime); !errors.Is(err, store.ErrNotFound) {
		f.Errorf("revoking what is not there: %v, want %v", err, store.ErrNotFound)
	}
}

func keysAreUsed(f *keyFixture) {
	a, b := f.add(exampleKey("a", keyTime)), f.add(exampleKey("b", keyTime))
	a.LastUsed, b.LastUsed = keyTime+10, keyTime+20
	f.check(f.s.UseAPIKeys(f.Context(), map[string]event.Time{"a": a.LastUsed, "b": b.LastUsed, "unknown": keyTime}))
	f.want(a, b)
	b.LastUsed++
	f.check(f.s.UseAPIKeys(f.Context(), map[string]event.Time{"a": keyTime + 5, "b": b.LastUsed}))
	f.want(a, b)
	f.check(f.s.UseAPIKeys(f.Context(), nil))
	f.want(a, b)
}
