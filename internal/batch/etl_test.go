package batch_test

import (
	"fmt"
	"testing"
	"time"

	"globalmart/internal/batch"
	"globalmart/internal/batch/batchtest"
	"globalmart/internal/event"
)

func TestIDKeyIsTheStartOfMD5(t *testing.T) {
	lab := batchtest.Open(t)
	// 60 bits of RFC 1321's own examples.
	want := "57446577476672362 648541476951500027 \n"
	if got := lab.Text("select id_key('a'), id_key('abc'), coalesce(cast(id_key(cast(null as varchar)) as varchar), '')"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := lab.Text("select count(*) from range(100000) t(i) where id_key('u-' || i) <> cast('0x' || substr(md5('u-' || i), 1, 15) as bigint)"); n != "0\n" {
		t.Errorf("%s keys differ from the 15 digits", n)
	}
}

// at is an event of a visitor at a time of day, hh:mm, on a day of March 2026.
func at(n, day int, clock string) event.Event {
	ts, err := time.Parse("2006-01-02 15:04", fmt.Sprintf("2026-03-%02d %s", day, clock))
	if err != nil {
		panic(err)
	}
	return event.Event{ID: fmt.Sprintf("e-%d", n), SchemaVersion: "1.0", Source: "test", Timestamp: event.TimeOf(ts), ReceivedAt: event.TimeOf(ts)}
}

// TestACostOfZeroIsNotKnown: from the whole catalogue, and from what is new of it.
func TestACostOfZeroIsNotKnown(t *testing.T) {
	shop := batchtest.NewShop(t)
	say := func(n, day int, product string, cost event.Minor) event.Event {
		e := at(n, day, "12:00")
		e.Type, e.ProductID, e.Name, e.PriceMinor, e.CostMinor, e.Active = event.TypeProduct, product, "Name", 900, cost, true
		return e
	}
	shop.Log(say(1, 1, "P1", 0), say(2, 1, "P2", 500))
	shop.Run("2026-03-02", batch.ETL)
	shop.Log(say(3, 2, "P1", 0), say(4, 2, "P2", 0))
	result := shop.Run("2026-03-03", batch.ETL)
	for _, table := range result.Jobs[0].Tables {
		if table.Table == "dim_product" && !table.Merged {
			t.Error("the second run did not merge")
		}
	}
	want := "P1 <nil> 1\nP2 500 0\nP2 <nil> 1\n"
	if got := shop.Text("select product_id, cost_minor, is_current from dim_product order by product_id, valid_from"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestSessionsOfOneKindAndTheOther: those that one pass tells, and those for which the
// order of the events matters.
func TestSessionsOfOneKindAndTheOther(t *testing.T) {
	shop := batchtest.NewShop(t)
	n := 0
	view := func(visitor string, day int, clock, country, user string) event.Event {
		n++
		e := at(n, day, clock)
		e.Type, e.ProductID, e.Category, e.UnitPriceMinor, e.Quantity = event.TypeProductView, "P1", "Toys", 100, 1
		e.VisitorID, e.Country, e.Device, e.UserID = visitor, country, "mobile", user
		return e
	}
	shop.Log(
		view("plain", 1, "10:00", "DE", "u-1"), view("plain", 1, "10:29", "DE", "u-1"),
		view("without-user", 1, "10:00", "DE", ""), view("without-user", 1, "10:10", "DE", ""),
		view("knows-later", 1, "10:00", "DE", ""), view("knows-later", 1, "10:10", "DE", "u-2"),
		view("travels", 1, "10:00", "FR", "u-3"), view("travels", 1, "10:10", "DE", "u-4"),
		view("pauses", 1, "10:00", "DE", "u-5"), view("pauses", 1, "10:30", "DE", "u-5"),
		view("stays", 1, "10:00", "DE", "u-6"), view("stays", 1, "10:20", "DE", "u-6"), view("stays", 1, "10:40", "DE", "u-6"),
		view("midnight", 1, "23:50", "DE", "u-7"), view("midnight", 2, "00:19", "DE", "u-7"), view("midnight", 2, "00:50", "DE", "u-7"),
		view("returns", 1, "23:50", "DE", "u-8"), view("returns", 2, "00:20", "DE", "u-8"),
	)
	shop.Run("2026-03-03", batch.ETL)
	want := `knows-later 10:00 10:10 DE u-2 2
midnight 23:50 00:19 DE u-7 2
midnight 00:50 00:50 DE u-7 1
pauses 10:00 10:00 DE u-5 1
pauses 10:30 10:30 DE u-5 1
plain 10:00 10:29 DE u-1 2
returns 23:50 23:50 DE u-8 1
returns 00:20 00:20 DE u-8 1
stays 10:00 10:40 DE u-6 3
travels 10:00 10:10 FR u-4 2
without-user 10:00 10:10 DE <nil> 2
`
	got := shop.Text(`select visitor_id, strftime(started_at, '%H:%M'), strftime(ended_at, '%H:%M'), country, user_id, events
		from fact_session order by visitor_id, started_at`)
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
