package process

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// program is the binary under test, once Main has built it.
var program string

// Main builds the program, with the race detector if the tests have it, runs the
// tests of m and returns their exit code. It is for TestMain.
func Main(m *testing.M) int {
	dir, err := os.MkdirTemp("", "globalmart-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "globalmart")
	args := []string{"build", "-buildvcs=false", "-o", program}
	if Race {
		args = append(args, "-race")
	}
	build := exec.CommandContext(context.Background(), "go", append(args, "globalmart/cmd/globalmart")...)
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build of the program: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}
