package batch

import (
	"embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// Params are the values of the {{name}} of a query.
type Params map[string]any

// Date is a day, yyyy-mm-dd. As a parameter it is a literal of type date.
type Date string

var placeholder = regexp.MustCompile(`\{\{([a-z_]+)\}\}`)

// SQL returns the text of a file of sql/ with its parameters: dates, whole numbers
// and text, as typed literals.
func SQL(file string, p Params) (string, error) {
	text, err := sqlFiles.ReadFile("sql/" + file)
	if err != nil {
		return "", fmt.Errorf("batch: %w", err)
	}
	var bad error
	query := placeholder.ReplaceAllStringFunc(string(text), func(match string) string {
		name := match[2 : len(match)-2]
		value, there := p[name]
		if !there {
			bad = fmt.Errorf("batch: %s: it has no value for %s; there are %s", file, match, strings.Join(slices.Sorted(maps.Keys(p)), ", "))
			return match
		}
		text, err := literal(value)
		if err != nil {
			bad = fmt.Errorf("batch: %s: %s: %w", file, match, err)
		}
		return text
	})
	return strings.TrimSpace(query), bad
}

// literal returns a value as SQL.
func literal(value any) (string, error) {
	switch v := value.(type) {
	case Date:
		if _, err := v.time(); err != nil {
			return "", err
		}
		return "date '" + string(v) + "'", nil
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case string:
		return "'" + strings.ReplaceAll(v, "'", "''") + "'", nil
	}
	return "", fmt.Errorf("%T cannot be a parameter", value)
}

// WholeParams are the parameters of the query of a table as a whole.
func WholeParams(t Table, asOf Date) Params {
	from, to := firstDate, asOf
	if len(t.Inputs) > 0 {
		from, to = t.Inputs[0].window(asOf, asOf)
	}
	return Params{"from": from, "to": to, "as_of": asOf}
}

// partParams are those of one partition.
func partParams(from, to, asOf Date) Params {
	return Params{"from": from, "to": to, "as_of": asOf}
}
