package storetest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"globalmart/internal/desk"
	"globalmart/internal/event"
	"globalmart/internal/store"
)

// MemoryDesk is a store of reports and errands for tests. Its zero value is empty.
type MemoryDesk struct {
	mu      sync.Mutex
	reports map[reportKey]store.Report
	errands map[errandKey]store.Errand
}

type (
	reportKey struct {
		kind  store.ReportKind
		owner string
	}
	errandKey struct {
		kind    store.ErrandKind
		subject string
	}
)

var _ desk.Store = (*MemoryDesk)(nil)

// PutReport implements [desk.Store].
func (m *MemoryDesk) PutReport(_ context.Context, r store.Report) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.reports == nil {
		m.reports = map[reportKey]store.Report{}
	}
	m.reports[reportKey{r.Kind, r.Owner}] = r
	return nil
}

// Reports implements [desk.Store].
func (m *MemoryDesk) Reports(_ context.Context, kind store.ReportKind, now event.Time) ([]store.Report, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []store.Report
	for key, r := range m.reports {
		if key.kind == kind && r.Until > now {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b store.Report) int { return cmp.Compare(a.Owner, b.Owner) })
	return found, nil
}

// PruneReports implements [DeskStore].
func (m *MemoryDesk) PruneReports(_ context.Context, before event.Time) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := len(m.reports)
	maps.DeleteFunc(m.reports, func(_ reportKey, r store.Report) bool { return r.Until <= before })
	return int64(n - len(m.reports)), nil
}

// AddErrand implements [desk.Store].
func (m *MemoryDesk) AddErrand(_ context.Context, e store.Errand) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.errands == nil {
		m.errands = map[errandKey]store.Errand{}
	}
	m.errands[errandKey{e.Kind, e.Subject}] = e
	return nil
}

// TakeErrands implements [desk.Store].
func (m *MemoryDesk) TakeErrands(context.Context) ([]store.Errand, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken := slices.Collect(maps.Values(m.errands))
	clear(m.errands)
	return taken, nil
}
