package deploy_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"globalmart/internal/testenv/process"
)

// TestDashboardsOnARunningShop has every panel asked as Grafana asks it: PostgreSQL as the
// role that may only read, and a real Prometheus that looks at the processes.
func TestDashboardsOnARunningShop(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a platform with its history")
	}
	s := openShop(t)
	prometheus := startPrometheus(t, s.operator, s.sender)
	t.Run("who reads may not write", func(t *testing.T) {
		conn := connect(t, s.reader)
		if _, err := conn.Exec(t.Context(), "SET default_transaction_read_only = off"); err != nil {
			t.Fatal(err)
		}
		_, err := conn.Exec(t.Context(), "DELETE FROM mart.run")
		if refused, ok := errors.AsType[*pgconn.PgError](err); !ok || refused.Code != "42501" { // insufficient_privilege
			t.Errorf("the reader's DELETE ends with %v", err)
		}
	})
	for file, p := range pages(t) {
		reader := asker{conn: connect(t, s.reader), from: s.since, to: time.Now()}
		variables := reader.variables(t, p)
		for i := range p.Panels {
			one := &p.Panels[i]
			t.Run(file+"/"+one.Title, func(t *testing.T) {
				for _, q := range one.Targets {
					switch q.Datasource {
					case tables:
						reader.check(t, one, q, variables)
					case metrics:
						prometheus.answers(t, q.Expr, one.Title)
					}
				}
			})
		}
	}
	reader := asker{conn: connect(t, s.reader)}
	for _, r := range alertRules(t).Rules {
		t.Run("alert rule "+r.UID, func(t *testing.T) {
			q := r.Data[0]
			if q.DatasourceUID == tables.UID {
				reader.number(t, q.Model.RawSQL)
				return
			}
			for _, name := range ourMetric.FindAllString(q.Model.Expr, -1) {
				prometheus.answers(t, name, r.Title)
			}
			prometheus.answers(t, "("+q.Model.Expr+") or vector(0)", r.Title) // it may have nothing to say
		})
	}
	t.Run("alarms", func(t *testing.T) {
		for _, a := range alarms(t) {
			for _, name := range ourMetric.FindAllString(a.Expr, -1) {
				prometheus.answers(t, name, a.Alert)
			}
		}
	})
}

// mayBeEmpty are panels that a shop of some days, and of one batch run, has no figures for.
var mayBeEmpty = map[string]string{
	"Net revenue, change":               "no days before those of the period are known",
	"Orders, change":                    "no days before those of the period are known",
	"Moves between segments in 30 days": "there was one run",
}

// asker asks a PostgreSQL as Grafana does.
type asker struct {
	conn     *pgx.Conn
	from, to time.Time // the period of the page
}

// answer is a table.
type answer struct {
	columns []pgconn.FieldDescription
	rows    [][]any
}

func (a asker) ask(t *testing.T, sql string) answer {
	t.Helper()
	rows, err := a.conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatalf("%v:\n%s", err, sql)
	}
	defer rows.Close()
	var got answer
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			t.Fatalf("%v:\n%s", err, sql)
		}
		got.rows = append(got.rows, values)
	}
	got.columns = rows.FieldDescriptions()
	if err := rows.Err(); err != nil {
		t.Fatalf("%v:\n%s", err, sql)
	}
	return got
}

// variables are the values that a page's variables have: of one of which many can be
// chosen, all, in quotes.
func (a asker) variables(t *testing.T, p page) *strings.Replacer {
	t.Helper()
	var pairs []string
	for _, v := range p.Templating.List {
		var values []string
		for _, row := range a.ask(t, v.Query).rows {
			values = append(values, fmt.Sprint(row[0]))
		}
		switch {
		case len(values) == 0:
			t.Errorf("%s: variable %s has no value", p.Title, v.Name)
		case v.Multi:
			pairs = append(pairs, "$"+v.Name, "'"+strings.Join(values, "','")+"'")
		default:
			pairs = append(pairs, "$"+v.Name, values[0])
		}
	}
	return strings.NewReplacer(append(pairs,
		"$__unixEpochFrom()", fmt.Sprint(a.from.Unix()), "$__unixEpochTo()", fmt.Sprint(a.to.Unix()),
		"$__timeFrom()", "'"+a.from.UTC().Format(time.RFC3339)+"'", "$__timeTo()", "'"+a.to.UTC().Format(time.RFC3339)+"'",
	)...)
}

// unexpanded is a macro or variable that nothing is known for.
var unexpanded = regexp.MustCompile(`\$[_a-z{]`)

// check asks a panel's question: it must answer with rows, some figure in them, and the
// columns that its kind of panel needs.
func (a asker) check(t *testing.T, p *panel, q target, variables *strings.Replacer) {
	t.Helper()
	sql := variables.Replace(q.RawSQL)
	if at := unexpanded.FindString(sql); at != "" {
		t.Fatalf("%s is not known:\n%s", at, sql)
	}
	began := time.Now()
	got := a.ask(t, sql)
	t.Logf("%d rows in %.1f ms", len(got.rows), time.Since(began).Seconds()*1000)
	var names []string
	for _, c := range got.columns {
		names = append(names, c.Name)
	}
	need := map[string][]string{"geomap": {"country", "revenue"}, "barchart": {p.Options.XField}}[p.Type]
	if q.Format == "time_series" {
		need = append(need, "time")
	}
	for _, column := range need {
		if !slices.Contains(names, column) {
			t.Errorf("columns %q: want %s, too", names, column)
		}
	}
	if _, known := mayBeEmpty[p.Title]; known {
		return
	}
	if !slices.ContainsFunc(got.rows, func(row []any) bool { return hasFigure(names, row) }) {
		t.Errorf("no figure in %d rows:\n%s", len(got.rows), sql)
	}
}

// hasFigure reports whether a row says something beside its time.
func hasFigure(names []string, row []any) bool {
	for i, value := range row {
		if names[i] != "time" && value != nil {
			return true
		}
	}
	return false
}

// ourMetric finds the metrics of a PromQL expression that are ours.
var ourMetric = regexp.MustCompile(`globalmart_[a-z_]+`)

// answers waits until Prometheus has an answer: rates need some seconds.
func (p prometheus) answers(t *testing.T, expr, what string) {
	t.Helper()
	if strings.HasPrefix(expr, "count by (alertname) (ALERTS") {
		expr = "vector(0) unless " + expr // alarms are not to be hoped for
	}
	expr = strings.ReplaceAll(expr, "$__rate_interval", "10s")
	process.Eventually(t, what+": Prometheus answers "+expr, func() bool { return p.has(t, expr) })
}
