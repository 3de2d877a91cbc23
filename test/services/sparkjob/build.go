package sparkjob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	sources "globalmart/deploy/spark"
	"globalmart/test/services/host"
	"globalmart/test/services/spark"
)

// built is the job, ready to be submitted.
type built struct {
	home string // of Spark
	dir  string // has globalmart-spark.jar, and jars with what it needs
}

// Build makes sure that Spark and the job are in the cache, and returns the directory of
// the job: globalmart-spark.jar, and what it needs in jars. It needs a JDK and, when what
// is needed changes, Maven; nothing is done if all is there.
func Build(ctx context.Context, o Options) (dir string, err error) {
	b, err := build(ctx, o)
	return b.dir, err
}

func build(ctx context.Context, o Options) (built, error) {
	home, err := spark.Fetch(ctx, spark.Options{Cache: o.SparkCache})
	if err != nil {
		return built{}, err
	}
	sum, err := checksum()
	if err != nil {
		return built{}, fmt.Errorf("sparkjob: %w", err)
	}
	dir, err := host.Cached(filepath.Join(o.Cache, spark.Version), "made-from", []byte(sum), func(work string) error { return compile(ctx, home, work) })
	if err != nil {
		return built{}, fmt.Errorf("sparkjob: %w", err)
	}
	return built{home, dir}, nil
}

// checksum tells one state of the sources from another.
func checksum() (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(sources.Sources, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(sources.Sources, path)
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", path, len(text), text) // a hash takes all
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

// compile puts what the job needs into dir/jars, and the job beside it.
func compile(ctx context.Context, home, dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if err := os.CopyFS(dir, sources.Sources); err != nil {
		return fmt.Errorf("write sources: %w", err)
	}
	java, err := filepath.Glob(filepath.Join(dir, "src", "globalmart", "spark", "*.java"))
	if err != nil {
		return err
	}
	jars, classes := filepath.Join(dir, "jars"), filepath.Join(dir, "classes")
	path := strings.Join([]string{filepath.Join(home, "jars", "*"), filepath.Join(jars, "*")}, ":")
	for _, command := range [][]string{
		{"mvn", "--quiet", "--batch-mode", "--no-transfer-progress", "--file", filepath.Join(dir, "pom.xml"), "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=" + jars},
		append([]string{"javac", "--release", "17", "-Xlint:all,-processing,-classfile,-path", "-Werror", "-cp", path, "-d", classes}, java...),
		{"jar", "--create", "--file", filepath.Join(dir, "globalmart-spark.jar"), "-C", classes, ".", "-C", dir, "sql"},
	} {
		if out, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("build the job for Spark %s with %s: %w\n%s", spark.Version, command[0], err, out)
		}
	}
	return nil
}
