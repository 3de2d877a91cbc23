// Package keys makes API keys and finds out whose a request is.
//
// A key is gm_<id>_<secret>. The id is no secret: it names the key in lists, logs and
// limits. The secret has 130 random bits and is kept nowhere; its SHA-256 is, in the
// store, which is enough for a secret that cannot be guessed. Hashes are compared in
// constant time.
//
// A [Ring] knows all keys of the store and looks again before what it knows is as old
// as [Stale]: a key that any process revokes, rotates or makes is so everywhere
// within that time. If the store cannot be asked by then the ring says
// [store.ErrUnavailable], and never that a key is unknown.
package keys

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// Scope is what a key may do.
type Scope string

// The scopes. None includes another.
const (
	Read   Scope = "read"   // ask questions
	Ingest Scope = "ingest" // send events
	Admin  Scope = "admin"  // operate the platform
)

// Scopes are all of them, sorted.
var Scopes = []Scope{Admin, Ingest, Read}

// ErrUnknown reports that no key has the secret, or none any more.
var ErrUnknown = errors.New("unknown API key")

// Key is a key without its secret.
type Key struct {
	ID     string // appears in logs and names the rate limit
	Scopes []Scope
	Limit  int64 // events a second that it may send; 0 = what the ingest allows

	hash [sha256.Size]byte // of the secret that it was found by
}

// Has reports whether the key has a scope.
func (k Key) Has(s Scope) bool { return slices.Contains(k.Scopes, s) }

// Fingerprint tells keys apart, also one from itself after a rotation. It is no secret.
func (k Key) Fingerprint() string { return k.ID + " " + string(k.hash[:4]) }

// Store keeps keys. Every adapter passes storetest.
type Store interface {
	// AddAPIKey adds a key. It fails if its id is taken.
	AddAPIKey(ctx context.Context, k store.APIKey) error
	// APIKeys returns all keys, those that are over too, the oldest first.
	APIKeys(ctx context.Context) ([]store.APIKey, error)
	// RotateAPIKey gives a key the secret with a hash; the one before is right until
	// previousUntil. It returns store.ErrNotFound if there is no such key or it is
	// revoked.
	RotateAPIKey(ctx context.Context, id string, hash [sha256.Size]byte, previousUntil event.Time) error
	// RevokeAPIKey ends a key for good; one that is revoked already stays so since it
	// was. It returns store.ErrNotFound if there is no such key.
	RevokeAPIKey(ctx context.Context, id string, at event.Time) error
	// UseAPIKeys notes when keys were last used, by their ids.
	UseAPIKeys(ctx context.Context, used map[string]event.Time) error
}

// MaxName bounds the name of a key, in bytes.
const MaxName = 100

// Issue makes a key and the text that its owner sends. life is how long it lasts, 0
// being for ever.
func Issue(name string, scopes []Scope, now time.Time, life time.Duration) (k store.APIKey, text string, err error) {
	name = strings.TrimSpace(name)
	switch {
	case name == "" || len(name) > MaxName:
		return k, "", fmt.Errorf("name %q: want 1 to %d bytes", name, MaxName)
	case len(scopes) == 0:
		return k, "", errors.New("no scope: want read, ingest or admin")
	}
	for _, s := range scopes {
		if !slices.Contains(Scopes, s) {
			return k, "", fmt.Errorf("scope %q: want read, ingest or admin", s)
		}
		k.Scopes = append(k.Scopes, string(s))
	}
	slices.Sort(k.Scopes)
	k.Scopes = slices.Compact(k.Scopes)
	k.ID, k.Name, k.Created = strings.ToLower(rand.Text()[:idLen]), name, event.TimeOf(now)
	if life > 0 {
		k.Expires = k.Created.Add(life)
	}
	text, k.Hash = Renew(k.ID)
	return k, text, nil
}

// idLen is the length of an id: 50 bits, so that no two are equal.
const idLen = 10

// Renew makes a new secret for a key: the text that its owner sends, and its hash.
func Renew(id string) (text string, hash [sha256.Size]byte) {
	secret := rand.Text()
	return prefix + id + "_" + secret, sha256.Sum256([]byte(secret))
}

const prefix = "gm_"

// split takes the text of a key apart.
func split(text string) (id, secret string, ok bool) {
	rest, ok := strings.CutPrefix(text, prefix)
	if !ok {
		return "", "", false
	}
	return strings.Cut(rest, "_")
}
