package sqlite_test

import (
	"testing"

	"globalmart/internal/store/storetest"
)

func TestDeskKeepsEveryPromise(t *testing.T) {
	storetest.RunDesk(t, func(t *testing.T) storetest.DeskStore { return open(t, migrated(t)) })
}
