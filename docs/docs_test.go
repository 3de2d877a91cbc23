// Package docs_test keeps the documentation true: what can be generated from
// the code is, and links lead somewhere.
package docs_test

import (
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the generated parts")

const (
	root       = ".."
	modulePath = "globalmart"
	page       = "architecture.md"
)

// pkg is one of our packages.
type pkg struct {
	dir      string // relative to the module, "internal/event"
	synopsis string // first sentence of the package comment
	imports  []string
	depth    int // length of the longest chain of imports below it
}

func TestArchitectureIsUpToDate(t *testing.T) {
	before, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	packages := load(t)
	after := string(before)
	after = replace(t, after, "packages", table(packages))
	after = replace(t, after, "graph", graph(packages))
	if *update {
		if err := os.WriteFile(page, []byte(after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := gocmp.Diff(string(before), after); diff != "" {
		t.Errorf("docs/%s is stale: run `make docs` (-have +want)\n%s", page, diff)
	}
}

// languages are those of the snippets, by the end of their names.
var languages = map[string]string{".mjs": "js", ".py": "python", ".sh": "sh"}

func TestSnippetsAreTheFilesThatTestsRun(t *testing.T) {
	const page = "connect-your-shop.md"
	before, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("snippets/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no snippets: %v", err)
	}
	after := string(before)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		after = replace(t, after, file, "```"+languages[filepath.Ext(file)]+"\n"+string(text)+"```\n")
	}
	if *update {
		if err := os.WriteFile(page, []byte(after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := gocmp.Diff(string(before), after); diff != "" {
		t.Errorf("docs/%s is stale: run `make docs` (-have +want)\n%s", page, diff)
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for dir, p := range load(t) {
		if p.synopsis == "" {
			t.Errorf("%s has no package comment", dir)
		}
	}
}

var (
	// link is a relative link of a page: [text](target), [text](target#heading) or [text](#heading).
	link = regexp.MustCompile(`\]\(([^)#:]*)(#[^)]*)?\)`)
	// heading is one of a page, and what its anchor leaves out.
	heading   = regexp.MustCompile(`(?m)^#+ (.*)$`)
	noAnchors = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors are the headings of a page as GitHub names them in addresses.
func anchors(text []byte) map[string]bool {
	found := map[string]bool{}
	for _, m := range heading.FindAllSubmatch(text, -1) {
		name := noAnchors.ReplaceAllString(strings.ToLower(string(m[1])), "")
		found["#"+strings.ReplaceAll(name, " ", "-")] = true
	}
	return found
}

func TestLinksLeadSomewhere(t *testing.T) {
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	decisions, err := filepath.Glob("adr/*.md")
	if err != nil {
		t.Fatal(err)
	}
	pages = append(append(pages, decisions...), filepath.Join(root, "README.md"), filepath.Join(root, "CHANGELOG.md"))
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			target, there := filepath.Join(filepath.Dir(page), m[1]), text
			if m[1] == "" {
				target = page
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: %v", page, err)
			} else if m[2] != "" && m[1] != "" {
				if there, err = os.ReadFile(target); err != nil {
					t.Fatal(err)
				}
			}
			if m[2] != "" && !anchors(there)[m[2]] {
				t.Errorf("%s: %s has no heading for %s", page, target, m[2])
			}
		}
	}
}

// load reads every package below cmd and internal, without its tests.
func load(t *testing.T) map[string]*pkg {
	t.Helper()
	packages := map[string]*pkg{}
	for _, top := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(name string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() && entry.Name() == "testdata" {
				return fs.SkipDir
			}
			if entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return nil
			}
			return add(packages, name)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range packages {
		slices.Sort(p.imports)
		p.imports = slices.Compact(p.imports)
	}
	for _, p := range packages {
		p.depth = depth(packages, p)
	}
	return packages
}

func add(packages map[string]*pkg, file string) error {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		return fmt.Errorf("docs: %w", err)
	}
	relative, err := filepath.Rel(root, filepath.Dir(file))
	if err != nil {
		return fmt.Errorf("docs: %w", err)
	}
	dir := filepath.ToSlash(relative)
	p := packages[dir]
	if p == nil {
		p = &pkg{dir: dir}
		packages[dir] = p
	}
	if s := synopsis(parsed); s != "" {
		p.synopsis = s
	}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return fmt.Errorf("docs: %s: %w", file, err)
		}
		if ours, ok := strings.CutPrefix(imported, modulePath+"/"); ok {
			p.imports = append(p.imports, ours)
		}
	}
	return nil
}

// synopsis is what the package comment says first, without "Package x ".
func synopsis(file *ast.File) string {
	if file.Doc == nil {
		return ""
	}
	s := new(doc.Package).Synopsis(file.Doc.Text())
	for _, prefix := range []string{"Package ", "Command "} {
		if rest, ok := strings.CutPrefix(s, prefix); ok {
			_, s, _ = strings.Cut(rest, " ")
		}
	}
	return s
}

func depth(packages map[string]*pkg, p *pkg) int {
	deepest := 0
	for _, dir := range p.imports {
		if below := packages[dir]; below != nil {
			deepest = max(deepest, 1+depth(packages, below))
		}
	}
	return deepest
}

func sorted(packages map[string]*pkg) []*pkg {
	return slices.SortedFunc(maps.Values(packages), func(a, b *pkg) int {
		return cmp.Or(cmp.Compare(a.depth, b.depth), cmp.Compare(a.dir, b.dir))
	})
}

func table(packages map[string]*pkg) string {
	var b strings.Builder
	b.WriteString("| package | what it is |\n|---|---|\n")
	for _, p := range sorted(packages) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", p.dir, p.synopsis)
	}
	return b.String()
}

func graph(packages map[string]*pkg) string {
	var b strings.Builder
	b.WriteString("```mermaid\ngraph LR\n")
	for _, p := range sorted(packages) {
		for _, dir := range p.imports {
			if dir != "internal/event" && !implied(packages, p, dir) {
				fmt.Fprintf(&b, "    %s --> %s\n", short(p.dir), short(dir))
			}
		}
	}
	b.WriteString("```\n")
	return b.String()
}

// implied reports whether p reaches dir through another of its imports.
func implied(packages map[string]*pkg, p *pkg, dir string) bool {
	return slices.ContainsFunc(p.imports, func(via string) bool {
		return via != dir && reaches(packages, via, dir)
	})
}

func reaches(packages map[string]*pkg, from, to string) bool {
	if from == to {
		return true
	}
	p := packages[from]
	return p != nil && slices.ContainsFunc(p.imports, func(dir string) bool { return reaches(packages, dir, to) })
}

func short(dir string) string {
	if strings.HasPrefix(dir, "cmd/") {
		return "main"
	}
	return path.Clean(strings.TrimPrefix(dir, "internal/"))
}

// replace puts content between the markers of the part called name.
func replace(t *testing.T, text, name, content string) string {
	t.Helper()
	start, end := "<!-- generated: "+name+" -->\n", "<!-- end -->"
	before, rest, ok := strings.Cut(text, start)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("the page has no part %q", name)
	}
	return before + start + content + end + after
}
