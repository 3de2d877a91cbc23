package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"globalmart/internal/app"
)

// Keys is `globalmart keys`.
type Keys struct {
	Create KeysCreate `cmd:"" help:"Make a key and show it, this once."`
	List   KeysList   `cmd:"" help:"List the keys, without their secrets."`
	Revoke KeysRevoke `cmd:"" help:"End a key for good, in every API within a second."`
	Rotate KeysRotate `cmd:"" help:"Give a key another secret and show it, this once."`
}

// keyStore are the flags of where keys are kept.
type keyStore struct {
	Data  string `default:"data" placeholder:"DIR" help:"Data directory (${default})."`
	Store string `placeholder:"URL" help:"Where keys are kept: sqlite:PATH or postgres://...; the live tables of the data directory if not given."`
}

func (k keyStore) options() app.Source { return app.Source{Data: k.Data, Store: k.Store} }

// KeysCreate is `globalmart keys create`.
type KeysCreate struct {
	Name    string   `required:"" placeholder:"NAME" help:"What it is for."`
	Scope   []string `default:"read" enum:"read,ingest,admin" placeholder:"SCOPE,..." help:"What it may do: read (ask questions), ingest (send events), admin (operate the platform). None includes another (${default})."`
	Expires app.Days `default:"0d" placeholder:"DAYS" help:"It is valid for so long, as in 90d; 0d = until it is revoked (${default})."`
	Limit   int64    `default:"0" placeholder:"N" help:"Events a second that it may send, whatever --write-limit says; 0 = as --write-limit says (${default})."`
	keyStore
}

// Validate is called by kong.
func (c *KeysCreate) Validate() error {
	if c.Limit < 0 {
		return fmt.Errorf("--limit: %d: want 0 or more", c.Limit)
	}
	if c.Limit > 0 && !slices.Contains(c.Scope, "ingest") {
		return errors.New("--limit: it is of the events that a key sends: want --scope ingest")
	}
	return nil
}

// Help shows examples.
func (*KeysCreate) Help() string {
	return "The secret is kept nowhere: who loses it rotates the key.\n\n" +
		examples(
			"globalmart keys create --name grafana --data shop",
			"globalmart keys create --name 'web shop' --scope ingest --limit 500",
			"globalmart keys create --name operator --scope read,admin --expires 90d -o json",
		)
}

// Run makes a key.
func (c *KeysCreate) Run(ctx context.Context, in *invocation) error {
	return app.KeysCreate(ctx, in.env(), app.KeysCreateOptions{Source: c.options(), Name: c.Name, Scopes: c.Scope, Expires: c.Expires, Limit: c.Limit})
}

// KeysList is `globalmart keys list`.
type KeysList struct {
	All bool `help:"Also those that are revoked or have expired."`
	keyStore
}

// Run lists the keys.
func (c *KeysList) Run(ctx context.Context, in *invocation) error {
	return app.KeysList(ctx, in.env(), app.KeysListOptions{Source: c.options(), All: c.All})
}

// KeysRevoke is `globalmart keys revoke`.
type KeysRevoke struct {
	ID string `arg:"" help:"Of the key, as in the list."`
	keyStore
}

// Run revokes a key.
func (c *KeysRevoke) Run(ctx context.Context, in *invocation) error {
	return app.KeysRevoke(ctx, in.env(), c.options(), c.ID)
}

// KeysRotate is `globalmart keys rotate`.
type KeysRotate struct {
	ID      string        `arg:"" help:"Of the key, as in the list."`
	Overlap time.Duration `default:"24h" placeholder:"TIME" help:"The secret before stays right for so long (${default})."`
	Now     bool          `help:"It ends at once, instead."`
	keyStore
}

// Help shows examples.
func (*KeysRotate) Help() string {
	return examples("globalmart keys rotate 7hk2p9qrst", "globalmart keys rotate 7hk2p9qrst --now      # it leaked")
}

// Validate is called by kong.
func (c *KeysRotate) Validate() error { return notNegative("overlap", c.Overlap) }

// Run rotates a key.
func (c *KeysRotate) Run(ctx context.Context, in *invocation) error {
	o := app.KeysRotateOptions{Source: c.options(), ID: c.ID, Overlap: c.Overlap}
	if c.Now {
		o.Overlap = 0
	}
	return app.KeysRotate(ctx, in.env(), o)
}
