package deploy_test

import (
	"net/netip"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/interpolation"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"
)

const root = "../.."

// ours is the image that the Dockerfile makes.
const ours = "globalmart:local"

// load reads docker-compose.yml as Docker Compose does, with the settings of
// .env.example. It returns the variables that the file asks for, too.
func load(t *testing.T) (project *types.Project, asked map[string]bool) {
	t.Helper()
	settings := example(t)
	asked = map[string]bool{}
	file := filepath.Join(root, "docker-compose.yml")
	details := types.ConfigDetails{WorkingDir: root, ConfigFiles: []types.ConfigFile{{Filename: file}}, Environment: settings}
	project, err := loader.LoadWithContext(t.Context(), details, func(o *loader.Options) {
		o.Interpolate = &interpolation.Options{LookupValue: func(name string) (string, bool) {
			asked[name] = true
			value, found := settings[name]
			return value, found
		}}
	})
	if err != nil {
		t.Fatal(err)
	}
	return project, asked
}

// example are the settings of .env.example.
func example(t *testing.T) map[string]string {
	t.Helper()
	settings, err := dotenv.Read(filepath.Join(root, ".env.example"))
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

func TestEverySettingOfTheExampleIsUsedAndNoOther(t *testing.T) {
	_, asked := load(t)
	settings := example(t)
	known := map[string]bool{}
	for name := range settings {
		known[name] = true
	}
	if diff := cmp.Diff(known, asked); diff != "" {
		t.Errorf("variables (-.env.example +docker-compose.yml):\n%s", diff)
	}
	// A password with other signs would have to be escaped in URLs.
	for name, value := range settings {
		if strings.HasSuffix(name, "_PASSWORD") && !regexp.MustCompile(`^[A-Za-z0-9]{8,}$`).MatchString(value) {
			t.Errorf("%s=%s: want at least 8 letters and digits", name, value)
		}
	}
}

func TestComposeHasTheWholePlatform(t *testing.T) {
	project, _ := load(t)
	want := []string{
		"api", "collect", "generator", "grafana", "kafka", "kafka-ui", "lake", "mongo-express", "mongodb", "postgres", "prometheus", "redis",
		"schedule", "spark-master", "spark-thrift", "spark-worker-1", "spark-worker-2", "stream",
	}
	if diff := cmp.Diff(want, project.ServiceNames()); diff != "" {
		t.Errorf("services (-want +have):\n%s", diff)
	}
}

// pinned is a tag that names a version, down to what is mended.
var pinned = regexp.MustCompile(`^[a-z0-9./-]+:v?\d+\.\d+\.?\d*(-[a-z0-9.]+)*$`)

func TestEveryServiceIsPinnedConfinedAndWatched(t *testing.T) {
	project, _ := load(t)
	for name, s := range project.Services {
		if s.Image != ours && !pinned.MatchString(s.Image) {
			t.Errorf("%s: image %s: want one of a version", name, s.Image)
		}
		if !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") || s.Privileged {
			t.Errorf("%s keeps privileges of root", name)
		}
		if s.HealthCheck == nil || s.HealthCheck.Disable || len(s.HealthCheck.Test) == 0 {
			t.Errorf("%s has no health check", name)
		}
		if s.Restart != types.RestartPolicyUnlessStopped {
			t.Errorf("%s is not started again when it ends", name)
		}
		if s.Logging == nil || s.Logging.Options["max-size"] == "" {
			t.Errorf("%s writes logs without a bound", name)
		}
		if s.Image == ours && (!s.ReadOnly || s.User != "185:185" || s.Build == nil) {
			t.Errorf("%s is ours, and can write its image, is another user than the Dockerfile's, or is not built", name)
		}
	}
}

func TestWhatIsWaitedForCanBeTrue(t *testing.T) {
	project, _ := load(t) // the loader refuses services that are not there, and circles
	for name, s := range project.Services {
		for other, wait := range s.DependsOn {
			if wait.Condition != types.ServiceConditionHealthy {
				t.Errorf("%s waits for %s to be %s: want healthy", name, other, wait.Condition)
			}
		}
		for _, other := range mentioned(project, s) {
			if !reaches(project, name, other, map[string]bool{}) && !slices.Contains([]string{"prometheus"}, name) {
				t.Errorf("%s uses %s, and may start before it: add it to depends_on", name, other)
			}
		}
	}
}

// mentioned are the other services whose host and port are in the settings of s.
func mentioned(project *types.Project, s types.ServiceConfig) []string {
	var found []string
	for _, other := range project.ServiceNames() {
		address := regexp.MustCompile(`(^|[/@,=\s])` + regexp.QuoteMeta(other) + `:\d`)
		for _, value := range s.Environment {
			if value != nil && other != s.Name && address.MatchString(*value) {
				found = append(found, other)
				break
			}
		}
	}
	return found
}

// reaches reports whether a service waits for another, or for one that does. What an
// application does not need at its start it may do without: MongoDB of a stream worker.
func reaches(project *types.Project, from, to string, seen map[string]bool) bool {
	if from == to || slices.Contains(unneeded[from], to) {
		return true
	}
	if seen[from] {
		return false
	}
	seen[from] = true
	for next := range project.Services[from].DependsOn {
		if reaches(project, next, to, seen) {
			return true
		}
	}
	return false
}

// unneeded are services whose address is among the settings that all of ours share, and
// which these do not use.
var unneeded = map[string][]string{"stream": {"mongodb"}, "lake": {"mongodb"}, "generator": {"mongodb"}, "collect": {"mongodb"}}

// TestTheCollectorLooksOrdersUpInTheLake: without it every refund that names no lines is a
// dead letter.
func TestTheCollectorLooksOrdersUpInTheLake(t *testing.T) {
	project, _ := load(t)
	lake, collect := project.Services["lake"], project.Services["collect"]
	dir, data := collect.Environment["GLOBALMART_LAKE"], lake.Environment["GLOBALMART_DATA"]
	if dir == nil || data == nil || lake.Environment["GLOBALMART_LAKE"] != nil || *dir != path.Join(*data, "lake") {
		t.Fatal("the collector does not look into the folder that the lake's writer fills")
	}
	if _, waits := collect.DependsOn["lake"]; !waits {
		t.Error("the collector does not wait for the folder, which it cannot make")
	}
	if len(collect.Volumes) != 1 || collect.Volumes[0].Target != *data || !collect.Volumes[0].ReadOnly || collect.Volumes[0].Source != lake.Volumes[0].Source {
		t.Errorf("the collector has the volumes %+v: want that of the lake, to read", collect.Volumes)
	}
}

func TestPortsAreOpenOnThisMachineAloneAndOnce(t *testing.T) {
	project, _ := load(t)
	users := map[string]string{}
	for name, s := range project.Services {
		for _, port := range s.Ports {
			if ip, err := netip.ParseAddr(port.HostIP); err != nil || !ip.IsLoopback() {
				t.Errorf("%s: port %s is open on %q: want 127.0.0.1", name, port.Published, port.HostIP)
			}
			if other, taken := users[port.Published]; taken {
				t.Errorf("%s and %s both have port %s", name, other, port.Published)
			}
			users[port.Published] = name
		}
	}
	for port, want := range map[string]string{
		"8000": "api", "8010": "collect", "8080": "kafka-ui", "8081": "spark-master", "8082": "mongo-express", "8083": "grafana", "9090": "prometheus",
		"9092": "kafka", "5432": "postgres", "27017": "mongodb", "6379": "redis", "10000": "spark-thrift",
	} {
		if users[port] != want {
			t.Errorf("port %s is that of %q, want %s", port, users[port], want)
		}
	}
}

// machine is the memory that the whole platform has to fit.
const machine = 8 << 30

func TestTheLimitsFitTheMachine(t *testing.T) {
	project, _ := load(t)
	var sum int64
	for name, s := range project.Services {
		if s.Deploy == nil || s.Deploy.Resources.Limits == nil || s.Deploy.Resources.Limits.MemoryBytes == 0 {
			t.Errorf("%s has no limit of its memory", name)
			continue
		}
		limit := int64(s.Deploy.Resources.Limits.MemoryBytes)
		sum += limit
		if goal := s.Environment["GOMEMLIMIT"]; s.Image == ours {
			if goal == nil {
				t.Errorf("%s: Go does not know of its limit: want GOMEMLIMIT", name)
			} else if !below(t, *goal, limit) {
				t.Errorf("%s: GOMEMLIMIT=%s leaves nothing of %d MiB for what is not Go's heap", name, *goal, limit>>20)
			}
		}
	}
	if sum > machine {
		t.Errorf("the limits add up to %d MiB, more than %d", sum>>20, machine>>20)
	}
	t.Logf("the limits add up to %d MiB", sum>>20)
}

// below reports whether goal, as in 400MiB, is at most 85 % of limit.
func below(t *testing.T, goal string, limit int64) bool {
	t.Helper()
	var size types.UnitBytes
	if err := size.DecodeMapstructure(strings.TrimSuffix(goal, "iB")); err != nil {
		t.Fatal(err)
	}
	return int64(size)*100 <= limit*85
}

func TestWhatIsMountedIsThere(t *testing.T) {
	project, _ := load(t)
	for name, s := range project.Services {
		for _, v := range s.Volumes {
			switch v.Type {
			case types.VolumeTypeVolume:
				if _, named := project.Volumes[v.Source]; !named {
					t.Errorf("%s: volume %s is not named", name, v.Source)
				}
			case types.VolumeTypeBind:
				if _, err := os.Stat(v.Source); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if !v.ReadOnly {
					t.Errorf("%s may write %s", name, v.Source)
				}
			}
		}
	}
}

func TestTheImageIsBuiltOfWhatIsThere(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	ignore, err := os.ReadFile(filepath.Join(root, ".dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	sent := strings.Fields(string(ignore))
	copied := 0
	for _, line := range regexp.MustCompile(`(?m)^COPY (?:[^-\n].*)$`).FindAllString(string(text), -1) {
		words := strings.Fields(line)
		for _, source := range words[1 : len(words)-1] {
			copied++
			if _, err := os.Stat(filepath.Join(root, source)); err != nil {
				t.Errorf("%s: %v", line, err)
			}
			if top, _, _ := strings.Cut(path.Clean(source), "/"); !slices.Contains(sent, "!"+top) {
				t.Errorf("%s: .dockerignore keeps %s out", line, top)
			}
		}
	}
	if copied == 0 {
		t.Error("the Dockerfile copies nothing")
	}
	for _, from := range regexp.MustCompile(`(?m)^FROM (?:--platform=\S+ )?(\S+)`).FindAllStringSubmatch(string(text), -1) {
		if !pinned.MatchString(from[1]) {
			t.Errorf("image %s: want one of a version", from[1])
		}
	}
}
