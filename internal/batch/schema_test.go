package batch_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/batch"
)

var update = flag.Bool("update", false, "rewrite testdata/schema.txt")

// schema is every table with its columns, as text.
func schema() string {
	var text strings.Builder
	for _, table := range batch.Graph() {
		fmt.Fprintf(&text, "%s (%s, by %s)\n", table.Name, table.Job, table.Grain)
		for _, c := range table.Columns {
			fmt.Fprintf(&text, "\t%s\n", c)
		}
	}
	return text.String()
}

// TestSchema: other programs read the tables, so a column changes on purpose only. That
// files have these columns is checked when they are written.
func TestSchema(t *testing.T) {
	golden := filepath.Join("testdata", "schema.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(schema()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), schema()); diff != "" {
		t.Errorf("the tables are not those of %s; if they are meant to change: go test ./internal/batch -run TestSchema -update\n%s", golden, diff)
	}
}

// TestGraphIsInOrder: a table comes after those that it reads, and says what a row is.
func TestGraphIsInOrder(t *testing.T) {
	seen := map[string]bool{}
	for _, table := range batch.Graph() {
		seen[table.Name] = true // a table can read its own days
		for _, in := range table.Inputs {
			if !seen[in.Name] && !strings.HasPrefix(in.Name, batch.Lake("")) {
				t.Errorf("%s reads %s, which is not before it", table.Name, in.Name)
			}
		}
		if table.Note == "" {
			t.Errorf("%s does not say what a row is", table.Name)
		}
	}
}
