package desk_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"globalmart/internal/desk"
	"globalmart/internal/event"
	"globalmart/internal/store"
	"globalmart/internal/store/storetest"
)

// at is a desk of owner on s.
func at(s desk.Store, owner string) *desk.Desk {
	return &desk.Desk{Store: s, Owner: owner, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
}

func owners(t *testing.T, d *desk.Desk) (names []string) {
	t.Helper()
	told, err := desk.Read[int](t.Context(), d, store.ReportStream)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range told {
		names = append(names, one.Owner)
	}
	return names
}

// TestAProcessIsSeenWhileItTells: with what it says now, and no longer than it is there.
func TestAProcessIsSeenWhileItTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &storetest.MemoryDesk{}
		ctx, stop := context.WithCancel(t.Context())
		n := 0
		ended := make(chan error)
		go func() { ended <- at(s, "a").Tell(ctx, store.ReportStream, func() any { n++; return n }) }()
		time.Sleep(time.Minute + time.Second)
		told, err := desk.Read[int](t.Context(), at(s, "reader"), store.ReportStream)
		if err != nil || len(told) != 1 || told[0].Value != 31 || told[0].Owner != "a" {
			t.Fatalf("after a minute it said %+v, %v; want 31 reports, the last one of them", told, err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if got := owners(t, at(s, "reader")); len(got) != 0 {
			t.Errorf("%v are seen after they ended", got)
		}
	})
}

// TestAProcessThatDiedIsSeenForAWhile: its last report holds for as long as a report does.
func TestAProcessThatDiedIsSeenForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := at(&storetest.MemoryDesk{}, "a")
		if err := d.Put(t.Context(), store.ReportStream, d.Owner, 7, desk.Holds); err != nil {
			t.Fatal(err)
		}
		time.Sleep(desk.Holds - time.Millisecond)
		if got := owners(t, d); !slices.Equal(got, []string{"a"}) {
			t.Errorf("seen before its time is over: %v", got)
		}
		time.Sleep(time.Millisecond)
		if got := owners(t, d); len(got) != 0 {
			t.Errorf("seen after its time is over: %v", got)
		}
	})
}

func TestAReportThatCannotBeReadIsLeftOut(t *testing.T) {
	s := &storetest.MemoryDesk{}
	for owner, body := range map[string]string{"a": "7", "b": `"seven"`, "c": "{"} {
		now := event.TimeOf(time.Now())
		if err := s.PutReport(t.Context(), store.Report{Kind: store.ReportStream, Owner: owner, At: now, Until: now.Add(time.Minute), Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	if got := owners(t, at(s, "reader")); !slices.Equal(got, []string{"a"}) {
		t.Errorf("read %v, want that of a", got)
	}
}

// TestAnErrandIsDoneWhereSomebodyIsReady: once, within a second or two, also after one
// that failed.
func TestAnErrandIsDoneWhereSomebodyIsReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &storetest.MemoryDesk{}
		ctx, stop := context.WithCancel(t.Context())
		var ready atomic.Bool
		var done []string
		ended := make(chan error)
		go func() {
			ended <- at(s, "worker").Serve(ctx, ready.Load, func(_ context.Context, e store.Errand) error {
				done = append(done, string(e.Kind)+" "+e.Subject)
				return errors.New("it did not work")
			})
		}()
		ask := func(subject string) {
			t.Helper()
			if err := at(s, "asker").Ask(t.Context(), store.ErrandJob, subject); err != nil {
				t.Fatal(err)
			}
		}
		ask("etl")
		time.Sleep(desk.Patience / 2)
		synctest.Wait()
		if len(done) != 0 {
			t.Fatalf("%v was done by one who is not ready", done)
		}
		ready.Store(true)
		time.Sleep(2 * time.Second)
		ask("rfm")
		time.Sleep(2 * time.Second)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if want := []string{"job etl", "job rfm"}; !slices.Equal(done, want) {
			t.Errorf("done %v, want %v", done, want)
		}
	})
}

// TestAnErrandThatWaitedTooLongIsNotDone: nobody expects it any more.
func TestAnErrandThatWaitedTooLongIsNotDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &storetest.MemoryDesk{}
		if err := at(s, "asker").Ask(t.Context(), store.ErrandVerify, ""); err != nil {
			t.Fatal(err)
		}
		time.Sleep(desk.Patience)
		ctx, stop := context.WithTimeout(t.Context(), 3*time.Second)
		defer stop()
		err := at(s, "worker").Serve(ctx, func() bool { return true }, func(_ context.Context, e store.Errand) error {
			t.Errorf("%v is done", e)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}
