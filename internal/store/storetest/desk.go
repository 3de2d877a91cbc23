package storetest

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"globalmart/internal/desk"
	"globalmart/internal/event"
	"globalmart/internal/store"
)

// DeskStore is what processes that share a store need to work together.
type DeskStore interface {
	desk.Store
	// PruneReports deletes the reports that did not hold any more at before, and
	// returns how many.
	PruneReports(ctx context.Context, before event.Time) (int64, error)
}

// RunDesk tests what open returns.
func RunDesk(t *testing.T, open func(t *testing.T) DeskStore) {
	for name, test := range map[string]func(*deskFixture){
		"the last report of each process holds for its time": reportsHold,
		"reports that hold no more are pruned":               reportsArePruned,
		"an errand is taken once, however often asked for":   errandsAreTakenOnce,
		"of those who take at once, one gets it":             errandsHaveOneTaker,
	} {
		t.Run(name, func(t *testing.T) { test(&deskFixture{&fixture{T: t}, open(t)}) })
	}
}

type deskFixture struct {
	*fixture
	s DeskStore
}

const deskTime event.Time = 1772446830000

func exampleReport(kind store.ReportKind, owner string) store.Report {
	return store.Report{Kind: kind, Owner: owner, At: deskTime, Until: deskTime.Add(time.Minute), Body: `{"name":"the “west” shop"}`}
}

func (f *deskFixture) put(r store.Report) store.Report {
	f.Helper()
	f.check(f.s.PutReport(f.Context(), r))
	return r
}

func (f *deskFixture) want(kind store.ReportKind, now event.Time, want ...store.Report) {
	f.Helper()
	got, err := f.s.Reports(f.Context(), kind, now)
	f.check(err)
	if diff := gocmp.Diff(want, got); diff != "" {
		f.Errorf("%s reports at %s, -want +got:\n%s", kind, now, diff)
	}
}

func reportsHold(f *deskFixture) {
	f.want(store.ReportStream, deskTime)
	b := f.put(exampleReport(store.ReportStream, "b"))
	a := f.put(exampleReport(store.ReportStream, "a"))
	f.put(exampleReport(store.ReportSchedule, "a"))
	f.want(store.ReportStream, deskTime, a, b)
	a.At, a.Until, a.Body = a.At+1, a.Until+1, "{}"
	f.put(a)
	f.want(store.ReportStream, b.Until-1, a, b)
	f.want(store.ReportStream, b.Until, a)
	f.want(store.ReportStream, a.Until)
}

func reportsArePruned(f *deskFixture) {
	old, young := exampleReport(store.ReportStream, "old"), exampleReport(store.ReportStream, "young")
	young.Until++
	f.put(old)
	f.put(young)
	n, err := f.s.PruneReports(f.Context(), old.Until)
	f.check(err)
	if n != 1 {
		f.Errorf("%d reports went, want 1", n)
	}
	f.want(store.ReportStream, deskTime, young)
}

func exampleErrand(subject string) store.Errand {
	return store.Errand{Kind: store.ErrandJob, Subject: subject, Asked: deskTime, Until: deskTime.Add(time.Minute)}
}

func (f *deskFixture) take() []store.Errand {
	f.Helper()
	taken, err := f.s.TakeErrands(f.Context())
	f.check(err)
	slices.SortFunc(taken, func(a, b store.Errand) int { return cmp.Compare(a.Subject, b.Subject) })
	return taken
}

func errandsAreTakenOnce(f *deskFixture) {
	if got := f.take(); len(got) != 0 {
		f.Fatalf("took %v of a new store, want nothing", got)
	}
	again := exampleErrand("rfm")
	again.Asked, again.Until = again.Asked+1, again.Until+1
	for _, e := range []store.Errand{exampleErrand("rfm"), exampleErrand("etl"), again} {
		f.check(f.s.AddErrand(f.Context(), e))
	}
	if diff := gocmp.Diff([]store.Errand{exampleErrand("etl"), again}, f.take()); diff != "" {
		f.Errorf("taken, -want +got:\n%s", diff)
	}
	if got := f.take(); len(got) != 0 {
		f.Errorf("took %v a second time, want nothing", got)
	}
}

func errandsHaveOneTaker(f *deskFixture) {
	f.check(f.s.AddErrand(f.Context(), exampleErrand("rfm")))
	var wg sync.WaitGroup
	took := make([]int, 4)
	for i := range took {
		wg.Go(func() {
			taken, err := f.s.TakeErrands(f.Context())
			if err != nil {
				f.Error(err)
			}
			took[i] = len(taken)
		})
	}
	wg.Wait()
	if sum := took[0] + took[1] + took[2] + took[3]; sum != 1 {
		f.Errorf("one errand was taken %v times, want once in all", took)
	}
}
