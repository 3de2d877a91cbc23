package process

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// program is the binary under test, once Main has built it.
var program string

// Main builds the program, with the race detector if the tests have it, runs the
// tests of m and returns their exit code. It is for TestMain.
func Main(m *testing.M) int {
	dir, err := build(context.Background())
	if err != nil {
		fmt.Fprintf(os.Stderr, "build of the program: %v\n", err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, binary)
	return m.Run()
}

const binary = "globalmart"

// build builds the program where other packages' tests find it, which then need not
// link it again, and returns a folder with it that no other build changes.
func build(ctx context.Context) (dir string, err error) {
	root, err := output(ctx, "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return "", err
	}
	kept, args := filepath.Join(root, ".cache", "tests"), []string{"build", "-buildvcs=false"}
	if Race {
		kept, args = kept+"-race", append(args, "-race")
	}
	if err := os.MkdirAll(kept, 0o755); err != nil {
		return "", err
	}
	lock, err := os.Open(kept)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("lock %s: %w", kept, err)
	}
	if _, err := output(ctx, append(args, "-o", kept, "globalmart/cmd/globalmart")...); err != nil {
		return "", err
	}
	if dir, err = os.MkdirTemp(kept, "run-"); err != nil {
		return "", err
	}
	return dir, os.Link(filepath.Join(kept, binary), filepath.Join(dir, binary)) // a build replaces a file and does not write to it
}

// output runs the go command and returns what it prints.
func output(ctx context.Context, args ...string) (string, error) {
	var fault strings.Builder
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Stderr = &fault
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", args[0], err, fault.String())
	}
	return strings.TrimSpace(string(out)), nil
}
