package schedule_test

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/schedule"
	"globalmart/internal/store"
	"globalmart/internal/store/storetest"
)

// memory is a store of job runs in memory: tests of virtual months ask it millions of
// questions. It keeps every promise of storetest.
type memory struct {
	mu      sync.Mutex
	epoch   int64
	owner   string
	expires event.Time
	runs    []store.JobRun
	down    error // what every call fails with, if not nil
}

var _ storetest.JobStore = (*memory)(nil)

func TestTheStoreInMemoryKeepsEveryPromise(t *testing.T) {
	storetest.RunJobs(t, func(*testing.T) storetest.JobStore { return &memory{} })
}

// use locks m until the end of a call, or says why it is down.
func (m *memory) use() (done func(), err error) {
	m.mu.Lock()
	return m.mu.Unlock, m.down
}

// fail makes every call fail from now on; nil ends it.
func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down = err
}

func (m *memory) LeadSchedule(_ context.Context, owner string, now event.Time, ttl time.Duration) (int64, bool, error) {
	done, err := m.use()
	defer done()
	if err != nil || m.epoch > 0 && owner != m.owner && m.expires > now {
		return 0, false, err
	}
	if owner != m.owner {
		m.epoch++
	}
	m.owner, m.expires = owner, now.Add(ttl)
	return m.epoch, true, nil
}

func (m *memory) StartRun(_ context.Context, r store.JobRun) (int64, error) {
	done, err := m.use()
	defer done()
	if err != nil {
		return 0, err
	}
	if r.Epoch > 0 && r.Epoch != m.epoch {
		return 0, store.ErrFenced
	}
	m.lose(r.Started)
	for _, other := range m.runs {
		if other.Status == store.JobRunning {
			return 0, &store.RunningError{Run: other}
		}
	}
	r.ID = int64(len(m.runs)) + 1
	m.runs = append(m.runs, r)
	return r.ID, nil
}

// change changes a run that is under way.
func (m *memory) change(id int64, change func(r *store.JobRun)) error {
	for i := range m.runs {
		if m.runs[i].ID == id && m.runs[i].Status == store.JobRunning {
			change(&m.runs[i])
			return nil
		}
	}
	return store.ErrFenced
}

func (m *memory) KeepRun(_ context.Context, id int64, until event.Time) error {
	done, err := m.use()
	defer done()
	if err != nil {
		return err
	}
	return m.change(id, func(r *store.JobRun) { r.Until = until })
}

func (m *memory) FinishRun(_ context.Context, r store.JobRun) error {
	done, err := m.use()
	defer done()
	if err != nil {
		return err
	}
	if r.Epoch > 0 && r.Epoch != m.epoch {
		return store.ErrFenced
	}
	return m.change(r.ID, func(run *store.JobRun) { *run = r })
}

func (m *memory) LoseRuns(_ context.Context, epoch int64, now event.Time) ([]store.JobRun, error) {
	done, err := m.use()
	defer done()
	if err == nil && epoch != m.epoch {
		err = store.ErrFenced
	}
	if err != nil {
		return nil, err
	}
	return m.lose(now), nil
}

func (m *memory) lose(now event.Time) (lost []store.JobRun) {
	for i := range m.runs {
		r := &m.runs[i]
		if r.Status == store.JobRunning && (r.Until < now || r.Epoch > 0 && r.Epoch < m.epoch) {
			r.Status, r.Finished, r.Error = store.JobFailed, now, "lost"
			lost = append(lost, *r)
		}
	}
	return lost
}

func (m *memory) JobState(_ context.Context, job string) (store.JobState, error) {
	done, err := m.use()
	defer done()
	return m.state(job), err
}

func (m *memory) state(job string) (s store.JobState) {
	for _, r := range m.runs { // in the order of their ids
		if r.Job != job {
			continue
		}
		s.Newest = r
		if r.Due > 0 && r.Due >= s.Last.Due {
			s.Last = r
		}
		if r.Status == store.JobDone && r.Date >= s.Done.Date {
			s.Done = r
		}
	}
	return s
}

func (m *memory) JobRuns(_ context.Context, q store.JobRunQuery) ([]store.JobRun, error) {
	done, err := m.use()
	defer done()
	var runs []store.JobRun
	for _, r := range slices.Backward(m.runs) {
		if len(runs) < q.Limit && (q.Before == 0 || r.ID < q.Before) && (q.Job == "" || r.Job == q.Job) {
			runs = append(runs, r)
		}
	}
	return runs, err
}

func (m *memory) PruneJobRuns(_ context.Context, before event.Time) (int64, error) {
	done, err := m.use()
	defer done()
	keep := map[int64]bool{}
	for _, r := range m.runs {
		s := m.state(r.Job)
		keep[s.Last.ID], keep[s.Done.ID], keep[s.Newest.ID] = true, true, true
	}
	all := len(m.runs)
	m.runs = slices.DeleteFunc(m.runs, func(r store.JobRun) bool {
		return r.Started < before && r.Status != store.JobRunning && !keep[r.ID]
	})
	return int64(all - len(m.runs)), err
}

// all returns every run, oldest first.
func (m *memory) all() []store.JobRun {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.runs)
}

// of returns the runs of one job, oldest first.
func (m *memory) of(job string) []store.JobRun {
	return slices.DeleteFunc(m.all(), func(r store.JobRun) bool { return r.Job != job })
}

var _ schedule.Store = (*memory)(nil)

// sorted returns the keys of a map in order.
func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
