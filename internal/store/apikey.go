package store

import (
	"crypto/sha256"

	"globalmart/internal/event"
)

// APIKey is a key of the API as it is stored: without its secret.
type APIKey struct {
	ID     string
	Name   string            // what it is for, as its owner says
	Scopes []string          // sorted
	Hash   [sha256.Size]byte // of the secret

	// Previous is the hash of the secret before the last rotation, which is right
	// until PreviousUntil. Without a rotation both are zero.
	Previous      [sha256.Size]byte
	PreviousUntil event.Time

	Created  event.Time
	LastUsed event.Time // about; 0 = never
	Expires  event.Time // 0 = never
	Revoked  event.Time // 0 = it is not

	Limit int64 // events a second that it may send; 0 = what the ingest allows
}
