package warehousetest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/cached"
)

// customersOf is how many customers run n has: some come, some go.
func customersOf(n int) int { return 20 + n%5 }

// Versions are tables of run n in which every amount is n.
func Versions(n int) map[string]string {
	all := Marts(0, 1, customersOf(n))
	return map[string]string{
		"mart_segment": fmt.Sprintf("select * replace (%d::bigint as net_minor) from (%s)", n, all["mart_segment"]),
		"mart_rfm":     fmt.Sprintf("select * replace (%d::bigint as monetary_minor) from (%s) order by segment, customer_key", n, all["mart_rfm"]),
		"mart_cohort":  fmt.Sprintf("select * replace (%d::bigint as net_minor) from (%s)", n, all["mart_cohort"]),
	}
}

// oneRun publishes 100 times while readers read: each sees the whole of one run, and
// never an older one than before, while old ones are removed under it.
func oneRun(t *testing.T, open Open) {
	publishes := 100
	const readers, lag = 3, 5
	if testing.Short() {
		publishes = 20
	}
	s := New(t, open)
	s.Publish(t, "run-1", Versions(1))
	var at [readers]atomic.Int64 // the run that a reader has read last
	done := make(chan struct{})
	var g sync.WaitGroup
	for i := range readers {
		g.Go(func() {
			for last := int64(0); ; {
				run, err := Whole(t.Context(), s.Source)
				if err != nil || run < last {
					t.Errorf("reader %d, after run %d: run %d, %v", i, last, run, err)
					at[i].Store(int64(publishes))
					return
				}
				last = run
				at[i].Store(run)
				select {
				case <-done:
					if run == int64(publishes) { // it began after the last one
						return
					}
				default:
				}
			}
		})
	}
	for n := 2; n <= publishes; n++ {
		s.Pass(warehouse.Grace / 10) // a reader has Grace to go on
		for i := range at {
			for at[i].Load() < int64(n-lag) {
				time.Sleep(time.Millisecond)
			}
		}
		s.Publish(t, fmt.Sprint("run-", n), Versions(n))
	}
	close(done)
	g.Wait()
}

// Whole reads the newest run and returns its number, or how it is not one whole run of
// versions.
func Whole(ctx context.Context, r cached.Source) (n int64, err error) {
	segments, err := r.Segments(ctx, "")
	if err != nil {
		return 0, err
	}
	run := segments.State.Run
	if _, err := fmt.Sscanf(run, "run-%d", &n); err != nil {
		return 0, err
	}
	amounts := map[event.Minor]int{}
	for _, one := range segments.Rows {
		amounts[one.NetMinor]++
	}
	rows := len(segments.Rows)
	for skip := 0; ; skip += 15 {
		customers, err := r.Customers(ctx, warehouse.CustomerQuery{Page: warehouse.Page{Run: run, Skip: skip, Limit: 15}})
		if err != nil {
			return n, err
		}
		for _, one := range customers.Rows {
			amounts[one.MonetaryMinor]++
		}
		rows += len(customers.Rows)
		if len(customers.Rows) < 15 {
			break
		}
	}
	cohorts, err := r.Cohorts(ctx, warehouse.CohortQuery{Run: run})
	if err != nil {
		return n, err
	}
	for _, one := range cohorts.Rows {
		amounts[one.NetMinor]++
	}
	rows += len(cohorts.Rows)
	if want := 2 + customersOf(int(n)) + 3; rows != want || amounts[event.Minor(n)] != want {
		return n, fmt.Errorf("%s has %d rows, want %d; amounts %v", run, rows, want, amounts)
	}
	return n, nil
}
