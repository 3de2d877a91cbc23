package keys

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

const (
	// Stale is how old what a ring knows may be.
	Stale = 900 * time.Millisecond
	// renew is the age at which it looks again while it still answers.
	renew = Stale / 2
	// askTime bounds one look into the store.
	askTime = 5 * time.Second
	// noteEvery is the least time between two notes of when keys were last used.
	noteEvery = time.Minute
)

// Config is what a ring is made of.
type Config struct {
	Store Store // nil: only the keys that are added are known
	Now   func() time.Time
	Log   *slog.Logger
}

// Ring finds keys. It is safe for concurrent use.
type Ring struct {
	cfg     Config
	fixed   []Key
	known   atomic.Pointer[snapshot]
	asking  singleflight.Group
	noting  atomic.Bool
	noted   atomic.Int64 // when uses were last noted, Unix milliseconds
	noteErr atomic.Bool  // whether that failed
}

// snapshot is what the store held at a time.
type snapshot struct {
	at   time.Time // when it was asked
	byID map[string]*record
}

type record struct {
	key             Key
	previous        [sha256.Size]byte
	previousUntil   event.Time
	expires         event.Time
	used, usedNoted *atomic.Int64 // Unix milliseconds
}

// NewRing returns a ring that has not asked the store yet.
func NewRing(cfg Config) *Ring { return &Ring{cfg: cfg} }

// Add adds a key of the configuration: text is all of it. Of several with one text the
// last is found. It must not be called once keys are looked for.
func (r *Ring) Add(id string, scopes []Scope, text string) Key {
	k := Key{ID: id, Scopes: scopes, hash: sha256.Sum256([]byte(text))}
	r.fixed = append(r.fixed, k)
	return k
}

// Find returns the key that has a text, or [ErrUnknown]. It takes the same time
// however much of the secret is right.
func (r *Ring) Find(ctx context.Context, text string) (Key, error) {
	if k, ok := r.findFixed(sha256.Sum256([]byte(text))); ok {
		return k, nil
	}
	id, secret, ok := split(text)
	if !ok || r.cfg.Store == nil {
		return Key{}, ErrUnknown
	}
	return r.find(ctx, id, sha256.Sum256([]byte(secret)))
}

// Check returns [ErrUnknown] if a key that was found is no longer right.
func (r *Ring) Check(ctx context.Context, k Key) error {
	if _, ok := r.findFixed(k.hash); ok {
		return nil
	}
	if r.cfg.Store == nil {
		return ErrUnknown
	}
	_, err := r.find(ctx, k.ID, k.hash)
	return err
}

func (r *Ring) findFixed(hash [sha256.Size]byte) (found Key, ok bool) {
	for _, f := range r.fixed {
		if subtle.ConstantTimeCompare(hash[:], f.hash[:]) == 1 {
			found, ok = f, true
		}
	}
	return found, ok
}

func (r *Ring) find(ctx context.Context, id string, hash [sha256.Size]byte) (Key, error) {
	now := r.cfg.Now()
	s, err := r.current(ctx, now)
	if err != nil {
		return Key{}, err
	}
	rec := s.byID[id]
	if rec == nil {
		return Key{}, ErrUnknown
	}
	at := event.TimeOf(now)
	right := subtle.ConstantTimeCompare(hash[:], rec.key.hash[:]) == 1
	before := subtle.ConstantTimeCompare(hash[:], rec.previous[:]) == 1 && at < rec.previousUntil
	if !right && !before || rec.expires > 0 && at >= rec.expires {
		return Key{}, ErrUnknown
	}
	rec.used.Store(int64(at))
	k := rec.key
	k.hash = hash
	return k, nil
}

// current returns what the store held less than [Stale] ago.
func (r *Ring) current(ctx context.Context, now time.Time) (*snapshot, error) {
	s := r.known.Load()
	if s != nil && now.Sub(s.at) < renew {
		return s, nil
	}
	asked := r.asking.DoChan("", func() (any, error) { return r.ask(context.WithoutCancel(ctx)) })
	if s != nil && now.Sub(s.at) < Stale {
		return s, nil
	}
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("keys: %w", ctx.Err())
	case result := <-asked:
		if result.Err != nil {
			return nil, result.Err
		}
		return result.Val.(*snapshot), nil
	}
}

// ask reads the keys of the store that are not over.
func (r *Ring) ask(ctx context.Context) (*snapshot, error) {
	before := r.known.Load()
	now := r.cfg.Now()
	if before != nil && now.Sub(before.at) < renew {
		return before, nil // another one asked in between
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	all, err := r.cfg.Store.APIKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("keys: %w: %w", store.ErrUnavailable, err)
	}
	s := &snapshot{at: now, byID: make(map[string]*record, len(all))}
	for i := range all {
		k := &all[i]
		if k.Revoked > 0 {
			continue
		}
		rec := &record{
			key:      Key{ID: k.ID, Scopes: scopesOf(k.Scopes), Limit: k.Limit, hash: k.Hash},
			previous: k.Previous, previousUntil: k.PreviousUntil, expires: k.Expires,
			used: &atomic.Int64{}, usedNoted: &atomic.Int64{},
		}
		if before != nil && before.byID[k.ID] != nil {
			rec.used, rec.usedNoted = before.byID[k.ID].used, before.byID[k.ID].usedNoted
		}
		s.byID[k.ID] = rec
	}
	r.known.Store(s)
	if now.UnixMilli()-r.noted.Load() >= noteEvery.Milliseconds() && r.noting.CompareAndSwap(false, true) {
		go func() {
			defer r.noting.Store(false)
			r.note(context.WithoutCancel(ctx), s, now)
		}()
	}
	return s, nil
}

func scopesOf(names []string) []Scope {
	scopes := make([]Scope, len(names))
	for i, n := range names {
		scopes[i] = Scope(n)
	}
	return scopes
}

// note writes when keys were last used. Nobody waits for it, and what fails is
// written the next time.
func (r *Ring) note(ctx context.Context, s *snapshot, now time.Time) {
	used := map[string]event.Time{}
	for id, rec := range s.byID {
		if at := rec.used.Load(); at > rec.usedNoted.Load() {
			used[id] = event.Time(at)
		}
	}
	r.noted.Store(now.UnixMilli())
	if len(used) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	if err := r.cfg.Store.UseAPIKeys(ctx, used); err != nil {
		if !r.noteErr.Swap(true) {
			r.cfg.Log.WarnContext(ctx, "it is not noted when API keys are used", "error", err)
		}
		return
	}
	r.noteErr.Store(false)
	for id, at := range used {
		s.byID[id].usedNoted.Store(int64(at))
	}
}

// Close notes when keys were last used. The ring must not be asked afterwards.
func (r *Ring) Close(ctx context.Context) {
	if s := r.known.Load(); s != nil && r.noting.CompareAndSwap(false, true) {
		r.note(ctx, s, r.cfg.Now())
	}
}
