package mutants

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"globalmart/internal/testenv"
)

// quick are the mutants that run with all other tests.
var quick = regexp.MustCompile("^(skip-the-fence|drop-the-duplicates-check)$")

// chosen are the mutants to run: those whose names match $MUTANTS (`make mutants`
// runs all), or the quick ones.
func chosen(t *testing.T) *regexp.Regexp {
	t.Helper()
	pattern := os.Getenv("MUTANTS")
	if pattern == "" {
		return quick
	}
	r, err := regexp.Compile(pattern)
	if err != nil {
		t.Fatalf("MUTANTS: %v", err)
	}
	return r
}

func TestEveryMutantAppliesAndCompiles(t *testing.T) {
	for _, m := range load(t) {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			overlay, err := m.overlay(t.TempDir())
			if err == nil {
				err = goCommand(t, "build", "-overlay", overlay, m.pkg)
			}
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestEveryMutantIsCaught(t *testing.T) {
	pick := chosen(t)
	var table results
	t.Cleanup(func() { t.Logf("%s", table.String()) })
	sound := &controls{of: map[string]func() error{}}
	for _, m := range load(t) {
		if !pick.MatchString(m.name) {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			if m.needs == "postgres" {
				testenv.PostgresEndpoints(t) // or the test ends here
			}
			if err := sound.check(t, &m); err != nil {
				t.Fatalf("without the mutant: %v", err)
			}
			overlay, err := m.overlay(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			program, err := compileTests(t, m.pkg, overlay)
			if err != nil {
				t.Fatal(err)
			}
			started := time.Now()
			failed, err := runTests(t, program, m.pkg, m.tests)
			switch {
			case err != nil:
				t.Error(err)
			case failed == "":
				t.Errorf("%s: the tests %s of %s let it pass", m.broken, m.tests, m.pkg)
			default:
				table.add(&m, failed, time.Since(started))
			}
		})
	}
}

// controls proves that the tests pass as long as no rule is broken.
type controls struct {
	mu sync.Mutex
	of map[string]func() error // by package and tests
}

func (c *controls) check(t *testing.T, m *mutant) error {
	t.Helper()
	c.mu.Lock()
	key := m.pkg + " " + m.tests
	if c.of[key] == nil {
		c.of[key] = sync.OnceValue(func() error {
			program, err := compileTests(t, m.pkg, "")
			if err != nil {
				return err
			}
			failed, err := runTests(t, program, m.pkg, m.tests)
			if failed != "" {
				err = fmt.Errorf("%s fails", failed)
			}
			return err
		})
	}
	check := c.of[key]
	c.mu.Unlock()
	return check()
}

// results are the mutants that were caught.
type results struct {
	mu   sync.Mutex
	rows []string
}

func (r *results) add(m *mutant, failed string, took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = append(r.rows, fmt.Sprintf("%s\t%s\t%s %s\t%.1f", m.name, m.broken, m.pkg, failed, took.Seconds()))
}

func (r *results) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%d caught\nMUTANT\tWHAT IT BREAKS\tCAUGHT BY\tSECONDS\n%s\n", len(r.rows), strings.Join(r.rows, "\n"))
	w.Flush()
	return table.String()
}

// TestTheNoteListsEveryMutant keeps the table in docs/reliability.md true.
func TestTheNoteListsEveryMutant(t *testing.T) {
	const begin, end = "<!-- mutants -->\n", "<!-- end of mutants -->\n"
	note, err := os.ReadFile(root + "/docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(note), begin)
	got, _, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("docs/reliability.md has no table between %q and %q", begin, end)
	}
	var want strings.Builder
	want.WriteString("| mutant | the rule | what is broken | the tests that catch it |\n|---|---|---|---|\n")
	for _, m := range load(t) {
		fmt.Fprintf(&want, "| `%s` | %s | %s | `%s %s` |\n", m.name, m.rule, m.broken, m.pkg, m.tests)
	}
	if got != want.String() {
		t.Errorf("docs/reliability.md must have, between %q and %q:\n%s", begin, end, want.String())
	}
}
