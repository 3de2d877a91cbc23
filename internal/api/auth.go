package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/keys"
)

// The scopes that operations need.
const (
	ScopeRead   = keys.Read   // questions under /api/v1
	ScopeIngest = keys.Ingest // sending events
	ScopeAdmin  = keys.Admin  // keys and operations
)

// keyring finds the key that a client holds.
type keyring interface {
	// Find returns the key that has a text, or [keys.ErrUnknown]. Any other error says
	// that it cannot be told now.
	Find(ctx context.Context, text string) (keys.Key, error)
	// Check returns [keys.ErrUnknown] if a key that was found is no longer right.
	Check(ctx context.Context, k keys.Key) error
}

const (
	headerKey     = "X-API-Key"
	canonicalKey  = "X-Api-Key" // as it stands in a http.Header
	schemeKey     = "apiKey"    // names of the security schemes in the OpenAPI document
	schemeSession = "session"
	authChallenge = `ApiKey realm="globalmart", header="X-API-Key"`
)

// needs is the security requirement of an operation: a key with a scope, or a session
// that one was begun with.
func needs(s keys.Scope) []map[string][]string {
	return []map[string][]string{{schemeKey: {string(s)}}, {schemeSession: {string(s)}}}
}

// scopeOf is the scope that an operation needs, or "" if it is open.
func scopeOf(op *huma.Operation) keys.Scope {
	for _, requirement := range op.Security {
		for _, scope := range requirement[schemeKey] {
			return keys.Scope(scope)
		}
	}
	return ""
}
