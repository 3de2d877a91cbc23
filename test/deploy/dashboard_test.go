package deploy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

// page is a dashboard, as far as tests look at it.
type page struct {
	UID, Title, Description, Refresh string
	Time                             struct{ From, To string }
	Templating                       struct{ List []variable }
	Panels                           []panel
}

type variable struct {
	Name, Query string
	Multi       bool
	Datasource  source
}

type panel struct {
	ID                       int
	Type, Title, Description string
	GridPos                  struct{ X, Y, W, H int }
	Datasource               source
	Targets                  []target
	FieldConfig              struct{ Defaults struct{ Unit string } }
	Options                  struct{ XField string }
}

type target struct {
	RefID, RawSQL, Expr, Format string
	Datasource                  source
}

type source struct{ Type, UID string }

// The data sources that are provisioned.
var (
	tables  = source{"grafana-postgresql-datasource", "globalmart-tables"}
	metrics = source{"prometheus", "globalmart-metrics"}
)

// pages are the dashboards, by the names of their files.
func pages(t *testing.T) map[string]page {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "deploy/grafana/dashboards/*.json"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]page{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var p page
		if err := json.Unmarshal(text, &p); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all[filepath.Base(file)] = p
		if at := strings.Index(string(text), "://"); at >= 0 {
			t.Errorf("%s asks for something outside: %.80q", file, text[max(0, at-20):])
		}
	}
	return all
}

func TestTheDashboardsAreThoseThatArePromised(t *testing.T) {
	var titles []string
	uids := map[string]string{}
	for file, p := range pages(t) {
		titles = append(titles, p.Title)
		if other, taken := uids[p.UID]; taken || p.UID == "" {
			t.Errorf("%s has the uid %q of %s", file, p.UID, other)
		}
		uids[p.UID] = file
		if every, err := time.ParseDuration(p.Refresh); err != nil || every < 5*time.Second {
			t.Errorf("%s is asked for anew every %q: want 5 s or more", file, p.Refresh)
		}
		if p.Description == "" || p.Time.From == "" || p.Time.To != "now" {
			t.Errorf("%s lacks a description or its time", file)
		}
	}
	slices.Sort(titles)
	want := []string{"Customer Segmentation", "Executive", "Platform health", "Product Performance", "Real-time Monitoring", "Sales Metrics"}
	if !slices.Equal(titles, want) {
		t.Errorf("dashboards %q, want %q", titles, want)
	}
}

func TestPanelsSayWhatTheyShowAndHaveAPlaceOfTheirOwn(t *testing.T) {
	for file, p := range pages(t) {
		ids, taken := map[int]bool{}, map[[2]int]string{}
		for i := range p.Panels {
			one := &p.Panels[i]
			name := fmt.Sprintf("%s: %q", file, one.Title)
			if one.ID <= 0 || ids[one.ID] {
				t.Errorf("%s has the id %d, which is none or another's", name, one.ID)
			}
			ids[one.ID] = true
			at := one.GridPos
			if at.W < 1 || at.H < 1 || at.X < 0 || at.X+at.W > 24 {
				t.Errorf("%s is not within 24 columns: %+v", name, at)
			}
			for x := at.X; x < at.X+at.W; x++ {
				for y := at.Y; y < at.Y+at.H; y++ {
					if other, is := taken[[2]int{x, y}]; is {
						t.Fatalf("%s lies on %q", name, other)
					}
					taken[[2]int{x, y}] = one.Title
				}
			}
			if one.Type != "row" {
				checkPanel(t, name, one)
			}
		}
		for at := range taken { // rows are filled: a hole looks like a panel that is missing
			if at[0] > 0 && taken[[2]int{at[0] - 1, at[1]}] == "" {
				t.Errorf("%s: there is nothing left of %q", file, taken[at])
			}
		}
	}
}

func checkPanel(t *testing.T, name string, p *panel) {
	t.Helper()
	if p.Title == "" || p.Description == "" {
		t.Errorf("%s has no title or no description", name)
	}
	if p.FieldConfig.Defaults.Unit == "" {
		t.Errorf("%s has no unit", name)
	}
	if p.Datasource != tables && p.Datasource != metrics || len(p.Targets) == 0 {
		t.Errorf("%s asks nobody, or %v, which is not provisioned", name, p.Datasource)
	}
	refs := map[string]bool{}
	for _, q := range p.Targets {
		if q.Datasource != p.Datasource || refs[q.RefID] || (q.RawSQL == "") == (q.Expr == "") || (q.RawSQL != "") != (q.Datasource == tables) {
			t.Errorf("%s: question %q is of another source, not its own, or empty", name, q.RefID)
		}
		refs[q.RefID] = true
	}
}

// used finds the variables of a text; those of Grafana begin with two underscores.
var used = regexp.MustCompile(`\$\{?([a-z_]+)`)

func TestVariablesAreDefinedAndUsed(t *testing.T) {
	for file, p := range pages(t) {
		var text strings.Builder
		for i := range p.Panels {
			fmt.Fprintln(&text, p.Panels[i].Title, p.Panels[i].Description)
			for _, q := range p.Panels[i].Targets {
				fmt.Fprintln(&text, q.RawSQL, q.Expr)
			}
		}
		asked := map[string]bool{}
		for _, m := range used.FindAllStringSubmatch(text.String(), -1) {
			if !strings.HasPrefix(m[1], "__") {
				asked[m[1]] = true
			}
		}
		defined := map[string]bool{}
		for _, v := range p.Templating.List {
			defined[v.Name] = true
			if v.Datasource != tables {
				t.Errorf("%s: variable %s is of %v", file, v.Name, v.Datasource)
			}
		}
		if !maps.Equal(asked, defined) {
			t.Errorf("%s uses the variables %v and defines %v", file, slices.Sorted(maps.Keys(asked)), slices.Sorted(maps.Keys(defined)))
		}
	}
}

// provisioned are the files that Grafana reads when it starts, as far as it may.
type provisioned struct {
	APIVersion  int `yaml:"apiVersion"`
	Datasources []struct {
		Name, UID, Type, Access, URL, User string
		IsDefault                          bool `yaml:"isDefault"`
		Editable                           bool
		JSONData                           map[string]any    `yaml:"jsonData"`
		SecureJSONData                     map[string]string `yaml:"secureJsonData"`
	}
	Providers []struct {
		Name, Folder, Type    string
		DisableDeletion       bool `yaml:"disableDeletion"`
		AllowUIUpdates        bool `yaml:"allowUiUpdates"`
		UpdateIntervalSeconds int  `yaml:"updateIntervalSeconds"`
		Options               struct {
			Path                      string
			FoldersFromFilesStructure bool `yaml:"foldersFromFilesStructure"`
		}
	}
}

func TestGrafanaIsGivenItsSourcesAndDashboards(t *testing.T) {
	project, _ := load(t)
	grafana := project.Services["grafana"]
	mounted := map[string]string{}
	for _, v := range grafana.Volumes {
		mounted[v.Target] = filepath.Base(v.Source)
	}
	if mounted["/etc/grafana/provisioning"] != "provisioning" {
		t.Error("docker-compose.yml does not mount deploy/grafana/provisioning")
	}
	var all provisioned
	for _, file := range []string{"datasources", "dashboards"} {
		text, err := os.ReadFile(filepath.Join(root, "deploy/grafana/provisioning", file, "globalmart.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.UnmarshalWithOptions(text, &all, yaml.Strict()); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	var have []source
	for _, d := range all.Datasources {
		have = append(have, source{d.Type, d.UID})
		host, _, _ := strings.Cut(strings.TrimPrefix(d.URL, "http://"), ":")
		if _, is := project.Services[host]; !is {
			t.Errorf("%s: %s is no service", d.Name, d.URL)
		}
		for _, secret := range d.SecureJSONData {
			if _, given := grafana.Environment[strings.TrimPrefix(secret, "$")]; !given || !strings.HasPrefix(secret, "$") {
				t.Errorf("%s: %s is not in the environment of Grafana", d.Name, secret)
			}
		}
	}
	if !slices.Equal(have, []source{tables, metrics}) {
		t.Errorf("sources %v", have)
	}
	if len(all.Providers) != 1 || mounted[all.Providers[0].Options.Path] != "dashboards" {
		t.Errorf("dashboards are looked for in %+v, and mounted at %v", all.Providers, mounted)
	}
	home := grafana.Environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
	if home == nil || filepath.Dir(*home) != all.Providers[0].Options.Path || pages(t)[filepath.Base(*home)].Title != "Executive" {
		t.Error("the page that Grafana begins with is not the executive one")
	}
}
