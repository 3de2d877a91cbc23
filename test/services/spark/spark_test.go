package spark_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"globalmart/internal/testenv"
	"globalmart/test/services/spark"
)

// cache is where `make setup` has put Spark.
const cache = "../../../.cache/services/spark"

func TestAClusterAnswersAndLeavesNothingBehind(t *testing.T) {
	if os.Getenv(testenv.RequireVariable) == "" {
		if _, err := os.Stat(filepath.Join(cache, spark.Version)); err != nil {
			t.Skip("make setup gets Spark")
		}
	}
	c, err := spark.Start(t.Context(), spark.Options{Cache: cache}) // it has run a statement then
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Dir(c.File)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its directory: %v", err)
	}
	for _, group := range []int{c.PID, c.Worker} {
		if err := syscall.Kill(-group, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("processes of group %d: %v", group, err)
		}
	}
}

func TestWithoutPythonSparkCannotBeFetched(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	_, err := spark.Start(t.Context(), spark.Options{Cache: dir})
	if err == nil || !strings.Contains(err.Error(), "python3") {
		t.Errorf("got %v", err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "fetch-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
