package mongodb_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/testenv"
	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/cached"
	"globalmart/internal/warehouse/mongodb"
	"globalmart/internal/warehouse/parquet"
	"globalmart/internal/warehouse/warehousetest"
)

// rig is a system whose publisher a test can stop.
type rig struct {
	*warehousetest.System
	url    string
	w      *mongodb.Warehouse
	mirror *mongodb.Mirror
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{url: testenv.MongoDB(t)}
	r.System = warehousetest.New(t, func(t testing.TB, files *parquet.Warehouse, now func() time.Time) (cached.Source, warehouse.Mirror) {
		r.w = connect(t, r.url)
		r.mirror = mirrorOf(t, r.w, files, now)
		return mongodb.NewReader(connect(t, r.url)), r.mirror
	})
	return r
}

// whole fails unless the newest run is that of a number, and whole.
func (r *rig) whole(t *testing.T, when string, want int64) {
	t.Helper()
	if n, err := warehousetest.Whole(t.Context(), r.Source); err != nil || n != want {
		t.Errorf("%s: run %d, %v; want the whole of run %d", when, n, err, want)
	}
}

// TestAPublicationThatIsCutOffLeavesNothingToSee kills the publisher at each step. Until
// the last readers have the run before; the next publisher takes over and publishes.
func TestAPublicationThatIsCutOffLeavesNothingToSee(t *testing.T) {
	r := newRig(t)
	r.Publish(t, "run-1", warehousetest.Versions(1))
	published, n := int64(1), 1 // the newest run that readers can see, and in the files
	for _, cut := range []struct {
		step  string
		after int // times that the step came before
	}{{"taken", 0}, {"begun", 0}, {"removed", 1}, {"put", 0}, {"put", 2}, {"tables", 0}, {"run", 0}, {"published", 0}} {
		when, left := fmt.Sprintf("killed at %s %d", cut.step, cut.after), cut.after
		r.w.OnStep(func(name string) error {
			if name != cut.step {
				return nil
			}
			if left--; left >= 0 {
				return nil
			}
			return mongodb.ErrKilled
		})
		n++
		m := r.Write(t, fmt.Sprint("run-", n), warehousetest.Versions(n))
		if _, err := r.mirror.Follow(t.Context(), m); !errors.Is(err, mongodb.ErrKilled) {
			t.Fatalf("%s: %v", when, err)
		}
		if cut.step == "published" {
			published = int64(n)
		}
		r.whole(t, when, published)
		next := connect(t, r.url)
		next.SetLease(100 * time.Millisecond) // the other one is dead for sure
		begun := mirrorOf(t, next, r.Files, r.Now)
		next.OnStep(func(name string) error {
			if name == "taken" { // before its first write, which has half of the lease
				next.SetLease(time.Minute)
			}
			return nil
		})
		n++
		m = r.Write(t, fmt.Sprint("run-", n), warehousetest.Versions(n))
		if _, err := begun.Follow(t.Context(), m); err != nil {
			t.Fatalf("after it was %s: %v", when, err)
		}
		published = int64(n)
		r.whole(t, "after it was "+when, published)
	}
}

func TestOfTwoPublishersOneGivesWay(t *testing.T) {
	r := newRig(t)
	r.Publish(t, "run-1", warehousetest.Versions(1))
	second := connect(t, r.url)
	other := mirrorOf(t, second, r.Files, r.Now)
	m2 := r.Write(t, "run-2", warehousetest.Versions(2))
	m3 := r.Write(t, "run-3", warehousetest.Versions(3))

	// The first one goes on while the second one looks: that finds it busy.
	second.SetLease(time.Minute)
	beats := make(chan struct{})
	tables := 0
	r.w.OnStep(func(name string) error {
		if name == "put" {
			if tables++; tables == 1 {
				close(beats)
				for range 3 {
					time.Sleep(20 * time.Millisecond)
				}
			}
		}
		return nil
	})
	first := make(chan error, 1)
	go func() {
		_, err := r.mirror.Follow(t.Context(), m2)
		first <- err
	}()
	<-beats
	_, err := other.Follow(t.Context(), m3)
	if failed := <-first; failed != nil {
		t.Errorf("the one that was first: %v", failed)
	}
	if err != nil && !errors.Is(err, warehouse.ErrBusy) {
		t.Errorf("the second: %v", err)
	}
	if err == nil { // it began when the first had ended
		r.whole(t, "after both", 3)
	} else {
		r.whole(t, "after the first", 2)
	}

	// The first one sleeps, the second one takes over, the first one wakes up.
	n := int64(4)
	m := r.Write(t, fmt.Sprint("run-", n), warehousetest.Versions(int(n)))
	later := r.Write(t, fmt.Sprint("run-", n+1), warehousetest.Versions(int(n+1)))
	r.w.OnStep(func(name string) error {
		if name != "put" {
			return nil
		}
		r.w.OnStep(func(string) error { return nil })
		second.SetLease(100 * time.Millisecond)
		second.OnStep(func(name string) error {
			if name == "taken" { // as above
				second.SetLease(time.Minute)
			}
			return nil
		})
		_, err := other.Follow(t.Context(), later)
		return err
	})
	if _, err := r.mirror.Follow(t.Context(), m); !errors.Is(err, warehouse.ErrConflict) {
		t.Errorf("the one that slept: %v", err)
	}
	r.whole(t, "after the one that took over", n+1)
}

func TestOnlyWhatChangedIsWritten(t *testing.T) {
	r := newRig(t)
	r.Publish(t, "one", map[string]string{"mart_rfm": warehousetest.Marts(0, 1, 50)["mart_rfm"]})
	// A day later everybody's last order is a day longer ago, two have spent more, one has gone.
	m := r.Write(t, "two", map[string]string{"mart_rfm": "select * replace (recency_days + 1 as recency_days, case when customer_key < 2 then 7777::bigint else monetary_minor end as monetary_minor) from (" +
		warehousetest.Marts(0, 1, 49)["mart_rfm"] + ")"})
	done, err := r.mirror.Follow(t.Context(), m)
	if want := (warehouse.Followed{Put: 2, Removed: 1}); err != nil || done != want {
		t.Errorf("wrote %+v, want %+v: %v", done, want, err)
	}
	if again, err := r.mirror.Follow(t.Context(), m); err != nil || again != (warehouse.Followed{}) {
		t.Errorf("the same run again: %+v, %v", again, err)
	}
	got, err := r.Source.Customers(t.Context(), warehouse.CustomerQuery{Page: warehouse.Page{Limit: 100}})
	if err != nil || len(got.Rows) != 49 || got.Rows[0].MonetaryMinor != 7777 {
		t.Errorf("%d customers, %v", len(got.Rows), err)
	}
}

func TestADatabaseThatIsNotThereIsSaidToBeUnavailable(t *testing.T) {
	w := connect(t, "mongodb://someone:sesame@"+testenv.Address(t)+"/shop?connectTimeoutMS=200")
	_, err := mongodb.NewReader(w).Segments(t.Context(), "")
	if !errors.Is(err, warehouse.ErrUnavailable) || strings.Contains(err.Error(), "sesame") {
		t.Errorf("got %v", err)
	}
	for _, url := range []string{"", "http://x", "mongodb://someone:ses@me@host:port/", "mongodb://"} {
		if _, err := mongodb.Open(mongodb.Config{URL: url}); err == nil || strings.Contains(err.Error(), "ses@me") {
			t.Errorf("%q: %v", url, err)
		}
	}
	if diff := cmp.Diff("mongodb", (&mongodb.Mirror{}).Name()); diff != "" {
		t.Error(diff)
	}
}
