package batch_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/batch"
	"globalmart/internal/batch/batchtest"
)

// described is what the documentation says of a table.
type described struct {
	name    string
	text    string
	job     string
	grain   string
	key     string // columns; "" = not said
	inFile  bool   // the key holds in each file
	columns string // a line each, as in testdata/schema.txt
	query   string
}

var (
	factsLine  = regexp.MustCompile("(?m)^Job `(\\w+)` · kept by `(\\w+)`(?: · key (in each file )?`([^`]+)`)?(?: · sorted by `[^`]+`)?$")
	columnLine = regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (\\w+) \\|")
	queryBlock = regexp.MustCompile("(?s)```sql\n(.*?)\n```")
)

// document reads docs/data_warehouse_schema.md, a part for each table.
func document(t *testing.T) []described {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "data_warehouse_schema.md"))
	if err != nil {
		t.Fatal(err)
	}
	var all []described
	for _, part := range strings.Split(string(page), "\n### ")[1:] {
		part, _, _ = strings.Cut(part, "\n## ")
		name, text, _ := strings.Cut(part, "\n")
		facts, query := factsLine.FindStringSubmatch(text), queryBlock.FindAllStringSubmatch(text, -1)
		if facts == nil || len(query) != 1 {
			t.Fatalf("%s: want a line of job, grain and key, and one query; found %q and %d queries", name, facts, len(query))
		}
		d := described{name: name, text: text, job: facts[1], grain: facts[2], inFile: facts[3] != "", key: facts[4], query: query[0][1]}
		for _, c := range columnLine.FindAllStringSubmatch(text, -1) {
			d.columns += "\t" + c[1] + " " + c[2] + "\n"
		}
		all = append(all, d)
	}
	return all
}

// TestDocumentHasEveryColumn: the page has the tables of the graph, what a row is, their keys, and their
// columns with types, in the same order, and no others.
func TestDocumentHasEveryColumn(t *testing.T) {
	var text strings.Builder
	for _, d := range document(t) {
		fmt.Fprintf(&text, "%s (%s, by %s)\n%s", d.name, d.job, d.grain, d.columns)
		table, _ := batch.Find(d.name)
		if !strings.Contains(strings.ToLower(d.text), strings.ToLower(table.Note)) {
			t.Errorf("%s: the page does not say what a row is: %q", d.name, table.Note)
		}
		if key := strings.Join(table.Key, ", "); key != d.key {
			t.Errorf("%s: the page says that its key is %q, want %q", d.name, d.key, key)
		}
	}
	if diff := cmp.Diff(schema(), text.String()); diff != "" {
		t.Errorf("docs/data_warehouse_schema.md does not have the tables as they are (-tables +page):\n%s", diff)
	}
}

// TestDocumentQueriesAnswer: over a shop that sells for some days every query of the page has an answer,
// and the keys that it names are keys.
func TestDocumentQueriesAnswer(t *testing.T) {
	shop, made := batchtest.NewShop(t), newShoppers(rand.New(rand.NewPCG(1, 1)))
	for _, date := range []batch.Date{"2026-03-06", "2026-03-07"} {
		shop.Log(made.events(5 * 24 * time.Hour)...)
		shop.Run(date, batch.Jobs()...)
	}
	for _, d := range document(t) {
		if shop.Text(d.query) == "" {
			t.Errorf("%s: no answer to\n%s", d.name, d.query)
		}
		if d.key == "" {
			if rows := shop.Text("select count(*) from " + d.name); rows != "1\n" {
				t.Errorf("%s has no key and %s rows, want 1", d.name, rows)
			}
			continue
		}
		rows := d.name
		if d.inFile {
			rows = "(select distinct * from " + d.name + ")"
		}
		if twice := shop.Text(fmt.Sprintf("select %s from %s group by all having count(*) > 1", d.key, rows)); twice != "" {
			t.Errorf("%s has more than one row of\n%s", d.name, twice)
		}
	}
}
