package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/store"
	"globalmart/internal/warehouse"
)

// operated returns a fixture whose operations are o.
func operatedBy(t *testing.T, o *fakeOperations) *fixture {
	t.Helper()
	return newFixture(t, func(_ *Config, d *Deps) { d.Operations = o.deps() })
}

// dataOf decodes the data of an answer.
func dataOf[T any](t *testing.T, w *httptest.ResponseRecorder) T {
	t.Helper()
	if w.Code/100 != 2 {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	var answer Answer[T]
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%s: %v", w.Body, err)
	}
	if answer.Meta.Source != sourceSystem || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("source %q, Cache-Control %q", answer.Meta.Source, w.Header().Get("Cache-Control"))
	}
	return answer.Data
}

// post sends a body with the key of an operator.
func (f *fixture) post(t *testing.T, target, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(body))
	r.Header.Set(headerKey, adminKey)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

func TestTopicsShowWhoReadsThem(t *testing.T) {
	f := operatedBy(t, newFakeOperations())
	got := dataOf[TopicDetail](t, f.get(t, "/api/v1/ops/topics/transactions"))
	limit, rest, bytes, leader := int64(1<<30), int64(0), int64(700), int32(0)
	want := TopicDetail{
		Topic: Topic{Topic: event.TopicTransactions, Partitions: 2, Records: 15, RetentionBytes: &limit, Groups: []TopicLag{{"globalmart-stream", 5}}},
		PartitionList: []TopicPartition{
			{Partition: 0, Leader: &leader, Replicas: 1, InSync: 1, StartOffset: 3, EndOffset: 10, Bytes: &bytes},
			{Partition: 1, Replicas: 1, StartOffset: rest, EndOffset: 8},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("topic (-want +got):\n%s", diff)
	}
	if p := problem(t, f.get(t, "/api/v1/ops/topics/nothing")); p.Status != http.StatusNotFound {
		t.Errorf("an unknown topic: %+v", p)
	}
}

func TestMessagesGoOnWhereTheyEnded(t *testing.T) {
	o := newFakeOperations()
	f := operatedBy(t, o)
	got := dataOf[Messages](t, f.get(t, "/api/v1/ops/topics/transactions/messages?seek=offset&offset=7&partition=1&key=v&limit=2"))
	one := int32(1)
	if diff := cmp.Diff(kafka.MessageQuery{Topic: event.TopicTransactions, From: kafka.SeekOffset, Offset: 7, Partition: &one, Key: "v", Limit: 2}, o.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	first, second := got.Messages[0], got.Messages[1]
	if *first.Key != "v-1" || *first.Value != `{"a":1}` || first.ValueBase64 != nil || first.Headers[0] != (MessageHeader{"redriven", "x"}) {
		t.Errorf("message %+v", first)
	}
	if second.Key != nil || second.KeyBase64 != nil || second.Value != nil || *second.ValueBase64 != "//4=" {
		t.Errorf("a message that is no text: %+v", second)
	}
	f.get(t, "/api/v1/ops/topics/transactions/messages?cursor="+*got.NextCursor)
	if diff := cmp.Diff(kafka.MessageQuery{Topic: event.TopicTransactions, From: kafka.SeekEarliest, After: map[int32]int64{0: 10, 1: 8}, Limit: 50}, o.asked); diff != "" {
		t.Errorf("asked for the next page (-want +got):\n%s", diff)
	}
	for query, location := range map[string]string{
		"seek=time": "query.time", "seek=time&time=noon": "query.time", "cursor=e30": "query.cursor", "cursor=%21": "query.cursor",
	} {
		if p := problem(t, f.get(t, "/api/v1/ops/topics/transactions/messages?"+query)); p.Status != 422 || p.Errors[0].Location != location {
			t.Errorf("%s: %+v", query, p)
		}
	}
	if p := problem(t, f.get(t, "/api/v1/ops/topics/transactions/messages?partition=9")); p.Status != http.StatusNotFound || !strings.Contains(p.Detail, "partition 9") {
		t.Errorf("an unknown partition: %+v", p)
	}
}

func TestDeadLettersAreCountedByTheHour(t *testing.T) {
	o := newFakeOperations()
	f := operatedBy(t, o)
	hour := event.TimeOf(testNow.Truncate(time.Hour))
	got := dataOf[DeadLetters](t, f.get(t, "/api/v1/ops/dead-letters")).Hours
	first := hour - 47*hourMS
	if o.hoursSince != first || len(got) != 1 || !got[0].Start.Equal((first + hourMS).Std()) || got[0].Reason != "bad_json" || got[0].Letters != 3 {
		t.Errorf("since %v, want %v: %+v", o.hoursSince.Std(), first.Std(), got)
	}
}

func TestDeadLettersAreSentAgain(t *testing.T) {
	o := newFakeOperations()
	f := operatedBy(t, o)
	letter := dataOf[DeadLetterDetail](t, f.get(t, "/api/v1/ops/dead-letters/transactions-1-7"))
	if letter.ID != "transactions-1-7" || *letter.Key != "v-1" || letter.Value != nil || *letter.ValueBase64 != "e/8=" {
		t.Errorf("letter %+v", letter)
	}
	got := dataOf[Redriven](t, f.post(t, "/api/v1/ops/dead-letters/transactions-1-7/redrive", `{"value":"{}"}`))
	if diff := cmp.Diff(Redriven{Sent: []string{"transactions-1-7"}, Refused: []RefusedLetter{}}, got); diff != "" || string(o.redriven[0]) != "{}" {
		t.Errorf("redriven with %s (-want +got):\n%s", o.redriven, diff)
	}
	o.refused = []error{&event.Invalid{Reason: event.NoRate, Field: "base_total_minor", Detail: "missing"}}
	field := "base_total_minor"
	got = dataOf[Redriven](t, f.post(t, "/api/v1/ops/redrives", `{"reason":"bad_json"}`))
	want := Redriven{Sent: []string{}, Refused: []RefusedLetter{{"transactions-1-7", "no_rate", &field, "missing"}}}
	if diff := cmp.Diff(want, got); diff != "" || o.redriven[1] != nil {
		t.Errorf("redriven (-want +got):\n%s", diff)
	}
	for _, id := range []string{"transactions-1-8", "nothing", "transactions-x-y", "transactions-1-99999999999999999999"} {
		if p := problem(t, f.post(t, "/api/v1/ops/dead-letters/"+id+"/redrive", "{}")); p.Status != http.StatusNotFound {
			t.Errorf("%s: %+v", id, p)
		}
	}
	for body, status := range map[string]int{
		`{}`: 422, `{"reason":"x"}`: 422, `{"reason":"bad_json","limit":0}`: 422, `{"reason":"bad_json","more":1}`: 422,
		`{"reason":"bad_json","cursor":"!"}`: 422, `{"reason":"bad_json","topic":null}`: 422, `{`: 400,
	} {
		if p := problem(t, f.post(t, "/api/v1/ops/redrives", body)); p.Status != status {
			t.Errorf("%s: %+v", body, p)
		}
	}
	if len(o.redriven) != 2 {
		t.Errorf("%d letters were sent, want 2", len(o.redriven))
	}
}

// actionsIn are the lines of an operator's calls in a log.
func actionsIn(t *testing.T, log string) []map[string]any {
	t.Helper()
	var lines []map[string]any
	for text := range strings.Lines(log) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		if line["msg"] == "admin action" {
			lines = append(lines, line)
		}
	}
	return lines
}

func TestEveryActionIsLogged(t *testing.T) {
	o := newFakeOperations()
	f := operatedBy(t, o)
	f.post(t, "/api/v1/ops/jobs/rfm/runs", "")
	o.err = Refusal{"rfm is under way"}
	if p := problem(t, f.post(t, "/api/v1/ops/jobs/all/runs", "")); p.Status != http.StatusConflict || p.Detail != "Not started: rfm is under way." {
		t.Errorf("problem %+v", p)
	}
	f.post(t, "/api/v1/ops/dead-letters/transactions-1-7/redrive", `{"value":"of-a-shopper"}`)
	f.post(t, "/api/v1/ops/dead-letters/transactions-1-7/redrive", `{"value":["of-a-shopper"]}`)
	f.get(t, "/api/v1/ops/jobs")
	var got [][]any
	for _, line := range actionsIn(t, f.logs.String()) {
		got = append(got, []any{line["level"], line["action"], line["key"], line["on"], line["status"], line["refused"]})
	}
	want := [][]any{
		{"INFO", "ops-run-job", "operator", "rfm", 202.0, nil},
		{"WARN", "ops-run-job", "operator", "all", 409.0, "Not started: rfm is under way."},
		{"WARN", "ops-redrive-one", "operator", "transactions-1-7", 409.0, "Not started: rfm is under way."},
		{"WARN", "ops-redrive-one", "operator", nil, 422.0, "body.value: expected string"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
	if strings.Contains(f.logs.String(), "of-a-shopper") {
		t.Errorf("the log has a body:\n%s", f.logs)
	}
}

func TestEveryRefusedActionIsLogged(t *testing.T) {
	f := newFixture(t, func(c *Config, _ *Deps) { c.Limits.BodyBytes = 64 })
	for _, op := range operationsOf(f) {
		if op.Method != http.MethodPost {
			continue
		}
		before := len(actionsIn(t, f.logs.String()))
		long := httptest.NewRequestWithContext(t.Context(), op.Method, goodTarget(op, ""), strings.NewReader(strings.Repeat(" ", 65)))
		long.Header.Set(headerKey, adminKey)
		f.ServeHTTP(httptest.NewRecorder(), long)
		f.call(t, op, goodTarget(op, ""), "")
		f.call(t, op, goodTarget(op, ""), "wrong-secret")
		f.call(t, op, goodTarget(op, ""), readKey)
		f.call(t, op, goodTarget(op, "more=1"), adminKey)
		f.call(t, op, goodTarget(op, ""), "", "Sec-Fetch-Site", "cross-site")
		var got [][]any
		for _, line := range actionsIn(t, f.logs.String())[before:] {
			if line["path"] != goodTarget(op, "") || line["refused"] == "" || line["request_id"] == "" || line["remote"] == "" {
				t.Errorf("%s: line %v", op.Path, line)
			}
			got = append(got, []any{line["action"], line["key"], line["status"]})
		}
		want := [][]any{
			{op.OperationID, "", 413.0},
			{op.OperationID, "", 401.0},
			{op.OperationID, "", 401.0},
			{op.OperationID, "reader", 403.0},
			{op.OperationID, "operator", 422.0},
			{op.OperationID, "", 403.0},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", op.Path, diff)
		}
	}
	if strings.Contains(f.logs.String(), "wrong-secret") {
		t.Error("the log has a key")
	}
}

func TestARunTellsOfItsStages(t *testing.T) {
	o := newFakeOperations()
	o.runs = append(o.runs, store.JobRun{ID: 7, Job: "etl", Date: "2026-03-01", Status: store.JobFailed, Started: exampleNow, Finished: exampleNow + 1})
	f := operatedBy(t, o)
	want := []JobStage{{Table: "mart_rfm", Made: 1, Changed: 1, Rows: 5, Bytes: 100, Seconds: 0.5, Began: 0.1, Ended: 0.6}}
	if diff := cmp.Diff(want, dataOf[JobRunDetail](t, f.get(t, "/api/v1/ops/runs/42")).Stages); diff != "" {
		t.Errorf("stages (-want +got):\n%s", diff)
	}
	if w := f.get(t, "/api/v1/ops/runs/7"); !strings.Contains(w.Body.String(), `"stages":null`) {
		t.Errorf("a run of which none are known: %s", w.Body)
	}
}

func TestWhatAProcessDoesNotSeeIsSaid(t *testing.T) {
	f := newFixture(t, func(_ *Config, d *Deps) { d.Operations = &Operations{} })
	for _, op := range operationsOf(f) {
		if !strings.HasPrefix(op.Path, "/api/v1/ops/") || op.Path == "/api/v1/ops/components" {
			continue
		}
		w := f.good(t, op)
		if p := problem(t, w); p.Status != http.StatusServiceUnavailable || !strings.HasPrefix(p.Detail, "This process does not know ") {
			t.Errorf("%s %s: %+v", op.Method, op.Path, p)
		}
	}
}

func TestRowsOfTables(t *testing.T) {
	o := newFakeOperations()
	f := operatedBy(t, o)
	got := dataOf[WarehouseRows](t, f.get(t, `/api/v1/ops/warehouse/mart_segment?limit=3&sort=-customers&filter=segment:eq:a%5C,b%5C%5C,customers:ge:1`))
	want := warehouse.RowsQuery{
		Page: warehouse.Page{Limit: 3}, Table: "mart_segment", Sort: "customers", Desc: true,
		Where: []warehouse.Condition{{Column: "segment", Operator: warehouse.Equal, Value: `a,b\`}, {Column: "customers", Operator: warehouse.MoreOrEqual, Value: "1"}},
	}
	if diff := cmp.Diff(want, o.rows); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	rows := []map[string]any{{"segment": "Champions", "day": "2026-03-01", "customers": 5.0}, {"segment": nil, "day": nil, "customers": 0.0}, {"segment": "b", "day": nil, "customers": "-9007199254740993"}}
	if diff := cmp.Diff(rows, got.Rows); diff != "" || got.NextCursor == nil {
		t.Errorf("rows, next %v (-want +got):\n%s", got.NextCursor, diff)
	}
	for query, location := range map[string]string{
		"sort=nothing": "query.sort", "filter=nothing:eq:1": "query.filter", "filter=segment": "query.filter",
		"filter=" + strings.Repeat("a:eq:1,", 17): "query.filter", "cursor=x": "query.cursor",
	} {
		if p := problem(t, f.get(t, "/api/v1/ops/warehouse/mart_segment?"+query)); p.Status != 422 || p.Errors[0].Location != location {
			t.Errorf("%s: %+v", query, p)
		}
	}
}

func TestVerifyTellsHowFarItIs(t *testing.T) {
	o := newFakeOperations()
	f := operatedBy(t, o)
	if got := dataOf[VerifyState](t, f.get(t, "/api/v1/ops/verify")); got.Status != "never" || got.Started != nil {
		t.Errorf("before the first run: %+v", got)
	}
	if got := dataOf[VerifyState](t, f.post(t, "/api/v1/ops/verify/runs", "")); got.Status != "running" || got.Finished != nil {
		t.Errorf("a run: %+v", got)
	}
	for status, agrees := range map[string]bool{"agrees": true, "differs": false} {
		o.verify.Finished, o.verify.Report = testNow, &VerifyReport{Agrees: agrees, Invariants: []Invariant{}}
		if got := dataOf[VerifyState](t, f.get(t, "/api/v1/ops/verify")); got.Status != status {
			t.Errorf("status %q, want %q", got.Status, status)
		}
	}
	o.verify.Past = []VerifyPast{PastOf(testNow, testNow.Add(time.Second), &VerifyReport{Records: 9, Invariants: []Invariant{{Found: 2}, {Found: 1}}}, nil), PastOf(testNow, testNow, nil, kafka.ErrNoBroker)}
	want := []VerifyPast{{Started: testNow, Finished: testNow.Add(time.Second), Status: "differs", Records: 9, Differences: 3}, {Started: testNow, Finished: testNow, Status: "failed"}}
	if diff := cmp.Diff(want, dataOf[VerifyState](t, f.get(t, "/api/v1/ops/verify")).Past); diff != "" {
		t.Errorf("past runs (-want +got):\n%s", diff)
	}
	o.verify.Err = kafka.ErrNoBroker.Error()
	if got := dataOf[VerifyState](t, f.get(t, "/api/v1/ops/verify")); got.Status != "failed" || *got.Error != kafka.ErrNoBroker.Error() || got.Report == nil {
		t.Errorf("a run that failed: %+v", got)
	}
}

func TestOffsetsOfAGroupAreMoved(t *testing.T) {
	o := newFakeOperations()
	f := operatedBy(t, o)
	const target = "/api/v1/ops/groups/my-reports/offsets"
	got := dataOf[MovedOffsets](t, f.post(t, target, `{"topic":"transactions","to":"time","time":"2026-03-01","dry_run":true}`))
	want := MovedOffsets{Group: "my-reports", Topic: event.TopicTransactions, DryRun: true, Partitions: []MovedPartition{{0, 8, 3}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	asked := kafka.OffsetQuery{Group: "my-reports", Topic: event.TopicTransactions, To: kafka.SeekTime, Time: instantOf("2026-03-01").Std(), DryRun: true}
	if diff := cmp.Diff([]kafka.OffsetQuery{asked}, o.moved); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	if p := problem(t, f.post(t, target, `{"topic":"transactions","to":"time","time":"soon"}`)); p.Status != http.StatusUnprocessableEntity || p.Errors[0].Location != "body.time" {
		t.Errorf("problem %+v", p)
	}
	for status, err := range map[int]error{http.StatusNotFound: kafka.ErrNoGroup, http.StatusConflict: kafka.ErrGroupInUse, http.StatusServiceUnavailable: kafka.ErrNoBroker} {
		o.err = fmt.Errorf("kafka: %w", err)
		if p := problem(t, f.post(t, target, `{"topic":"transactions","to":"latest"}`)); p.Status != status {
			t.Errorf("%v: %+v, want status %d", err, p, status)
		}
	}
}
