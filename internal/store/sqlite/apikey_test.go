package sqlite_test

import (
	"testing"

	"globalmart/internal/keys"
	"globalmart/internal/store/storetest"
)

func TestKeys(t *testing.T) {
	storetest.RunKeys(t, func(t *testing.T) keys.Store { return open(t, migrated(t)) })
}
