package storetest_test

import (
	"testing"

	"globalmart/internal/keys"
	"globalmart/internal/store/storetest"
)

func TestMemoryKeys(t *testing.T) {
	storetest.RunKeys(t, func(*testing.T) keys.Store { return &storetest.MemoryKeys{} })
}
