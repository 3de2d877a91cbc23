package e2e_test

import (
	"cmp"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"globalmart/internal/testenv"
	"globalmart/internal/testenv/process"
)

const apiKey = "globalmart-api-key-2024"

// startPlatform starts a small platform on a data directory.
func startPlatform(t *testing.T, dir, listen string) *process.Process {
	t.Helper()
	p := process.Start(t, nil, "up", "--data", dir, "--rate", "50", "--history", "3d", "--daily-orders", "500", "--corrupt", "0.05",
		"--listen", listen, "--kafka-listen", "127.0.0.1:0", "--operator-listen", "127.0.0.1:0")
	p.Await("ready in ")
	return p
}

// awaitBatch waits until the batch jobs of a platform have run once.
func awaitBatch(t *testing.T, address string) {
	t.Helper()
	process.Eventually(t, "the batch jobs are done", func() bool {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/api/v1/sales/trends", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-API-Key", apiKey)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// TestTheAPIIsWhatItsDocumentSays makes requests of the OpenAPI document, good ones and
// bad ones, and holds the answers against it. `make test` makes few, always the same
// ones, `make api-fuzz` many.
func TestTheAPIIsWhatItsDocumentSays(t *testing.T) {
	schemathesis := os.Getenv("GLOBALMART_TEST_SCHEMATHESIS")
	switch {
	case schemathesis != "":
	case os.Getenv(testenv.RequireVariable) != "":
		t.Fatalf("GLOBALMART_TEST_SCHEMATHESIS is not set, and %s is", testenv.RequireVariable)
	default:
		t.Skip("make api-fuzz runs it")
	}
	// Not in parallel: an answer that comes late is one that the document does not have.
	address := testenv.Address(t)
	startPlatform(t, filepath.Join(t.TempDir(), "data"), address)
	awaitBatch(t, address)
	config, err := filepath.Abs("../apifuzz/schemathesis.toml")
	if err != nil {
		t.Fatal(err)
	}
	examples := cmp.Or(os.Getenv("GLOBALMART_TEST_API_EXAMPLES"), "2") // of each operation
	cmd := exec.CommandContext(t.Context(), schemathesis, "--config-file", config, "run",
		"http://"+address+"/openapi.json", "--no-color", "--checks", "all", "--phases", "examples,coverage,fuzzing", "--max-examples", examples)
	cmd.Dir = t.TempDir() // where it keeps what it found: every round begins anew
	cmd.Env = append(os.Environ(), "GLOBALMART_API_KEY="+apiKey)
	said, err := cmd.CombinedOutput()
	t.Logf("%s", said)
	if err != nil {
		t.Errorf("the API and its document do not agree: %v", err)
	}
}
