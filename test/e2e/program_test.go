package e2e_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"globalmart/internal/testenv/process"
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(process.Main(m))
}

// ask runs the program to its successful end and decodes its answer.
func ask[T any](t *testing.T, args ...string) T {
	t.Helper()
	var data bytes.Buffer
	process.StartTo(t, &data, nil, append(args, "--output", "json")...).Succeed()
	var answer T
	if err := json.Unmarshal(data.Bytes(), &answer); err != nil {
		t.Fatalf("globalmart %s: %v: %s", args[0], err, data.Bytes())
	}
	return answer
}
