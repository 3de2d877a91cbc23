package batch_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// unportable is what DuckDB and Spark do not do alike, or one of them does not do. The
// package comment says what to write instead.
var unportable = map[string]*regexp.Regexp{
	"a name or text in double quotes":                    regexp.MustCompile(`"`),
	"a division whose divisor may be zero or an integer": regexp.MustCompile(`/ *(?:[a-z0-9_.]+\b(?:[^(]|$)|\()`),
	"an integer division of one engine":                  regexp.MustCompile(`//`),
	"a cast of one engine":                               regexp.MustCompile(`::`),
	"a backslash, which is an escape on one engine":      regexp.MustCompile(`\\`),
	"a zone, or the time at which it runs":               regexp.MustCompile(`(?i)\b(at time zone|timezone|current_date|current_timestamp|now|getdate|from_utc_timestamp|to_utc_timestamp)\b`),
	"a time with zone":                                   regexp.MustCompile(`(?i)\b(timestamptz|with time zone)\b`),
	"an interval":                                        regexp.MustCompile(`(?i)\binterval '?[0-9]`),
	"a list":                                             regexp.MustCompile(`(?i)\b(array|list|unnest|explode|sequence|generate_series|range|named_struct|struct_pack|collect_list|array_agg|list_agg|string_agg)\(`),
	"a join of one engine":                               regexp.MustCompile(`(?i)\b(semi|anti|asof|positional|lateral) `),
	"an operator of one engine":                          regexp.MustCompile(`<=>|==|\^|%|~`),
	"a star with exceptions":                             regexp.MustCompile(`(?i)\* *(except|exclude|replace)\b`),
	"a function that differs":                            regexp.MustCompile(`(?i)\b(date_format|strftime|date_trunc|datediff|date_sub|hash|concat|ifnull|isnull|approx_count_distinct|median|percentile|any_value|first|last|epoch_ms|unix_millis|timestamp_millis|strlen|substring|position|instr|round|trunc)\(`),
	"nulls that a window skips":                          regexp.MustCompile(`(?i)\b(ignore|respect) nulls\b`),
	"an average whose type differs":                      regexp.MustCompile(`(?i)\bavg\(`),
	"a window frame by values":                           regexp.MustCompile(`(?i)\b(range|groups) between [^u]`),
	"a limit of rows that ties decide":                   regexp.MustCompile(`(?i)\blimit\b`),
	"a comparison without case":                          regexp.MustCompile(`(?i)\bilike\b`),
	"a semicolon":                                        regexp.MustCompile(`;`),
}

var (
	comment = regexp.MustCompile(`--[^\n]*`)
	text    = regexp.MustCompile(`'(?:[^']|'')*'`)
)

// code returns a query without comments and what stands in quotes.
func code(query string) string {
	return text.ReplaceAllString(comment.ReplaceAllString(query, ""), "''")
}

func TestQueriesAreWrittenInThePortableRules(t *testing.T) {
	files, err := filepath.Glob("sql/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files of sql/: %v", err)
	}
	for _, file := range files {
		query, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(code(string(query)), "\n") {
			for what, pattern := range unportable {
				if found := pattern.FindString(line); found != "" {
					t.Errorf("%s:%d: %q: %s", file, i+1, found, what)
				}
			}
		}
	}
}

func TestWhatIsNotPortableIsFound(t *testing.T) {
	for query, want := range map[string]string{
		`select a / b from t`:       "a division whose divisor may be zero or an integer",
		`select a / (b + 1) from t`: "a division whose divisor may be zero or an integer",
		`select "a" from t`:         "a name or text in double quotes",
		`select sum(x) over (order by y range between 1 preceding and current row) from t`: "a window frame by values",
		`select unnest(a) from t`:            "a list",
		`select a::int from t`:               "a cast of one engine",
		`select a <=> b from t`:              "an operator of one engine",
		`select last(a ignore nulls) from t`: "nulls that a window skips",
		`select unix_millis(t) from x`:       "a function that differs",
		`select current_date`:                "a zone, or the time at which it runs",
	} {
		if !unportable[want].MatchString(code(query)) {
			t.Errorf("%s: it is not found that it has %s", query, want)
		}
	}
	if got := code("select 'a / b', 'it''s \"x\"' -- a / b\nfrom t"); got != "select '', '' \nfrom t" {
		t.Errorf("got %q", got)
	}
	if fine := code("select cast(a as double) / cast(nullif(b, 0) as double), a / nullif(b, 0) from t"); unportable["a division whose divisor may be zero or an integer"].MatchString(fine) {
		t.Error("a division by nullif or cast is refused")
	}
}
