package mutants

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// root is the folder of the module.
const root = "../.."

// mutant is the program with one rule broken.
type mutant struct {
	name   string
	rule   string // that is broken
	broken string // how
	needs  string // a service, "" or "postgres"
	pkg    string // whose tests guard the rule, "./internal/engine"
	tests  string // which of them, as for -test.run
	edits  []edit
}

// edit is one change of a file.
type edit struct {
	file     string // relative to root
	old, new string // whole lines
}

// load reads every mutant, by name.
func load(t *testing.T) []mutant {
	t.Helper()
	paths, err := filepath.Glob("mutant/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var all []mutant
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		m, err := parse(strings.TrimSuffix(filepath.Base(path), ".txtar"), archive)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, m)
	}
	return all
}

func parse(name string, archive *txtar.Archive) (mutant, error) {
	m := mutant{name: name}
	for line := range strings.Lines(string(archive.Comment)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "rule":
			m.rule = value
		case "broken":
			m.broken = value
		case "needs":
			m.needs = value
		case "tests":
			m.pkg, m.tests, _ = strings.Cut(value, " ")
		default:
			return m, fmt.Errorf("%q: want rule, broken, needs or tests, a colon and a value", key)
		}
	}
	if m.rule == "" || m.broken == "" || m.pkg == "" || m.tests == "" {
		return m, fmt.Errorf("rule, broken and tests (a package and a pattern) must be given")
	}
	if m.needs != "" && m.needs != "postgres" {
		return m, fmt.Errorf("needs: %q: want postgres, or no such line", m.needs)
	}
	files := archive.Files
	if len(files) == 0 || len(files)%2 != 0 {
		return m, fmt.Errorf("%d sections, want pairs of a file's lines and what stands there instead", len(files))
	}
	for i := 0; i < len(files); i += 2 {
		if files[i+1].Name != "with" {
			return m, fmt.Errorf("section %q follows %q, want %q", files[i+1].Name, files[i].Name, "with")
		}
		m.edits = append(m.edits, edit{files[i].Name, string(files[i].Data), string(files[i+1].Data)})
	}
	return m, nil
}

// overlay writes the changed files to dir and returns the file that tells the go
// command to compile them in place of the tree's.
func (m *mutant) overlay(dir string) (string, error) {
	var replace struct{ Replace map[string]string }
	replace.Replace = map[string]string{}
	for i, e := range m.edits {
		original, err := filepath.Abs(filepath.Join(root, e.file))
		if err != nil {
			return "", err
		}
		changed := replace.Replace[original]
		if changed == "" {
			changed = filepath.Join(dir, fmt.Sprint(i)+filepath.Ext(e.file))
			if err := copyFile(original, changed); err != nil {
				return "", err
			}
			replace.Replace[original] = changed
		}
		if err := e.apply(changed); err != nil {
			return "", err
		}
	}
	path := filepath.Join(dir, "overlay.json")
	list, err := json.Marshal(replace)
	if err != nil {
		return "", err
	}
	return path, os.WriteFile(path, list, 0o600)
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o600)
}

// apply changes the file at path, which is a copy of e.file.
func (e *edit) apply(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if n := bytes.Count(text, []byte(e.old)); n != 1 {
		return fmt.Errorf("%s has %d places that read as follows, want 1; adapt the mutant to the code:\n%s", e.file, n, e.old)
	}
	return os.WriteFile(path, bytes.Replace(text, []byte(e.old), []byte(e.new), 1), 0o600)
}

// goCommand runs the go command at root.
func goCommand(t *testing.T, args ...string) error {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}
