package deploy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"globalmart/internal/testenv/process"
)

// ruleGroup and what is in it are Grafana's alert rules as its provisioning reads them,
// with every key that they may have here.
type ruleGroup struct {
	OrgID                  int `json:"orgId"`
	Name, Folder, Interval string
	Rules                  []alertRule
}

type alertRule struct {
	UID, Title, Condition, NoDataState, ExecErrState, For string
	Data                                                  []ruleStep
	Labels, Annotations                                   map[string]string
}

type ruleStep struct {
	RefID             string
	DatasourceUID     string
	RelativeTimeRange struct{ From, To int }
	Model             ruleModel
}

type ruleModel struct {
	RefID                      string
	Datasource                 source
	Expr                       string // PromQL
	Instant, Range             bool
	RawSQL, EditorMode, Format string
	RawQuery                   bool
	Type, Expression, Reducer  string // of Grafana's own expressions
	Conditions                 []struct{ Evaluator evaluator }
}

type evaluator struct {
	Type   string
	Params []float64
}

// expression is what Grafana works out by itself.
var expression = source{"__expr__", "__expr__"}

// alertRules are those of deploy/grafana. That a file has nothing but groups of rules, and
// so nobody to send to, is a part of it.
func alertRules(t *testing.T) ruleGroup {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "deploy/grafana/provisioning/alerting/*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %q, %v: want one, globalmart.json", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		APIVersion int `json:"apiVersion"`
		Groups     []ruleGroup
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&file); err != nil {
		t.Fatalf("%s: %v", files[0], err)
	}
	if file.APIVersion != 1 || len(file.Groups) != 1 {
		t.Fatalf("version %d, %d groups: want 1 of each", file.APIVersion, len(file.Groups))
	}
	if at := strings.IndexByte(string(text), '$'); at >= 0 {
		t.Errorf("Grafana takes %.20q for a variable of its environment", text[at:])
	}
	return file.Groups[0]
}

func TestAlertRulesAreWhatGrafanaReads(t *testing.T) {
	var dashboards provisioned
	decode(t, "deploy/grafana/provisioning/dashboards/globalmart.yaml", &dashboards)
	g := alertRules(t)
	if g.OrgID != 1 || g.Name == "" || g.Folder != dashboards.Providers[0].Folder {
		t.Errorf("group %q in the folder %q: want that of the dashboards", g.Name, g.Folder)
	}
	if every, err := time.ParseDuration(g.Interval); err != nil || every < 10*time.Second || every%(10*time.Second) != 0 {
		t.Errorf("rules are looked at every %q: want some ten seconds", g.Interval)
	}
	uids, titles := map[string]bool{}, map[string]bool{}
	for _, r := range g.Rules {
		if !regexp.MustCompile(`^globalmart-[a-z-]{1,29}$`).MatchString(r.UID) || uids[r.UID] || r.Title == "" || titles[r.Title] {
			t.Errorf("uid %q, title %q: none, too long, or another's", r.UID, r.Title)
		}
		uids[r.UID], titles[r.Title] = true, true
		checkRule(t, r)
	}
	if len(g.Rules) < 4 {
		t.Errorf("%d rules", len(g.Rules))
	}
}

// checkRule looks at one rule: a question to a source that is provisioned, its last number,
// and a limit.
func checkRule(t *testing.T, r alertRule) {
	t.Helper()
	if _, err := time.ParseDuration(r.For); err != nil {
		t.Errorf("%s: for: %v", r.UID, err)
	}
	if r.NoDataState != "OK" || r.ExecErrState != "Error" || !slices.Contains([]string{"page", "ticket"}, r.Labels["severity"]) ||
		r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
		t.Errorf("%s does not say what is wrong, what to do, how urgent it is, or what it does without an answer", r.UID)
	}
	if len(r.Data) != 3 || r.Condition != "C" {
		t.Fatalf("%s has %d steps and decides by %q", r.UID, len(r.Data), r.Condition)
	}
	for i, step := range r.Data {
		want := string(rune('A' + i))
		if step.RefID != want || step.Model.RefID != want || step.DatasourceUID != step.Model.Datasource.UID || step.RelativeTimeRange.From <= step.RelativeTimeRange.To {
			t.Errorf("%s: step %s is not %s, of two sources, or of no time", r.UID, step.RefID, want)
		}
	}
	ask, last, limit := r.Data[0].Model, r.Data[1].Model, r.Data[2].Model
	switch ask.Datasource {
	case tables:
		if ask.RawSQL == "" || !ask.RawQuery || ask.Format != "table" || ask.Expr != "" {
			t.Errorf("%s does not ask PostgreSQL for a table: %+v", r.UID, ask)
		}
	case metrics:
		if ask.Expr == "" || !ask.Instant || ask.Range || ask.RawSQL != "" {
			t.Errorf("%s does not ask Prometheus for a moment: %+v", r.UID, ask)
		}
	default:
		t.Errorf("%s asks %v, which is not provisioned", r.UID, ask.Datasource)
	}
	if last.Datasource != expression || last.Type != "reduce" || last.Expression != "A" || last.Reducer != "last" {
		t.Errorf("%s: B is %+v: want the last number of A", r.UID, last)
	}
	if limit.Datasource != expression || limit.Type != "threshold" || limit.Expression != "B" || len(limit.Conditions) != 1 ||
		len(limit.Conditions[0].Evaluator.Params) != 1 || !slices.Contains([]string{"gt", "lt"}, limit.Conditions[0].Evaluator.Type) {
		t.Errorf("%s: C is %+v: want a limit of B", r.UID, limit)
	}
}

// TestAlertRulesAgreeWithTheAlarmsOfPrometheus: who is told by both is told the same.
func TestAlertRulesAgreeWithTheAlarmsOfPrometheus(t *testing.T) {
	same := map[string][]string{ // by uid: the alarm, and what both must have
		"globalmart-stream-behind":       {"StreamFallsBehind", "deriv(sum(globalmart_stream_behind_records)[5m:30s]) > 0"},
		"globalmart-stream-stands-still": {"StreamStandsStill", "unless sum(increase(globalmart_stream_records_total[5m])) > 0"},
		"globalmart-stream-store":        {"StoreTakesNoCommits", "globalmart_stream_store_up"},
		"globalmart-dead-letters":        {"DeadLetters", `sum by (topic) (increase(globalmart_stream_records_total{disposition="dead"}[15m]))`},
		"globalmart-batch":               {"BatchJobFails"},
	}
	byName := map[string]alarm{}
	for _, a := range alarms(t) {
		byName[a.Alert] = a
	}
	for _, r := range alertRules(t).Rules {
		pair, shared := same[r.UID]
		if !shared {
			continue
		}
		delete(same, r.UID)
		a := byName[pair[0]]
		mine, err := time.ParseDuration(r.For)
		if err != nil {
			t.Fatal(err)
		}
		theirs := time.Duration(0)
		if a.For != "" {
			if theirs, err = time.ParseDuration(a.For); err != nil {
				t.Fatal(err)
			}
		}
		if mine != theirs || r.Labels["severity"] != a.Labels["severity"] {
			t.Errorf("%s: after %s, %s; %s: after %s, %s", r.UID, r.For, r.Labels["severity"], a.Alert, a.For, a.Labels["severity"])
		}
		for _, part := range pair[1:] {
			if !strings.Contains(r.Data[0].Model.Expr, part) || !strings.Contains(a.Expr, part) {
				t.Errorf("%s and %s do not both ask for %s", r.UID, a.Alert, part)
			}
		}
		limit := r.Data[2].Model.Conditions[0].Evaluator
		if over := "> " + strconv.FormatFloat(limit.Params[0], 'f', -1, 64); limit.Type == "gt" && a.For != "1h" && !strings.Contains(a.Expr, over) {
			t.Errorf("%s is over %v, %s asks for %s", r.UID, limit.Params, a.Alert, a.Expr)
		}
		if r.UID == "globalmart-batch" {
			old := regexp.MustCompile(`> (\d+)$`).FindStringSubmatch(byName["WarehouseIsOld"].Expr)
			if old == nil || !strings.Contains(r.Data[0].Model.RawSQL, "- "+old[1]+") * 1000") {
				t.Errorf("%s and WarehouseIsOld disagree on when a warehouse is old", r.UID)
			}
		}
	}
	if len(same) > 0 {
		t.Errorf("no rules: %v", same)
	}
}

// TestAlertRulesSeeWhatIsInTheTables has the rules that ask PostgreSQL look at made-up rows.
func TestAlertRulesSeeWhatIsInTheTables(t *testing.T) {
	db := makeDatabase(t)
	process.Start(t, nil, "migrate", "--store", db.owner).Succeed()
	owner, reader := connect(t, db.owner), asker{conn: connect(t, db.reader)}
	hour := time.Hour.Milliseconds()
	run := func(job, status string, attempt int, finishedHoursAgo int64) string {
		at := time.Now().UnixMilli() - finishedHoursAgo*hour
		return fmt.Sprintf(`INSERT INTO job_run (job, date, due, attempt, epoch, owner, status, started, until, finished, rows_in, rows_out, bytes, engine, error)
			VALUES ('%s', '2026-01-02', 0, %d, 0, 'a', '%s', %d, 0, %d, 0, 0, 0, '', '')`, job, attempt, status, at-1000, at)
	}
	open := func(id, kind, level string, closed int64) string {
		return fmt.Sprintf("INSERT INTO alert VALUES ('%s', '%s', '%s', '%s', 1, 1, %d, 0, 0, '')", id, kind, id, level, closed)
	}
	for _, c := range []struct {
		uid, what string
		rows      []string
		want      float64
	}{
		{"globalmart-batch", "no run yet", nil, 0},
		{"globalmart-batch", "all is done", []string{run("etl", "done", 1, 3), run("rfm", "done", 1, 200)}, 0},
		{"globalmart-batch", "one failed, then was done", []string{run("etl", "failed", 1, 3), run("etl", "done", 2, 2)}, 0},
		{"globalmart-batch", "one was done, then failed", []string{run("etl", "done", 1, 3), run("rfm", "done", 1, 3), run("rfm", "failed", 1, 2)}, 1},
		{"globalmart-batch", "one is tried again", []string{run("etl", "done", 1, 3), run("rfm", "running", 2, 0)}, 1},
		{"globalmart-batch", "one was stopped", []string{run("etl", "done", 1, 3), run("etl", "stopped", 1, 2)}, 0},
		{"globalmart-batch", "the ETL is a day old", []string{run("etl", "done", 1, 27)}, 0},
		{"globalmart-batch", "the ETL is older", []string{run("etl", "done", 1, 28), run("etl", "stopped", 1, 2)}, 1},
		{"globalmart-batch", "the ETL was never done", []string{run("etl", "stopped", 1, 40), run("etl", "stopped", 1, 2)}, 1},
		{"globalmart-shop-critical", "no alert", nil, 0},
		{"globalmart-shop-critical", "alerts that can wait", []string{open("a", "stock", "low", 0), open("b", "finding", "new", 0), open("c", "stock", "out", 5)}, 0},
		{"globalmart-shop-critical", "alerts that cannot", []string{open("a", "stock", "critical", 0), open("b", "orders", "zero", 0)}, 2},
	} {
		t.Run(c.uid+"/"+c.what, func(t *testing.T) {
			for _, statement := range append([]string{"TRUNCATE job_run", "DELETE FROM alert"}, c.rows...) {
				if _, err := owner.Exec(context.WithoutCancel(t.Context()), statement); err != nil {
					t.Fatalf("%v:\n%s", err, statement)
				}
			}
			rules := alertRules(t).Rules
			i := slices.IndexFunc(rules, func(r alertRule) bool { return r.UID == c.uid })
			if got := reader.number(t, rules[i].Data[0].Model.RawSQL); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

// number asks a question whose answer has to be one number, and no more columns: Grafana
// takes such a table for a number, and others not.
func (a asker) number(t *testing.T, sql string) float64 {
	t.Helper()
	got := a.ask(t, sql)
	if len(got.rows) != 1 || len(got.columns) != 1 {
		t.Fatalf("%d rows of %d columns: want one number:\n%s", len(got.rows), len(got.columns), sql)
	}
	switch got.columns[0].DataTypeOID {
	case pgtype.Int8OID, pgtype.Int4OID, pgtype.Float8OID, pgtype.NumericOID:
	default:
		t.Fatalf("a column of the type %d: want a number:\n%s", got.columns[0].DataTypeOID, sql)
	}
	n, err := strconv.ParseFloat(fmt.Sprint(got.rows[0][0]), 64)
	if err != nil {
		t.Fatalf("%v: want a number:\n%s", err, sql)
	}
	return n
}
