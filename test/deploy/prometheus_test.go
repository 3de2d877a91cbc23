package deploy_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/goccy/go-yaml"
)

// alarm is a rule of deploy/prometheus/rules.yml.
type alarm struct {
	Alert, Expr, For    string
	Labels, Annotations map[string]string
}

// alarms are all of them.
func alarms(t *testing.T) []alarm {
	t.Helper()
	var file struct{ Groups []struct{ Rules []alarm } }
	decode(t, "deploy/prometheus/rules.yml", &file)
	var all []alarm
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

func decode(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// TestEveryAlarmIsTried: rules_test.yml, which promtool runs in `make lint`, has figures
// on which each alarm comes, and such on which it does not.
func TestEveryAlarmIsTried(t *testing.T) {
	var file struct {
		Tests []struct {
			Rules []struct {
				Alert  string `yaml:"alertname"`
				Expect []any  `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	decode(t, "deploy/prometheus/rules_test.yml", &file)
	comes, stays := map[string]bool{}, map[string]bool{}
	for _, one := range file.Tests {
		for _, r := range one.Rules {
			if len(r.Expect) > 0 {
				comes[r.Alert] = true
			} else {
				stays[r.Alert] = true
			}
		}
	}
	for _, a := range alarms(t) {
		if !comes[a.Alert] || !stays[a.Alert] {
			t.Errorf("%s: tried where it comes: %v, where it does not: %v", a.Alert, comes[a.Alert], stays[a.Alert])
		}
		if a.Annotations["summary"] == "" || a.Annotations["description"] == "" || !slices.Contains([]string{"page", "ticket"}, a.Labels["severity"]) {
			t.Errorf("%s does not say what is wrong, what to do, or how urgent it is", a.Alert)
		}
	}
}

// TestPrometheusLooksAtEveryProcessOfOurs: each has a job of its own name.
func TestPrometheusLooksAtEveryProcessOfOurs(t *testing.T) {
	var file struct {
		Jobs []struct {
			Name  string `yaml:"job_name"`
			Names []struct {
				Names []string
				Port  int
			} `yaml:"dns_sd_configs"`
		} `yaml:"scrape_configs"`
	}
	decode(t, "deploy/prometheus/prometheus.yml", &file)
	jobs := map[string]bool{}
	for _, j := range file.Jobs {
		if len(j.Names) != 1 || !slices.Equal(j.Names[0].Names, []string{j.Name}) || j.Names[0].Port != 9464 {
			t.Errorf("job %s looks at %+v", j.Name, j.Names)
		}
		jobs[j.Name] = true
	}
	project, _ := load(t)
	for name, s := range project.Services {
		if (s.Image == ours) != jobs[name] {
			t.Errorf("%s: is it ours: %v, does Prometheus look at it: %v", name, s.Image == ours, jobs[name])
		}
	}
}
