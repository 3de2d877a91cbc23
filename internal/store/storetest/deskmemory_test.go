package storetest_test

import (
	"testing"

	"globalmart/internal/store/storetest"
)

func TestDeskInMemory(t *testing.T) {
	storetest.RunDesk(t, func(*testing.T) storetest.DeskStore { return &storetest.MemoryDesk{} })
}
