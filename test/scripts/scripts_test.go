package scripts_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// scripts are those that people run.
var scripts = []string{"create_topics", "deploy", "health_check", "logs", "monitor", "shutdown", "test_e2e"}

// docker stands in for Docker: it notes what it was asked, and gives what a test has
// written to the file answer of the second word, such as ps.
const docker = `#!/bin/sh
echo "$*" >>"$FAKE/asked"
[ ! -f "$FAKE/$2" ] || cat "$FAKE/$2"
`

// fixture is a folder with the scripts and a Docker that is none.
type fixture struct {
	root, fake string
}

func newFixture(t *testing.T) fixture {
	t.Helper()
	f := fixture{root: t.TempDir(), fake: t.TempDir()}
	if err := os.CopyFS(filepath.Join(f.root, "scripts"), os.DirFS("../../scripts")); err != nil {
		t.Fatal(err)
	}
	f.answer(t, "docker", docker)
	f.write(t, ".env.example", "# settings\nPOSTGRES_PASSWORD=globalmart\nREDIS_PASSWORD=globalmart\nAPI_KEY=globalmart-api-key-2024\nDEV_KEYS=true\n")
	return f
}

// answer sets what Docker says to a word.
func (f fixture) answer(t *testing.T, word, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(f.fake, word), []byte(text), 0o700); err != nil { // one of them is a program
		t.Fatal(err)
	}
}

func (f fixture) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(f.root, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// read returns a file, "" if there is none.
func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

// asked are the words that Docker was given.
func (f fixture) asked(t *testing.T) string { return read(t, filepath.Join(f.fake, "asked")) }

func (f fixture) env(t *testing.T) string { return read(t, filepath.Join(f.root, ".env")) }

// run runs a script with what is typed meanwhile.
func (f fixture) run(t *testing.T, typed, script string, args ...string) (code int, out, trouble string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(f.root, "scripts", script+".sh"), args...)
	cmd.Env = append(os.Environ(), "PATH="+f.fake+":"+os.Getenv("PATH"), "FAKE="+f.fake, "GLOBALMART_PLATFORM="+filepath.Join(f.root, "platform"))
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(typed), &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

func TestEveryScriptExplainsItselfAndRefusesWhatItDoesNotKnow(t *testing.T) {
	f := newFixture(t)
	for _, script := range scripts {
		code, out, trouble := f.run(t, "", script, "--help")
		if code != 0 || trouble != "" || !strings.HasPrefix(out, "usage: scripts/"+script+".sh") || !strings.Contains(out, "--local") {
			t.Errorf("%s --help: exit code %d, %q, %q", script, code, out, trouble)
		}
		code, _, trouble = f.run(t, "", script, "--everything")
		if code != 2 || !strings.Contains(trouble, "--everything: not understood. Try: scripts/"+script+".sh --help") {
			t.Errorf("%s --everything: exit code %d, %q", script, code, trouble)
		}
		if code, _, trouble = f.run(t, "", script, "--dir"); code != 2 || !strings.Contains(trouble, "--dir: want a value") {
			t.Errorf("%s --dir: exit code %d, %q", script, code, trouble)
		}
	}
	if asked := f.asked(t); asked != "" {
		t.Errorf("Docker was asked: %s", asked)
	}
}

func TestWhereNothingRunsTheScriptsSayWhatToDo(t *testing.T) {
	f := newFixture(t)
	for _, script := range []string{"create_topics", "health_check", "monitor", "logs"} {
		code, _, trouble := f.run(t, "", script, "--local")
		if code != 3 || !strings.Contains(trouble, "Try: scripts/deploy.sh --local") {
			t.Errorf("%s --local: exit code %d, %q", script, code, trouble)
		}
	}
	for _, script := range []string{"create_topics", "health_check", "monitor"} {
		if code, _, trouble := f.run(t, "", script); code != 3 || !strings.Contains(trouble, "Try: scripts/deploy.sh") {
			t.Errorf("%s: exit code %d, %q", script, code, trouble)
		}
	}
	if code, _, trouble := f.run(t, "", "shutdown", "--local"); code != 0 || !strings.Contains(trouble, "no platform runs in ") {
		t.Errorf("shutdown --local: exit code %d, %q", code, trouble)
	}
	f.answer(t, "docker", "#!/bin/sh\nexit 1\n")
	for _, script := range scripts {
		if code, _, trouble := f.run(t, "", script); code != 3 || !strings.Contains(trouble, "or scripts/"+script+".sh --local") {
			t.Errorf("%s without docker compose: exit code %d, %q", script, code, trouble)
		}
	}
}

func TestHealthIsALineForEachService(t *testing.T) {
	f := newFixture(t)
	f.answer(t, "config", "kafka\nredis\ntopics\nstream\n")
	well := "kafka running healthy 0\nredis running  0\ntopics exited  0\nstream running healthy 0\nstream running healthy 0\n"
	for name, test := range map[string]struct {
		states string
		code   int
		lines  []string
	}{
		"all is well":             {well, 0, []string{"kafka ✓ running healthy", "redis ✓ running", "stream ✓ running healthy", "topics ✓ exited"}},
		"one does not answer":     {strings.Replace(well, "kafka running healthy", "kafka running unhealthy", 1), 4, []string{"kafka ✗ running unhealthy 0", "redis ✓ running"}},
		"one of several is gone":  {well + "stream exited  137\n", 4, []string{"kafka ✓ running healthy", "stream ✗ exited 137"}},
		"one was not started":     {strings.Replace(well, "redis running  0\n", "", 1), 4, []string{"redis ✗ it was not started"}},
		"one did not do its work": {strings.Replace(well, "topics exited  0", "topics exited  1", 1), 4, []string{"topics ✗ exited 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			f.answer(t, "ps", test.states)
			code, out, trouble := f.run(t, "", "health_check")
			lines := strings.Split(regexp.MustCompile(` +`).ReplaceAllString(out, " "), "\n")
			if code != test.code || len(lines) != 5 {
				t.Errorf("exit code %d, want %d: %s%s", code, test.code, out, trouble)
			}
			for _, line := range test.lines {
				if !slices.Contains(lines, line) {
					t.Errorf("%q is missing in %q", line, lines)
				}
			}
		})
	}
}

func TestVolumesAreRemovedOnlyIfSomebodySaysYes(t *testing.T) {
	f := newFixture(t)
	if code, _, trouble := f.run(t, "n\n", "shutdown", "--volumes"); code != 1 || !strings.Contains(trouble, "[y/N] ") || strings.Contains(f.asked(t), "down") {
		t.Errorf("no: exit code %d, %s; Docker was asked %s", code, trouble, f.asked(t))
	}
	if code, _, _ := f.run(t, "", "shutdown"); code != 0 || !strings.Contains(f.asked(t), "compose down --remove-orphans\n") {
		t.Errorf("without --volumes: exit code %d, Docker was asked %s", code, f.asked(t))
	}
	if code, _, _ := f.run(t, "y\n", "shutdown", "--volumes"); code != 0 || !strings.Contains(f.asked(t), "compose down --remove-orphans --volumes\n") {
		t.Errorf("yes: exit code %d, Docker was asked %s", code, f.asked(t))
	}
	f.write(t, "precious", "")
	if code, _, trouble := f.run(t, "", "shutdown", "--local", "--dir", f.root, "--volumes", "--yes"); code != 1 || !strings.Contains(trouble, "it was left alone") {
		t.Errorf("a folder of others: exit code %d, %s", code, trouble)
	}
	if _, err := os.Stat(filepath.Join(f.root, "precious")); err != nil {
		t.Error(err)
	}
}

func TestSecretsOfProductionAreNobodyElses(t *testing.T) {
	f := newFixture(t)
	if code, _, trouble := f.run(t, "", "deploy"); code != 0 || f.env(t) != read(t, filepath.Join(f.root, ".env.example")) {
		t.Fatalf("exit code %d, %s; .env is %s", code, trouble, f.env(t))
	}
	started := f.asked(t)
	code, _, trouble := f.run(t, "", "deploy", "--production")
	if code != 1 || !strings.Contains(trouble, ": POSTGRES_PASSWORD REDIS_PASSWORD API_KEY. Try: ") {
		t.Errorf("as everybody's: exit code %d, %s", code, trouble)
	}
	f.write(t, ".env", "POSTGRES_PASSWORD=a\nREDIS_PASSWORD=b\nAPI_KEY=c\nOTHER=x:globalmart-api-key-2024\n")
	if code, _, trouble := f.run(t, "", "deploy", "--production"); code != 1 || !strings.Contains(trouble, "globalmart-api-key-2024, which is public") {
		t.Errorf("with the development key: exit code %d, %s", code, trouble)
	}
	f.write(t, ".env", "POSTGRES_PASSWORD=a\nREDIS_PASSWORD=b\nAPI_KEY=c\nDEV_KEYS=true\n")
	if code, _, trouble := f.run(t, "", "deploy", "--production"); code != 1 || !strings.Contains(trouble, "Try: DEV_KEYS=false") {
		t.Errorf("taking development keys: exit code %d, %s", code, trouble)
	}
	if n := strings.Count(f.asked(t), " up "); n != strings.Count(started, " up ") {
		t.Errorf("it was started %d times", n)
	}
	if err := os.Remove(filepath.Join(f.root, ".env")); err != nil {
		t.Fatal(err)
	}
	if code, _, trouble := f.run(t, "", "deploy", "--production"); code != 0 {
		t.Fatalf("exit code %d, %s", code, trouble)
	}
	want := regexp.MustCompile(`^# settings\nPOSTGRES_PASSWORD=([0-9a-f]{48})\nREDIS_PASSWORD=([0-9a-f]{48})\nAPI_KEY=([0-9a-f]{48})\nDEV_KEYS=false\n$`)
	if m := want.FindStringSubmatch(f.env(t)); m == nil || m[1] == m[2] || m[2] == m[3] {
		t.Errorf(".env is %s", f.env(t))
	}
	info, err := os.Stat(filepath.Join(f.root, ".env"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of .env: %v, %v", info, err)
	}
	if code, _, trouble := f.run(t, "", "deploy", "--production"); code != 0 {
		t.Errorf("once more: exit code %d, %s", code, trouble)
	}
}
