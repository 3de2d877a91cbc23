package sqlite_test

import (
	"testing"

	"globalmart/internal/store/storetest"
)

func TestJobs(t *testing.T) {
	storetest.RunJobs(t, func(t *testing.T) storetest.JobStore { return open(t, migrated(t)) })
}
