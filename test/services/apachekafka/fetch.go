package apachekafka

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// DefaultVersion is the version of Kafka that pom.xml names.
const DefaultVersion = "4.3.1"

//go:embed pom.xml
var pom []byte

func (o Options) version() string {
	if o.Version == "" {
		return DefaultVersion
	}
	return o.Version
}

// Fetch makes sure that the jars are in the cache, and returns their directory.
// Maven gets them from where it is set up to; nothing is done if they are there.
func Fetch(ctx context.Context, o Options) (jars string, err error) {
	dir := filepath.Join(o.Cache, o.version())
	jars = filepath.Join(dir, "jars")
	if same(filepath.Join(dir, "pom.xml"), pom) {
		return filepath.Abs(jars)
	}
	if err := os.MkdirAll(o.Cache, 0o750); err != nil {
		return "", fmt.Errorf("apachekafka: make cache: %w", err)
	}
	unlock, err := lock(filepath.Join(o.Cache, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if same(filepath.Join(dir, "pom.xml"), pom) { // fetched by another process meanwhile
		return filepath.Abs(jars)
	}
	work, err := os.MkdirTemp(o.Cache, "fetch-")
	if err != nil {
		return "", fmt.Errorf("apachekafka: make directory: %w", err)
	}
	defer os.RemoveAll(work)
	if err := get(ctx, work, o.version()); err != nil {
		return "", err
	}
	if err := errors.Join(os.RemoveAll(dir), os.Rename(work, dir)); err != nil {
		return "", fmt.Errorf("apachekafka: keep jars: %w", err)
	}
	return filepath.Abs(jars)
}

// get puts the jars and pom.xml into dir.
func get(ctx context.Context, dir, version string) error {
	file := filepath.Join(dir, "pom.xml")
	if err := os.WriteFile(file, pom, 0o600); err != nil {
		return fmt.Errorf("apachekafka: get jars: %w", err)
	}
	jars, err := filepath.Abs(filepath.Join(dir, "jars"))
	if err != nil {
		return fmt.Errorf("apachekafka: get jars: %w", err)
	}
	mvn := exec.CommandContext(ctx, "mvn", "--quiet", "--batch-mode", "--no-transfer-progress", "--file", file,
		"-Dkafka.version="+version, "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory="+jars)
	out, err := mvn.CombinedOutput()
	if err != nil {
		return fmt.Errorf("apachekafka: get the jars of Kafka %s with mvn: %w\n%s", version, err, out)
	}
	return nil
}

func same(file string, want []byte) bool {
	have, err := os.ReadFile(file)
	return err == nil && string(have) == string(want)
}

// lock waits for the lock on path; closing or dying gives it back.
func lock(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("apachekafka: lock cache: %w", err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("apachekafka: lock cache: %w", err)
	}
	return func() { _ = file.Close() }, nil
}
