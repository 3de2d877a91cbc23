package batch_test

import (
	"testing"
	"time"

	"globalmart/internal/batch"
	"globalmart/internal/batch/batchtest"
	"globalmart/internal/event"
)

func TestTheLakeHasGrownByWhatARunHasNotRead(t *testing.T) {
	shop := batchtest.NewShop(t)
	view := func(at string) event.Event {
		t.Helper()
		clock, err := time.Parse(time.DateTime, at)
		if err != nil {
			t.Fatal(err)
		}
		return event.Event{
			ID: at, SchemaVersion: "1.0", Source: "test", Type: event.TypeProductView, VisitorID: "v", ProductID: "p", Country: "US",
			Timestamp: event.TimeOf(clock), ReceivedAt: event.TimeOf(clock),
		}
	}
	expect := func(what string, date batch.Date, want bool) {
		t.Helper()
		m, err := shop.Warehouse.Current()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := batch.Grown(shop.Lake, m.Cut, date, batchtest.Calendar().Date); err != nil || got != want {
			t.Errorf("%s: grown before %s: %t, error %v, want %t", what, date, got, err, want)
		}
	}
	shop.Log(view("2026-03-04 12:00:00"))
	shop.Run("2026-03-05", batch.ETL)
	expect("all is read", "2026-03-05", false)
	expect("all is read", "2027-01-01", false)

	shop.Log(view("2026-03-05 12:00:00"))
	expect("the day itself does not count", "2026-03-05", false)
	expect("it is over", "2026-03-06", true)
	shop.Log(view("2026-03-06 03:00:00")) // New York's fifth of March, in a folder of the sixth
	shop.Run("2026-03-06", batch.ETL)
	expect("all is read", "2026-03-06", false)
	shop.Log(view("2026-03-06 04:30:00"))
	expect("days are the shop's", "2026-03-06", true)
	shop.Run("2026-03-06", batch.ETL)

	shop.History("import/old", "2020-01-01", view("2020-01-01 12:00:00"))
	expect("old data were imported", "2026-03-06", true)
	shop.Run("2026-03-06", batch.ETL)
	expect("they are read", "2026-03-06", false)
}
