package spark

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"globalmart/test/services/host"
)

// Version is the version of Spark, which requirements.txt names.
const Version = "4.2.0"

//go:embed requirements.txt
var requirements []byte

// Fetch makes sure that Spark is in the cache, and returns its home, which has bin and
// jars. pip gets it from where it is set up to, half a gigabyte; nothing is done if it
// is there.
func Fetch(ctx context.Context, o Options) (home string, err error) {
	dir, err := host.Cached(filepath.Join(o.Cache, Version), "requirements.txt", requirements, func(work string) error {
		return get(ctx, work)
	})
	if err != nil {
		return "", fmt.Errorf("spark: %w", err)
	}
	return filepath.Join(dir, "python", "pyspark"), nil
}

// get puts the package into dir. What Python needs beside it is left out: no Python runs.
func get(ctx context.Context, dir string) error {
	list := filepath.Join(dir, "requirements.txt")
	if err := os.WriteFile(list, requirements, 0o600); err != nil {
		return fmt.Errorf("get Spark: %w", err)
	}
	own := filepath.Join(dir, "venv")
	for _, command := range [][]string{
		{"python3", "-m", "venv", own},
		{
			filepath.Join(own, "bin", "pip"), "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir", "--no-deps", "--no-compile",
			"--target", filepath.Join(dir, "python"), "--requirement", list,
		},
	} {
		if out, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("get Spark %s with %s: %w\n%s", Version, filepath.Base(command[0]), err, out)
		}
	}
	if err := errors.Join(os.RemoveAll(own), os.Remove(list)); err != nil {
		return fmt.Errorf("get Spark: %w", err)
	}
	return nil
}
