package keys_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/keys"
	"globalmart/internal/store"
	"globalmart/internal/store/storetest"
	"globalmart/internal/testenv/process"
)

// rig is a ring over a store, at a time that the test sets.
type rig struct {
	*keys.Ring
	store *storetest.MemoryKeys
	at    atomic.Int64 // ms
	logs  bytes.Buffer
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{store: &storetest.MemoryKeys{}}
	r.at.Store(1772446830000)
	r.Ring = r.another()
	return r
}

// another is the ring of another process.
func (r *rig) another() *keys.Ring {
	return keys.NewRing(keys.Config{Store: r.store, Now: r.now, Log: slog.New(slog.NewJSONHandler(&r.logs, nil))})
}

func (r *rig) now() time.Time { return time.UnixMilli(r.at.Load()) }

func (r *rig) wait(d time.Duration) { r.at.Add(d.Milliseconds()) }

func (r *rig) issue(t *testing.T, life time.Duration, scopes ...keys.Scope) (id, text string) {
	t.Helper()
	k, text, err := keys.Issue("test", scopes, r.now(), life)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.store.AddAPIKey(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	return k.ID, text
}

// want checks what the ring says of a text; nil is that it is right.
func (r *rig) want(t *testing.T, ring *keys.Ring, text string, want error) keys.Key {
	t.Helper()
	k, err := ring.Find(t.Context(), text)
	if !errors.Is(err, want) || (err == nil) != (want == nil) {
		t.Errorf("%.15s…: %v, want %v", text, err, want)
	}
	return k
}

func TestAKeyIsFoundByItsText(t *testing.T) {
	r := newRig(t)
	id, text := r.issue(t, 0, keys.Read, keys.Admin, keys.Read)
	r.Add("fixed", []keys.Scope{keys.Ingest}, "a-configured-key")
	if k := r.want(t, r.Ring, text, nil); k.ID != id || !k.Has(keys.Read) || !k.Has(keys.Admin) || k.Has(keys.Ingest) {
		t.Errorf("found %+v", k)
	}
	if k := r.want(t, r.Ring, "a-configured-key", nil); k.ID != "fixed" || !k.Has(keys.Ingest) || k.Has(keys.Read) {
		t.Errorf("found %+v", k)
	}
	_, other := r.issue(t, 0, keys.Read)
	for _, wrong := range []string{
		"", "gm_", "gm__", text[:len(text)-1], text + "x", strings.ToLower(text), "gm_" + id, "gm_" + id + "_",
		"gm_" + id + "_" + other[strings.LastIndex(other, "_")+1:], "gm_unknown_" + text[strings.LastIndex(text, "_")+1:],
		strings.TrimPrefix(text, "gm_"), "a-configured-ke", "a-configured-key ",
	} {
		r.want(t, r.Ring, wrong, keys.ErrUnknown)
	}
}

func TestAnIssuedKeyIsLongRandomAndKeptAsAHash(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		k, text, err := keys.Issue(" name ", []keys.Scope{keys.Read}, time.UnixMilli(1), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		id, secret, _ := strings.Cut(strings.TrimPrefix(text, "gm_"), "_")
		if id != k.ID || len(secret) != 26 || seen[id] || seen[secret] || k.Name != "name" || k.Expires != k.Created.Add(time.Hour) {
			t.Fatalf("key %+v of %d characters", k, len(text))
		}
		seen[id], seen[secret] = true, true
	}
	for name, issue := range map[string]func() error{
		"no name": func() error { _, _, err := keys.Issue(" ", []keys.Scope{keys.Read}, time.Now(), 0); return err },
		"a long name": func() error {
			_, _, err := keys.Issue(strings.Repeat("a", 101), []keys.Scope{keys.Read}, time.Now(), 0)
			return err
		},
		"no scope":        func() error { _, _, err := keys.Issue("a", nil, time.Now(), 0); return err },
		"a scope unknown": func() error { _, _, err := keys.Issue("a", []keys.Scope{"write"}, time.Now(), 0); return err },
	} {
		if issue() == nil {
			t.Errorf("%s: it was issued", name)
		}
	}
}

func TestWhatAnotherProcessChangesHoldsWithinASecond(t *testing.T) {
	r := newRig(t)
	id, text := r.issue(t, 0, keys.Read)
	held := r.want(t, r.Ring, text, nil)
	if err := r.store.RevokeAPIKey(t.Context(), id, event.TimeOf(r.now())); err != nil {
		t.Fatal(err)
	}
	_, later := r.issue(t, 0, keys.Read)
	r.wait(keys.Stale)
	r.want(t, r.Ring, text, keys.ErrUnknown)
	r.want(t, r.Ring, later, nil)
	if err := r.Check(t.Context(), held); !errors.Is(err, keys.ErrUnknown) {
		t.Errorf("a revoked key that is held: %v", err)
	}
	if keys.Stale >= time.Second {
		t.Errorf("the bound is %s", keys.Stale)
	}
}

func TestARotatedKeyHasTwoSecretsForAWhile(t *testing.T) {
	r := newRig(t)
	id, before := r.issue(t, 0, keys.Read)
	after, hash := keys.Renew(id)
	if err := r.store.RotateAPIKey(t.Context(), id, hash, event.TimeOf(r.now()).Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	held := r.want(t, r.Ring, before, nil)
	r.want(t, r.Ring, after, nil)
	r.wait(time.Minute - time.Millisecond)
	r.want(t, r.Ring, before, nil)
	r.wait(time.Millisecond)
	r.want(t, r.Ring, before, keys.ErrUnknown)
	r.want(t, r.Ring, after, nil)
	if err := r.Check(t.Context(), held); !errors.Is(err, keys.ErrUnknown) {
		t.Errorf("what was held with the secret before: %v", err)
	}
	// Without an overlap, the one before ends with the rotation.
	_, hash = keys.Renew(id)
	if err := r.store.RotateAPIKey(t.Context(), id, hash, 0); err != nil {
		t.Fatal(err)
	}
	r.wait(keys.Stale)
	r.want(t, r.Ring, after, keys.ErrUnknown)
}

func TestKeysExpire(t *testing.T) {
	r := newRig(t)
	_, text := r.issue(t, time.Hour, keys.Read)
	r.wait(time.Hour - time.Millisecond)
	r.want(t, r.Ring, text, nil)
	r.wait(time.Millisecond)
	r.want(t, r.Ring, text, keys.ErrUnknown)
}

func TestAStoreThatCannotBeAskedIsNotAWrongKey(t *testing.T) {
	r := newRig(t)
	r.Add("fixed", []keys.Scope{keys.Read}, "a-configured-key")
	_, text := r.issue(t, 0, keys.Read)
	r.want(t, r.Ring, text, nil)
	r.store.Fail(errors.New("the disk is gone"))
	r.wait(keys.Stale - time.Millisecond)
	r.want(t, r.Ring, text, nil)
	r.wait(time.Millisecond)
	r.want(t, r.Ring, text, store.ErrUnavailable)
	r.want(t, r.Ring, "gm_unknown_secret", store.ErrUnavailable)
	r.want(t, r.Ring, "a-configured-key", nil)
	r.store.Fail(nil)
	r.want(t, r.Ring, text, nil)
}

func TestTheStoreIsAskedOnceHoweverManyAsk(t *testing.T) {
	r := newRig(t)
	_, text := r.issue(t, 0, keys.Read)
	for range 1000 {
		r.want(t, r.Ring, text, nil)
	}
	if n := r.store.Asked(); n != 1 {
		t.Errorf("the store was asked %d times", n)
	}
}

func TestTheLastUseIsNotedSeldom(t *testing.T) {
	r := newRig(t)
	_, text := r.issue(t, 0, keys.Read)
	lastUsed := func() event.Time {
		all, err := r.store.APIKeys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return all[0].LastUsed
	}
	used := event.TimeOf(r.now())
	r.want(t, r.Ring, text, nil)
	r.wait(2 * time.Minute)
	r.want(t, r.Ring, text, nil) // looks into the store, and so notes the use before
	process.Eventually(t, "the use is noted", func() bool { return lastUsed() >= used })
	r.wait(time.Second)
	end := event.TimeOf(r.now())
	r.want(t, r.Ring, text, nil)
	process.Eventually(t, "it is noted at the end", func() bool {
		r.Close(t.Context())
		return lastUsed() == end
	})
	if r.logs.Len() > 0 {
		t.Errorf("logged: %s", r.logs.String())
	}
}
