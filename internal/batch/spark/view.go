package spark

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"globalmart/internal/batch"
)

// View implements [batch.Engine]. The files of a part are a view of their own, of which
// Spark is told the columns: it opens none of the files to learn them, and lists them
// once, when the view is made.
func (e *Engine) View(ctx context.Context, name string, v batch.View) error {
	var selects []string
	for _, p := range v.Parts {
		patterns, err := patternsOf(p.Files)
		if err != nil {
			return fmt.Errorf("batch/spark: view %s: %w", name, err)
		}
		for _, pattern := range patterns {
			part := fmt.Sprintf("%s__part%d", name, len(selects))
			if err := e.run(ctx, fmt.Sprintf("create or replace temporary view %s (%s) using parquet options (path %s)", part, declared(v.Columns), quote(pattern))); err != nil {
				return fmt.Errorf("view %s: %w", name, err)
			}
			selects = append(selects, partQuery(part, v, p.Label))
		}
	}
	query := strings.Join(selects, " union all ")
	if len(selects) == 0 {
		query = emptyQuery(v)
	}
	if err := e.run(ctx, "create or replace temporary view "+name+" as "+query); err != nil {
		return fmt.Errorf("view %s: %w", name, err)
	}
	return nil
}

// patternsOf returns patterns of paths that are those of files: all in one, but for those
// with characters that mean something in a pattern, which are one each. Spark passes over
// what a pattern of several names and is not there, so that is looked for here.
func patternsOf(files []string) ([]string, error) {
	var plain, patterns []string
	for _, f := range files {
		if _, err := os.Stat(f); err != nil {
			return nil, err
		}
		if strings.ContainsAny(f, special) {
			patterns = append(patterns, scheme+escape.Replace(f))
			continue
		}
		plain = append(plain, strings.TrimPrefix(f, "/"))
	}
	switch len(plain) {
	case 0:
	case 1:
		patterns = append(patterns, scheme+"/"+plain[0])
	default:
		patterns = append(patterns, scheme+"/{"+strings.Join(plain, ",")+"}")
	}
	return patterns, nil
}

// special are the characters that mean something in a pattern of paths.
const special = `\{}[]*?,`

var escape = strings.NewReplacer(`\`, `\\`, "{", `\{`, "}", `\}`, "[", `\[`, "]", `\]`, "*", `\*`, "?", `\?`, ",", `\,`)

// scheme is the file system of every path: not the one that Spark is set to.
const scheme = "file:"

// partQuery has the rows of a part, and where they are from.
func partQuery(part string, v batch.View, label string) string {
	list := make([]string, len(v.Columns))
	for i, c := range v.Columns {
		list[i] = c.Name
	}
	if v.Origin {
		list = append(list, quote(label)+" as lake_source", filePath+" as lake_file")
	}
	return "select " + strings.Join(list, ", ") + " from " + part
}

// filePath is the path of the file that a row is from, which Spark has as a URL.
const filePath = "substr(url_decode(replace(input_file_name(), '+', '%2B')), length('" + scheme + "///'))"

// emptyQuery has the columns of v and no row.
func emptyQuery(v batch.View) string {
	all := v.Columns
	if v.Origin {
		all = append(slices.Clone(all), batch.Column{Name: "lake_source", Type: "varchar"}, batch.Column{Name: "lake_file", Type: "varchar"})
	}
	nulls := make([]string, len(all))
	for i, c := range all {
		nulls[i] = fmt.Sprintf("cast(null as %s) as %s", typeOf(c), c.Name)
	}
	return "select " + strings.Join(nulls, ", ") + " where false"
}

// declared is a list of columns with their types.
func declared(columns []batch.Column) string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = c.Name + " " + typeOf(c)
	}
	return strings.Join(list, ", ")
}

// typeOf is Spark's name of a column's type.
func typeOf(c batch.Column) string {
	switch c.Type {
	case "varchar":
		return "string"
	case "timestamp":
		return "timestamp_ntz"
	}
	return c.Type
}

func quote(text string) string { return "'" + strings.ReplaceAll(literal(text), "'", "''") + "'" }

// literal returns SQL of the portable rules as Spark has to be told it: a backslash, which
// the rules know in texts alone, is an escape there.
func literal(portable string) string { return strings.ReplaceAll(portable, `\`, `\\`) }
