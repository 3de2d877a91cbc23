package app

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"strconv"
	"strings"
	"time"

	"globalmart/internal/console"
	"globalmart/internal/event"
	"globalmart/internal/fault"
	"globalmart/internal/keys"
	"globalmart/internal/store"
)

// KeysCreateOptions are those of `globalmart keys create`.
type KeysCreateOptions struct {
	Source  Source
	Name    string
	Scopes  []string
	Expires Days  // 0 = never
	Limit   int64 // events a second that it may send; 0 = what the ingest allows
}

// newKey is a key that was made or changed, as JSON. Its text is shown this once.
type newKey struct {
	ID      string     `json:"id"`
	Key     string     `json:"key"`
	Name    string     `json:"name,omitempty"`
	Scopes  []string   `json:"scopes,omitempty"`
	Expires *time.Time `json:"expires,omitempty"`
	Limit   int64      `json:"limit,omitempty"` // events a second that it may send
	// PreviousUntil is how long the secret before a rotation is right.
	PreviousUntil *time.Time `json:"previous_until,omitempty"`
}

// KeysCreate makes a key and shows it.
func KeysCreate(ctx context.Context, env Env, o KeysCreateOptions) error {
	scopes := make([]keys.Scope, len(o.Scopes))
	for i, s := range o.Scopes {
		scopes[i] = keys.Scope(s)
	}
	k, text, err := keys.Issue(o.Name, scopes, time.Now(), time.Duration(o.Expires)*24*time.Hour)
	if err != nil {
		return fault.New(fault.Usage, "cannot make this key", err, "globalmart keys create --help")
	}
	k.Limit = o.Limit
	s, err := (&platform{env: env, src: o.Source}).openStore(ctx, false)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.AddAPIKey(ctx, k); err != nil {
		return err
	}
	env.logKey(ctx, "created", k.ID, "name", k.Name, "scopes", strings.Join(k.Scopes, ","))
	return env.showKey(newKey{ID: k.ID, Key: text, Name: k.Name, Scopes: k.Scopes, Expires: timeOrNil(k.Expires), Limit: k.Limit})
}

// logKey writes what was done to a key, and by whom.
func (e Env) logKey(ctx context.Context, done, id string, more ...any) {
	who := "unknown"
	if u, err := user.Current(); err == nil {
		who = u.Username
	}
	e.Log.With(more...).InfoContext(ctx, "API key "+done, "key", id, "by", who)
}

func (e Env) showKey(k newKey) error {
	if err := e.Show(k, func() console.Grid {
		return console.Grid{Header: []string{"id", "key"}, Rows: [][]any{{k.ID, k.Key}}}
	}); err != nil {
		return err
	}
	e.Say("It is shown this once. Every API takes it within a second; send it in the header X-API-Key.")
	if k.PreviousUntil != nil {
		e.Say("The secret before it is right until %s.", k.PreviousUntil.Format(time.DateTime))
	}
	return nil
}

// KeysListOptions are those of `globalmart keys list`.
type KeysListOptions struct {
	Source Source
	All    bool // also those that are over
}

// keyRow is a key as JSON.
type keyRow struct {
	ID            string     `json:"id"`
	Name          string     `json:"name"`
	Scopes        []string   `json:"scopes"`
	Status        string     `json:"status"` // valid, expired or revoked
	Created       time.Time  `json:"created"`
	LastUsed      *time.Time `json:"last_used,omitempty"` // to the minute
	Expires       *time.Time `json:"expires,omitempty"`
	Revoked       *time.Time `json:"revoked,omitempty"`
	Limit         int64      `json:"limit,omitempty"`          // events a second that it may send
	PreviousUntil *time.Time `json:"previous_until,omitempty"` // the secret before the last rotation is right until then
}

// KeysList shows the keys, without their secrets.
func KeysList(ctx context.Context, env Env, o KeysListOptions) error {
	s, err := (&platform{env: env, src: o.Source}).openStore(ctx, false)
	if err != nil {
		return err
	}
	defer s.Close()
	all, err := s.APIKeys(ctx)
	if err != nil {
		return err
	}
	rows := make([]keyRow, 0, len(all))
	for i := range all {
		if r := keyRowOf(&all[i], event.TimeOf(time.Now())); o.All || r.Status == keyValid {
			rows = append(rows, r)
		}
	}
	if err := env.Show(rows, func() console.Grid { return keyGrid(rows) }); err != nil {
		return err
	}
	if len(rows) == 0 {
		env.Say("there are none; `globalmart keys create` makes one")
	}
	return nil
}

const keyValid = "valid"

func keyRowOf(k *store.APIKey, now event.Time) keyRow {
	r := keyRow{
		ID: k.ID, Name: k.Name, Scopes: k.Scopes, Status: keyValid, Created: k.Created.Std(),
		LastUsed: timeOrNil(k.LastUsed), Expires: timeOrNil(k.Expires), Revoked: timeOrNil(k.Revoked), Limit: k.Limit,
	}
	switch {
	case k.Revoked > 0:
		r.Status = "revoked"
	case k.Expires > 0 && k.Expires <= now:
		r.Status = "expired"
	case k.PreviousUntil > now:
		r.PreviousUntil = timeOrNil(k.PreviousUntil)
	}
	return r
}

func timeOrNil(t event.Time) *time.Time {
	if t == 0 {
		return nil
	}
	at := t.Std()
	return &at
}

func keyGrid(rows []keyRow) console.Grid {
	at := func(t *time.Time) string {
		if t == nil {
			return "never"
		}
		return t.Format(time.DateTime)
	}
	g := console.Grid{Header: []string{"id", "name", "scopes", "status", "created", "last used", "expires", "events/s"}}
	for i := range rows {
		r := &rows[i]
		limit := ""
		if r.Limit > 0 {
			limit = strconv.FormatInt(r.Limit, 10)
		}
		g.Rows = append(g.Rows, []any{r.ID, r.Name, strings.Join(r.Scopes, ","), r.Status, r.Created.Format(time.DateTime), at(r.LastUsed), at(r.Expires), limit})
	}
	return g
}

// KeysRevoke ends a key.
func KeysRevoke(ctx context.Context, env Env, src Source, id string) error {
	s, err := (&platform{env: env, src: src}).openStore(ctx, false)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.RevokeAPIKey(ctx, id, event.TimeOf(time.Now())); err != nil {
		return keyFault(id, err)
	}
	env.logKey(ctx, "revoked", id)
	env.Say("%s is revoked; no API takes it for more than a second from now", id)
	return nil
}

// KeysRotateOptions are those of `globalmart keys rotate`.
type KeysRotateOptions struct {
	Source  Source
	ID      string
	Overlap time.Duration // the secret before is right for so long; 0 = no longer
}

// KeysRotate gives a key another secret and shows it.
func KeysRotate(ctx context.Context, env Env, o KeysRotateOptions) error {
	s, err := (&platform{env: env, src: o.Source}).openStore(ctx, false)
	if err != nil {
		return err
	}
	defer s.Close()
	text, hash := keys.Renew(o.ID)
	var until event.Time
	if o.Overlap > 0 {
		until = event.TimeOf(time.Now()).Add(o.Overlap)
	}
	if err := s.RotateAPIKey(ctx, o.ID, hash, until); err != nil {
		return keyFault(o.ID, err)
	}
	env.logKey(ctx, "rotated", o.ID, "overlap", o.Overlap.String())
	return env.showKey(newKey{ID: o.ID, Key: text, PreviousUntil: timeOrNil(until)})
}

// keyFault is what a person can do about a key that could not be changed.
func keyFault(id string, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fault.New(fault.NotFound, fmt.Sprintf("there is no API key %q that is not revoked", id), nil, "globalmart keys list")
	}
	return err
}
