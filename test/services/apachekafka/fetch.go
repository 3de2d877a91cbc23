package apachekafka

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"globalmart/test/services/host"
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
	dir, err := host.Cached(filepath.Join(o.Cache, o.version()), "pom.xml", pom, func(work string) error {
		return get(ctx, work, o.version())
	})
	if err != nil {
		return "", fmt.Errorf("apachekafka: %w", err)
	}
	return filepath.Join(dir, "jars"), nil
}

// get puts the jars into dir.
func get(ctx context.Context, dir, version string) error {
	file := filepath.Join(dir, "pom.xml")
	if err := os.WriteFile(file, pom, 0o600); err != nil {
		return fmt.Errorf("get jars: %w", err)
	}
	jars, err := filepath.Abs(filepath.Join(dir, "jars"))
	if err != nil {
		return fmt.Errorf("get jars: %w", err)
	}
	mvn := exec.CommandContext(ctx, "mvn", "--quiet", "--batch-mode", "--no-transfer-progress", "--file", file,
		"-Dkafka.version="+version, "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory="+jars)
	out, err := mvn.CombinedOutput()
	if err != nil {
		return fmt.Errorf("get the jars of Kafka %s with mvn: %w\n%s", version, err, out)
	}
	return nil
}
