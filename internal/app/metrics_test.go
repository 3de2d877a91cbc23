package app

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"globalmart/internal/alert"
	"globalmart/internal/api"
	"globalmart/internal/cache/memory"
	"globalmart/internal/engine"
	"globalmart/internal/event"
	"globalmart/internal/ingest/collector"
	"globalmart/internal/kafka"
	"globalmart/internal/schedule"
	"globalmart/internal/store"
	"globalmart/internal/telemetry"
)

// scrape returns /metrics of a platform whose parts say this.
func scrape(ctx context.Context, t *testing.T, w *watch, stream engine.Status, alerts alert.Status, jobs *jobWatch, batch schedule.Status) string {
	t.Helper()
	answers, err := memory.New(1)
	if err != nil {
		t.Fatal(err)
	}
	defer answers.Close()
	registry := telemetry.NewRegistry("1.2.3")
	registry.MustRegister(upMetrics(w, func() engine.Status { return stream }, &lakeWriter{}, &trimmer{}, func() alert.Status { return alerts },
		append(jobs.collectors(func() schedule.Status { return batch }), slices.Concat(cacheMetrics(answers), apiMetrics(func() *api.API { return nil }), collectorMetrics(func() collector.Stats { return taking }, telemetry.NewLatency()), []prometheus.Collector{feedCollector{sending}})...)...)...)
	answer := httptest.NewRecorder()
	telemetry.OperatorHandler(registry).ServeHTTP(answer, httptest.NewRequestWithContext(ctx, http.MethodGet, "/metrics", nil))
	if answer.Code != http.StatusOK {
		t.Fatalf("status %d: %s", answer.Code, answer.Body)
	}
	return answer.Body.String()
}

// sending is what a generator has sent.
func sending() map[string]kafka.Counts {
	return map[string]kafka.Counts{event.TopicTransactions: {Produced: 9, Acked: 7}}
}

// taking is a collector whose last events could not be written.
var taking = collector.Stats{
	Sources:  map[string]collector.SourceStats{"7hk2p9qrst": {Accepted: 8, Other: 3, Rejected: map[event.Reason]int64{event.BadAmount: 2}, Retries: 1}},
	Requests: map[int]int64{http.StatusOK: 4, http.StatusServiceUnavailable: 1},
	Down:     errors.New("the disk is full"),
}

var atWork = engine.Status{
	Ready: true, Commits: 7, Fenced: 1, Snapshots: 2, Rebalances: 3,
	ByTopic: map[string]store.Counts{event.TopicTransactions: {Applied: 40, Duplicate: 2, Dead: 1, TooOld: 3}},
	Behind:  map[string]int64{event.TopicTransactions: 5},
	Tasks:   []engine.TaskStatus{{ID: store.TaskID{Family: store.Shopping, Partition: 1}, SnapshotAge: 90 * time.Second, SnapshotBytes: 4096}},
}

// scheduling is a scheduler whose last ETL failed.
var scheduling = schedule.Status{Leading: true, Jobs: []schedule.JobStatus{
	{Name: "etl", Done: store.JobRun{ID: 1, Finished: event.TimeOf(time.Now())}, Newest: store.JobRun{ID: 2, Status: store.JobFailed, Date: "2026-05-02", Error: "the disk is full"}},
	{Name: "rfm"},
}}

func TestMetricsTellHowTheStreamTheAlertsAndTheJobsDo(t *testing.T) {
	jobs := newJobWatch()
	jobs.ran(store.JobRun{Job: "etl", Status: store.JobDone, Started: 1000, Finished: 4000})
	jobs.ran(store.JobRun{Job: "etl", Status: store.JobFailed, Started: 1000, Finished: 4000})
	w := newWatch()
	w.committed(engine.Transaction{Records: 46, Took: 3 * time.Millisecond})
	w.latency.Record(8 * time.Millisecond)
	text := scrape(t.Context(), t, w, atWork, alert.Status{Leading: true, Open: map[store.AlertKind]int64{store.AlertStock: 4}}, jobs, scheduling)
	for _, line := range []string{
		`globalmart_stream_records_total{disposition="applied",topic="transactions"} 40`,
		`globalmart_stream_records_total{disposition="duplicate",topic="transactions"} 2`,
		`globalmart_stream_records_total{disposition="dead",topic="transactions"} 1`,
		`globalmart_stream_records_total{disposition="too_old",topic="transactions"} 3`,
		`globalmart_stream_records_total{disposition="applied",topic="customers"} 0`,
		`globalmart_stream_behind_records{topic="transactions"} 5`,
		`globalmart_stream_snapshot_age_seconds{task="shopping/1"} 90`,
		`globalmart_stream_snapshot_bytes{task="shopping/1"} 4096`,
		`globalmart_stream_rebalances_total 3`,
		`globalmart_stream_fenced_tasks_total 1`,
		`globalmart_stream_commit_records_bucket{le="64"} 1`,
		`globalmart_stream_commit_records_bucket{le="16"} 0`,
		`globalmart_stream_commit_seconds_bucket{le="0.004"} 1`,
		`globalmart_stream_latency_seconds_bucket{le="0.01"} 1`,
		`globalmart_stream_latency_seconds_bucket{le="0.007"} 0`,
		`globalmart_alerts_open{kind="stock"} 4`,
		`globalmart_alerts_open{kind="finding"} 0`,
		`globalmart_alerts_leading 1`,
		`globalmart_collect_events_total{outcome="accepted",source="7hk2p9qrst"} 8`,
		`globalmart_collect_events_total{outcome="bad_amount",source="7hk2p9qrst"} 2`,
		`globalmart_collect_events_total{outcome="no_rate",source="7hk2p9qrst"} 0`,
		`globalmart_collect_other_events_total{source="7hk2p9qrst"} 3`,
		`globalmart_collect_retries_total{source="7hk2p9qrst"} 1`,
		`globalmart_collect_requests_total{status="503"} 1`,
		`globalmart_collect_up 0`,
		`globalmart_generate_events_total{topic="transactions"} 7`,
		`globalmart_batch_runs_total{job="etl",status="done"} 1`,
		`globalmart_batch_runs_total{job="etl",status="failed"} 1`,
		`globalmart_batch_runs_total{job="trends",status="stopped"} 0`,
		`globalmart_batch_run_seconds_bucket{job="etl",le="4"} 1`,
		`globalmart_batch_run_seconds_bucket{job="etl",le="2"} 0`,
		`globalmart_batch_failing{job="etl"} 1`,
		`globalmart_batch_failing{job="rfm"} 0`,
		`globalmart_batch_copies_behind 0`,
		`globalmart_schedule_leading 1`,
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("without %s", line)
		}
	}
	if !strings.Contains(text, `globalmart_batch_age_seconds{job="etl"} `) || strings.Contains(text, `globalmart_batch_age_seconds{job="rfm"}`) {
		t.Error("the age of the last run is not that of the job that ran")
	}
	standby := scrape(t.Context(), t, w, atWork, alert.Status{}, jobs, schedule.Status{})
	for _, name := range []string{"globalmart_alerts_open", "globalmart_batch_age_seconds", "globalmart_batch_failing", "globalmart_batch_copies_behind"} {
		if strings.Contains(standby, name) {
			t.Errorf("who stands by tells of %s", name)
		}
	}
	for _, line := range []string{"globalmart_alerts_leading 0", "globalmart_schedule_leading 0"} {
		if !strings.Contains(standby, line) {
			t.Errorf("without %s", line)
		}
	}
}

var (
	documented = regexp.MustCompile("^\\| `(globalmart_[a-z_]+)` \\|")
	exposed    = regexp.MustCompile(`^# TYPE (globalmart_[a-z_]+) `)
)

func TestEveryMetricIsDocumentedAndNoOther(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	names := func(text string, of *regexp.Regexp) []string {
		var found []string
		for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
			if m := of.FindStringSubmatch(lines.Text()); m != nil {
				found = append(found, m[1])
			}
		}
		slices.Sort(found)
		return found
	}
	want := names(string(page), documented)
	if diff := cmp.Diff(want, names(scrape(t.Context(), t, newWatch(), atWork, alert.Status{Leading: true}, newJobWatch(), scheduling), exposed)); diff != "" {
		t.Errorf("metrics (-docs/operations.md +/metrics):\n%s", diff)
	}
}
