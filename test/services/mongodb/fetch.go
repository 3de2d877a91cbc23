package mongodb

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"globalmart/test/services/host"
)

// Version is the version of mongo-java-server, which pom.xml names.
const Version = "1.47.0"

//go:embed pom.xml
var pom []byte

//go:embed StandIn.java
var source []byte

// Fetch makes sure that the server's classes and jars are in the cache, and returns
// their directory. Maven gets the jars from where it is set up to; nothing is done if
// all is there.
func Fetch(ctx context.Context, cache string) (string, error) {
	want := slices.Concat(pom, source)
	dir, err := host.Cached(filepath.Join(cache, Version), "made-from", want, func(work string) error { return get(ctx, work) })
	if err != nil {
		return "", fmt.Errorf("mongodb: %w", err)
	}
	return dir, nil
}

// get puts the jars into dir/jars and the compiled main class into dir/classes.
func get(ctx context.Context, dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("get the server: %w", err)
	}
	project, main := filepath.Join(dir, "pom.xml"), filepath.Join(dir, "StandIn.java")
	for file, text := range map[string][]byte{project: pom, main: source} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			return fmt.Errorf("get the server: %w", err)
		}
	}
	for _, command := range [][]string{
		{"mvn", "--quiet", "--batch-mode", "--no-transfer-progress", "--file", project, "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=" + jarsOf(dir)},
		{"javac", "--release", "17", "-cp", filepath.Join(jarsOf(dir), "*"), "-d", classesOf(dir), main},
	} {
		if out, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("get mongo-java-server %s with %s: %w\n%s", Version, command[0], err, out)
		}
	}
	return nil
}

func jarsOf(dir string) string    { return filepath.Join(dir, "jars") }
func classesOf(dir string) string { return filepath.Join(dir, "classes") }
