package mart_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	copyLine   = regexp.MustCompile("(?m)^\\| `mart\\.(\\w+)` \\| \\[`(\\w+)`\\]\\(#\\w+\\) \\| `([^`]+)` \\|")
	columnLine = regexp.MustCompile(`(?m)^\| ` + "`" + `(\w+)` + "`" + ` \| ([\w ]+) \| (.*?) \| (.*?) \|$`)
	queryBlock = regexp.MustCompile("(?s)```sql\n(.*?)\n```")
	ownTable   = regexp.MustCompile(`(?s)^(\w+)\n\n(.*?)\n\nKey ` + "`([^`]+)`")
)

// page is docs/data_warehouse_schema.md: the tables of the files by name, and what it says of schema mart.
func page(t *testing.T) (files map[string]string, marts string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "data_warehouse_schema.md"))
	if err != nil {
		t.Fatal(err)
	}
	whole, marts, _ := strings.Cut(string(text), "\n## Marts in PostgreSQL")
	marts, _, _ = strings.Cut(marts, "\n## ")
	files = map[string]string{}
	for _, part := range strings.Split(whole, "\n### ")[1:] {
		name, table, _ := strings.Cut(part, "\n")
		files[name] = table
	}
	return files, marts
}

// comments are what the comments of the columns say of a table that is described as text, but for the
// columns that a copy lacks.
func comments(name, text string) string {
	var all strings.Builder
	for _, c := range columnLine.FindAllStringSubmatch(text, -1) {
		if strings.HasSuffix(c[1], "_key") {
			continue
		}
		comment := strings.ReplaceAll(c[4], "`", "")
		if unit := strings.TrimSpace(c[3]); unit != "" {
			comment += " [" + unit + "]"
		}
		fmt.Fprintf(&all, "%s.%s: %s\n", name, c[1], comment)
	}
	return all.String()
}

// TestDocumentIsTheSchema: the page has every table and its key, and says of each column what its comment
// says, in the same order; and its queries have answers.
func TestDocumentIsTheSchema(t *testing.T) {
	t.Parallel()
	url, w := migrated(t), newWriter(t)
	follow(t, marts(t, w.dir, url), w.run(1))
	conn := connect(t, url)
	files, section := page(t)
	said, keys := map[string]string{}, map[string]string{}
	for _, c := range copyLine.FindAllStringSubmatch(section, -1) {
		said[c[1]], keys[c[1]] = comments(c[1], files[c[2]]), c[3]
	}
	for _, part := range strings.Split(section, "\n#### mart.")[1:] {
		head := ownTable.FindStringSubmatch(part)
		if head == nil {
			t.Fatalf("want a name, what a row is, and a key:\n%s", part)
		}
		said[head[1]], keys[head[1]] = comments(head[1], part), head[3]
		if comment := text(t, conn, fmt.Sprintf("SELECT obj_description('mart.%s'::regclass)", head[1])); comment != head[2]+"\n" {
			t.Errorf("mart.%s: the page says %q, its comment %q", head[1], head[2], comment)
		}
	}
	made := map[string]string{}
	for name := range strings.FieldsSeq(text(t, conn, "SELECT tablename::text FROM pg_tables WHERE schemaname = 'mart' AND tablename <> 'source'")) {
		made[name] = text(t, conn, fmt.Sprintf(`SELECT '%[1]s.' || attname || ': ' || coalesce(col_description(attrelid, attnum), 'no comment') FROM pg_attribute
			WHERE attrelid = 'mart.%[1]s'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`, name))
		if key := primaryKey(t, conn, name); key != keys[name] {
			t.Errorf("mart.%s: the page says that its key is %s, and it is %s", name, keys[name], key)
		}
	}
	if diff := cmp.Diff(made, said); diff != "" {
		t.Errorf("docs/data_warehouse_schema.md does not have schema mart as it is (-comments +page):\n%s", diff)
	}
	for _, query := range queryBlock.FindAllStringSubmatch(section, -1) {
		if text(t, conn, query[1]) == "" {
			t.Errorf("no answer to\n%s", query[1])
		}
	}
}
