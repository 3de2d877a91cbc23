package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/api"
	"globalmart/internal/desk"
	"globalmart/internal/event"
	"globalmart/internal/store"
	"globalmart/internal/store/storetest"
)

// runsStore is live tables that know runs of jobs alone.
type runsStore struct {
	liveStore
	mu   sync.Mutex
	runs []store.JobRun
}

// begin notes a run, before those that began earlier.
func (s *runsStore) begin(r store.JobRun) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs = append([]store.JobRun{r}, s.runs...)
}

func (s *runsStore) JobRuns(context.Context, store.JobRunQuery) ([]store.JobRun, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.runs), nil
}

// newElsewhere returns an API's view of others on s.
func newElsewhere(s desk.Store, runs *runsStore) *elsewhere {
	d := &desk.Desk{Store: s, Owner: "api", Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	return &elsewhere{Desk: d, jobs: &jobLog{liveStore: runs}}
}

func (e *elsewhere) hear(t *testing.T, kind store.ReportKind, owner string, said any) {
	t.Helper()
	if err := e.Put(t.Context(), kind, owner, said, desk.Holds); err != nil {
		t.Fatal(err)
	}
}

// TestWorkersAreSeenTogether: counts and rates add up, the slowest is how quick all are,
// and one that is not ready makes all not ready.
func TestWorkersAreSeenTogether(t *testing.T) {
	rate := func(f float64) *float64 { return &f }
	trouble := "no space left"
	one := api.Stream{
		Ready: true, Latency: &api.StreamLatency{P50MS: 1, P95MS: 2, P99MS: 3}, Commits: 10, Snapshots: 1, Rebalances: 1,
		Topics:  []api.StreamTopic{{Topic: event.TopicTransactions, Applied: 5, Duplicate: 1, Behind: 2, PerSecond: rate(1.5)}},
		Workers: []api.StreamWorker{{Worker: "a", Ready: true, Tasks: 1}}, Tasks: []api.StreamTask{{Worker: "a", Family: "shopping"}},
	}
	two := api.Stream{
		Trouble: &trouble, Latency: &api.StreamLatency{P50MS: 2, P95MS: 9, P99MS: 30}, Commits: 20, Fenced: 1,
		Topics: []api.StreamTopic{
			{Topic: event.TopicTransactions, Applied: 7, Dead: 1, TooOld: 2, Behind: 3, PerSecond: rate(2)}, {Topic: event.TopicProductViews, Applied: 9},
		},
		Workers: []api.StreamWorker{{Worker: "b", Tasks: 1}}, Tasks: []api.StreamTask{{Worker: "b", Family: "shopping", Partition: 1}},
	}
	want := api.Stream{
		Trouble: &trouble, Latency: two.Latency, Commits: 30, Snapshots: 1, Rebalances: 1, Fenced: 1,
		Topics: []api.StreamTopic{
			{Topic: event.TopicTransactions, Applied: 12, Duplicate: 1, Dead: 1, TooOld: 2, Behind: 5, PerSecond: rate(3.5)}, {Topic: event.TopicProductViews, Applied: 9},
		},
		Workers: append(one.Workers[:1:1], two.Workers...), Tasks: append(one.Tasks[:1:1], two.Tasks...),
	}
	e := newElsewhere(&storetest.MemoryDesk{}, &runsStore{})
	if _, err := e.stream(t.Context()); !isAbsence(err) {
		t.Errorf("without a worker: %v, want that none is there", err)
	}
	if p := e.pipeline(); p != nil {
		t.Errorf("without a worker the pipeline is %+v", p)
	}
	e.hear(t, store.ReportStream, "a", one)
	e.hear(t, store.ReportStream, "b", two)
	got, err := e.stream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if err := e.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantPipeline := &api.Pipeline{BehindRecords: 5, Dispositions: store.Counts{Applied: 21, Duplicate: 1, Dead: 1, TooOld: 2}, LatencyP50: 2, LatencyP95: 9, LatencyP99: 30}
	if diff := cmp.Diff(wantPipeline, e.pipeline()); diff != "" {
		t.Errorf("pipeline, -want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]api.Component{{Name: "stream", Status: api.StatusDown, Detail: trouble, Elsewhere: true}}, e.components()); diff != "" {
		t.Errorf("components, -want +got:\n%s", diff)
	}
}

// TestATaskThatChangedHandsCountsOnce: it is that of the newer epoch, and what the worker
// before says of its lag is old.
func TestATaskThatChangedHandsCountsOnce(t *testing.T) {
	worker := func(name string, epoch, behind int64) desk.Told[api.Stream] {
		return desk.Told[api.Stream]{Owner: name, Value: api.Stream{
			Ready: true, Topics: []api.StreamTopic{{Topic: event.TopicTransactions, Applied: 10, Behind: behind}},
			Workers: []api.StreamWorker{{Worker: name, Ready: true}}, Tasks: []api.StreamTask{{Worker: name, Family: "shopping", Partition: 3, Epoch: epoch, Behind: behind}},
		}}
	}
	for _, order := range [][]desk.Told[api.Stream]{{worker("a", 7, 500), worker("b", 8, 20)}, {worker("b", 8, 20), worker("a", 7, 500)}} {
		got := together(order)
		if len(got.Tasks) != 1 || got.Tasks[0].Worker != "b" || len(got.Workers) != 2 {
			t.Errorf("tasks %+v of %d workers, want that of b, of 2", got.Tasks, len(got.Workers))
		}
		if topic := got.Topics[0]; topic.Behind != 20 || topic.Applied != 20 {
			t.Errorf("%+v, want 20 behind and 20 applied", topic)
		}
	}
}

// TestTheStreamIsWellWhileAWorkerIsReady: one that is restarted does not make it ill.
func TestTheStreamIsWellWhileAWorkerIsReady(t *testing.T) {
	for ready, want := range map[int]api.Component{
		0: {Name: "stream", Status: api.StatusDegraded, Detail: "0 of 2 workers ready"},
		1: {Name: "stream", Status: api.StatusOK, Detail: "1 of 2 workers ready"},
		2: {Name: "stream", Status: api.StatusOK, Detail: "2 of 2 workers ready"},
	} {
		got := workersComponent(api.Stream{Workers: []api.StreamWorker{{Ready: ready > 0}, {Ready: ready > 1}}})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("with %d ready, -want +got:\n%s", ready, diff)
		}
	}
}

func isAbsence(err error) bool {
	_, ok := errors.AsType[api.Absence](err)
	return ok
}

func isRefusal(err error) bool {
	_, ok := errors.AsType[api.Refusal](err)
	return ok
}

// TestAJobIsRunElsewhere: by the schedule that leads, unless there is none, nothing to run
// it for, or one under way.
func TestAJobIsRunElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, runs := &storetest.MemoryDesk{}, &runsStore{}
		e := newElsewhere(s, runs)
		if _, err := e.runJob(t.Context(), "rfm"); !isAbsence(err) {
			t.Errorf("without a schedule: %v", err)
		}
		e.hear(t, store.ReportSchedule, "b", scheduleSaid{})
		if _, err := e.runJob(t.Context(), "rfm"); !isAbsence(err) {
			t.Errorf("with one that stands by: %v", err)
		}
		e.hear(t, store.ReportSchedule, "a", scheduleSaid{Leading: true})
		if _, err := e.runJob(t.Context(), "rfm"); !isRefusal(err) || !strings.Contains(err.Error(), "no whole day") {
			t.Errorf("without a day: %v", err)
		}
		e.hear(t, store.ReportSchedule, "a", scheduleSaid{Leading: true, AsOf: "2026-03-02"})
		now := event.TimeOf(time.Now())
		runs.runs = []store.JobRun{{ID: 3, Job: "etl", Status: store.JobRunning, Started: now, Until: now.Add(time.Minute)}}
		if _, err := e.runJob(t.Context(), "rfm"); !isRefusal(err) {
			t.Errorf("with one under way: %v", err)
		}
		if taken, _ := s.TakeErrands(t.Context()); len(taken) != 0 {
			t.Errorf("what was refused is asked for: %v", taken)
		}
		runs.runs[0].Status = store.JobDone
		inTime, cancel := context.WithTimeout(t.Context(), api.DefaultLimits.Timeout)
		defer cancel()
		date, err := e.runJob(inTime, "rfm") // nobody takes it yet
		if err != nil || date != "2026-03-02" {
			t.Errorf("it runs for %q, %v", date, err)
		}
		taken, _ := s.TakeErrands(t.Context())
		if len(taken) != 1 || taken[0].Kind != store.ErrandJob || taken[0].Subject != "rfm" {
			t.Errorf("asked for %v, want rfm", taken)
		}
	})
}

// TestVerifyIsRunElsewhere: where the log is known, one at a time; a run whose process
// ended is over.
func TestVerifyIsRunElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &storetest.MemoryDesk{}
		e := newElsewhere(s, &runsStore{})
		e.hear(t, store.ReportSchedule, "a", scheduleSaid{Leading: true})
		if err := e.runVerify(t.Context()); !isAbsence(err) {
			t.Errorf("where the log is not known: %v", err)
		}
		e.hear(t, store.ReportSchedule, "a", scheduleSaid{Leading: true, Proves: true})
		if now, err := e.verified(t.Context()); err != nil || !now.Started.IsZero() {
			t.Errorf("before the first: %+v, %v", now, err)
		}
		go func() { // the one who does it
			time.Sleep(time.Second)
			taken, _ := s.TakeErrands(t.Context())
			if len(taken) == 1 && taken[0].Kind == store.ErrandVerify {
				e.hear(t, store.ReportVerify, lastVerify, api.VerifyRun{Started: time.Now(), Records: 5})
			}
		}()
		if err := e.runVerify(t.Context()); err != nil {
			t.Fatal(err)
		}
		if now, _ := e.verified(t.Context()); !underWay(&now) || now.Records != 5 {
			t.Errorf("it began, and is %+v", now)
		}
		if err := e.runVerify(t.Context()); !isRefusal(err) {
			t.Errorf("a second one: %v", err)
		}
		if err := e.Put(t.Context(), store.ReportVerify, lastVerify, api.VerifyRun{Started: time.Now()}, keepVerify); err != nil {
			t.Fatal(err)
		}
		time.Sleep(desk.Holds + time.Second)
		if now, _ := e.verified(t.Context()); underWay(&now) || now.Err == "" {
			t.Errorf("its process is gone, and it is %+v", now)
		}
	})
}

// TestAJobThatAnotherWasBeforeIsRefused: a run that the schedule began is not the one that
// was asked for.
func TestAJobThatAnotherWasBeforeIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := &runsStore{}
		e := newElsewhere(&storetest.MemoryDesk{}, runs)
		e.hear(t, store.ReportSchedule, "a", scheduleSaid{Leading: true, AsOf: "2026-03-02"})
		go func() {
			time.Sleep(time.Second)
			now := event.TimeOf(time.Now())
			runs.begin(store.JobRun{ID: 4, Job: "etl", Epoch: 9, Status: store.JobRunning, Started: now, Until: now.Add(time.Minute)})
		}()
		if _, err := e.runJob(t.Context(), "all"); !isRefusal(err) {
			t.Errorf("error %v, want that another run is under way", err)
		}
	})
}

// TestWhoMayNotIsTold: which right is missing.
func TestWhoMayNotIsTold(t *testing.T) {
	if err := mayNot(fmt.Errorf("postgres: list: %w", store.ErrDenied)); !isAbsence(err) || !strings.Contains(err.Error(), "report and errand") {
		t.Errorf("error %v", err)
	}
	if err := mayNot(nil); err != nil {
		t.Errorf("no error became %v", err)
	}
}
