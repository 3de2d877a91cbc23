package testenv

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"globalmart/test/services/spark"
)

// SparkVariable names an Apache Spark 4 on this machine: spark://host:port of its Thrift
// server, or the file of endpoints that the test services write. Tests keep nothing on
// it, so any number of them can use it at the same time.
const SparkVariable = "GLOBALMART_TEST_SPARK"

// Spark returns the URL of a cluster.
func Spark(t testing.TB) string {
	t.Helper()
	return SparkEndpoints(t).URL()
}

// SparkEndpoints is the cluster with what is known of its processes.
func SparkEndpoints(t testing.TB) spark.Endpoints {
	t.Helper()
	value := lookup(t, SparkVariable, "make spark")
	if !strings.HasSuffix(value, ".json") {
		return spark.Endpoints{Thrift: strings.TrimPrefix(value, "spark://")}
	}
	text, err := os.ReadFile(value)
	if err != nil {
		t.Fatalf("testenv: %s: %v", SparkVariable, err)
	}
	var e spark.Endpoints
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatalf("testenv: %s: %s: %v", SparkVariable, value, err)
	}
	return e
}
