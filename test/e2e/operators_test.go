package e2e_test

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"globalmart/internal/api"
	"globalmart/internal/testenv"
	"globalmart/internal/testenv/process"
)

// call asks an API, and decodes its answer's data; ok is false if it has none.
func call[T any](t *testing.T, method, url string) (data T, ok bool) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-API-Key", apiKey)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return data, false
	}
	defer answer.Body.Close()
	var body struct{ Data T }
	err = json.NewDecoder(answer.Body).Decode(&body)
	return body.Data, err == nil && answer.StatusCode < http.StatusMultipleChoices
}

// track sends one event, as a shop does, to a collector, and reports whether it was taken.
func track(t *testing.T, address string) bool {
	t.Helper()
	body := `{"userId":"u-1","event":"Product Viewed","properties":{"product_id":"p-1","price":10}}`
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/v1/track", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("globalmart-write-key-dev", "")
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// TestOperatorsSeeAndRunTheClusterFromItsAPI: each part is a process of its own, and the API
// knows none of their addresses. It shows every stream worker while it is there, and has
// jobs run and the numbers proved where the schedule is.
func TestOperatorsSeeAndRunTheClusterFromItsAPI(t *testing.T) {
	t.Parallel()
	tables, dir, address := testenv.Postgres(t), t.TempDir(), testenv.Address(t)
	way := []string{"--kafka", testenv.Kafka(t).Brokers[0]}
	store := []string{"--store", tables}
	lake := filepath.Join(dir, "lake")
	marts := []string{"--warehouse", filepath.Join(dir, "warehouse")}
	free := []string{"--operator-listen", "127.0.0.1:0"}
	start := func(command string, args ...[]string) *process.Process {
		return process.Start(t, nil, append([]string{command}, slices.Concat(args...)...)...)
	}
	ops := "http://" + address + "/api/v1/ops/"

	ask[any](t, slices.Concat([]string{"topics", "create", "--replication", "1", "--partitions", "4"}, way)...)
	ask[any](t, slices.Concat([]string{"migrate"}, store)...)
	start("backfill", []string{"--lake", lake, "--days", "1", "--daily-orders", "50", "--seed", "7"}).Succeed()
	start("api", []string{"--listen", address, "--data", dir, "--allow-origin", "https://shop.example"}, free, way, store, marts).Await("API on ")
	for _, what := range []string{"processors", "jobs/rfm/runs", "verify/runs"} {
		method := http.MethodPost
		if what == "processors" {
			method = http.MethodGet
		}
		if data, ok := call[any](t, method, ops+what); ok {
			t.Errorf("with no process that could do it, %s answers %v", what, data)
		}
	}

	start("generate", []string{"--rate", "200"}, way)
	start("lake", []string{"--lake", lake}, free, way).Await("goes to the lake")
	one, two := startStream(t, dir, slices.Concat(way, store)), startStream(t, dir, slices.Concat(way, store))
	workers := func(n int) func() bool {
		return func() bool {
			s, ok := call[api.Stream](t, http.MethodGet, ops+"processors")
			busy := 0
			for _, w := range s.Workers {
				if w.Tasks > 0 && w.PerSecond != nil && *w.PerSecond > 0 {
					busy++
				}
			}
			return ok && s.Ready && len(s.Workers) == n && busy == n && len(s.Tasks) == 8
		}
	}
	process.Eventually(t, "both workers are seen at work", workers(2))
	two.Kill()
	process.Eventually(t, "one worker is seen at work, with all tasks", workers(1))

	takes := testenv.Address(t)
	start("collect", []string{"--listen", takes, "--data", dir}, free, way, store).Await("collector on ")
	process.Eventually(t, "an event is taken", func() bool { return track(t, takes) })
	process.Eventually(t, "what a collector took is seen", func() bool {
		all, ok := call[api.Sources](t, http.MethodGet, ops+"sources")
		return ok && slices.ContainsFunc(all.Sources, func(s api.Source) bool { return s.Accepted > 0 && s.Duplicates != nil })
	})

	schedule := start("schedule", []string{"--lake", lake, "--data", dir}, free, way, store, marts)
	schedule.Await("metrics on ")
	var jobs api.JobList
	process.Eventually(t, "the schedule has run all that was due", func() bool {
		var ok bool
		jobs, ok = call[api.JobList](t, http.MethodGet, ops+"jobs")
		return ok && !slices.ContainsFunc(jobs.Jobs, func(j api.Job) bool { return j.Done == nil })
	})
	var started api.JobStarted
	process.Eventually(t, "a job can be started", func() bool { // the schedule may begin one of its own
		var ok bool
		started, ok = call[api.JobStarted](t, http.MethodPost, ops+"jobs/rfm/runs")
		return ok
	})
	process.Eventually(t, "the job that was started is done", func() bool {
		runs, _ := call[api.JobRuns](t, http.MethodGet, ops+"runs?job=rfm")
		return slices.ContainsFunc(runs.Runs, func(r api.JobRun) bool { return r.By == "hand" && r.Status == "done" && r.Date == started.Date })
	})

	process.Eventually(t, "the proof is begun", func() bool {
		_, ok := call[api.VerifyState](t, http.MethodPost, ops+"verify/runs")
		return ok
	})
	var state api.VerifyState
	process.Eventually(t, "the numbers are proved", func() bool {
		state, _ = call[api.VerifyState](t, http.MethodGet, ops+"verify")
		return state.Status == "agrees" || state.Status == "differs"
	})
	if state.Status != "agrees" || state.Report == nil || state.Report.Records == 0 || len(state.Past) == 0 {
		t.Errorf("verify comes to %+v", state)
	}
	process.Eventually(t, "the parts of the cluster are well", func() bool {
		health, ok := call[api.Health](t, http.MethodGet, ops+"components")
		return ok && !slices.ContainsFunc([]string{"store", "stream", "batch"}, func(name string) bool {
			return !slices.ContainsFunc(health.Components, func(c api.Component) bool { return c.Name == name && c.Status == api.StatusOK })
		})
	})
	schedule.StopCleanly()
	if _, ok := call[any](t, http.MethodPost, ops+"jobs/rfm/runs"); ok {
		t.Error("a job can be started with no schedule at work")
	}
	one.StopCleanly()
}
