package deploy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"globalmart/internal/testenv"
	"globalmart/test/services/host"
)

// prometheus is a running one.
type prometheus struct{ url string }

// startPrometheus starts Debian's Prometheus, which looks every second at the metrics of
// some addresses, and takes the labels of its metrics as prometheus.yml does for batch jobs.
func startPrometheus(t *testing.T, addresses ...string) prometheus {
	t.Helper()
	program, err := filepath.Abs(filepath.Join(root, ".cache/prometheus/prometheus"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(program); err != nil {
		testenv.Missing(t, program, "make setup")
	}
	targets, err := json.Marshal(addresses)
	if err != nil {
		t.Fatal(err)
	}
	dir, listen := t.TempDir(), testenv.Address(t)
	config := filepath.Join(dir, "prometheus.yml")
	text := fmt.Sprintf("global: {scrape_interval: 1s}\nscrape_configs: [{job_name: platform, honor_labels: true, static_configs: [{targets: %s}]}]\n", targets)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+listen)
	service, err := host.Launch(cmd, filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { service.End(syscall.SIGTERM) })
	p := prometheus{"http://" + listen}
	if err := service.Await(t.Context(), func(ctx context.Context) error { return p.get(ctx, "/-/ready", nil) }); err != nil {
		t.Fatal(err)
	}
	return p
}

// has reports whether an expression has a value now.
func (p prometheus) has(t *testing.T, expr string) bool {
	t.Helper()
	var got struct {
		Data struct{ Result []any }
	}
	if err := p.get(t.Context(), "/api/v1/query?query="+url.QueryEscape(expr), &got); err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	return len(got.Data.Result) > 0
}

// get decodes the answer to a question, unless into is nil.
func (p prometheus) get(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+path, http.NoBody)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("Prometheus answers %s", answer.Status)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(answer.Body).Decode(into)
}
