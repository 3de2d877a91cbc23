package duckdb_test

import (
	"testing"

	"globalmart/internal/batch/batchtest"
)

func TestContract(t *testing.T) { batchtest.Contract(t, batchtest.DuckDB) }
