package spark_test

import (
	"testing"

	"globalmart/internal/batch"
	"globalmart/internal/batch/batchtest"
	"globalmart/internal/batch/spark"
	"globalmart/internal/testenv"
)

// open opens a session; the caller closes it.
func open(t testing.TB, url string) *spark.Engine {
	t.Helper()
	cfg, err := spark.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	e, err := spark.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestContract(t *testing.T) {
	url := testenv.Spark(t)
	batchtest.Contract(t, func(t testing.TB, _ ...string) batch.Engine { return open(t, url) })
}
