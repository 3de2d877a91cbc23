package batch_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/batch"
	"globalmart/internal/batch/batchtest"
	"globalmart/internal/event"
	"globalmart/internal/lake"
)

// seeded returns chance from GLOBALMART_SEED, or from a seed that the log shows.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("GLOBALMART_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("GLOBALMART_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

// shoppers make the events of a shop at random: few visitors, products and minutes, so
// that everything meets everything.
type shoppers struct {
	*rand.Rand
	at   time.Time // arrival of the next event
	n    int
	sent []event.Event
}

func newShoppers(r *rand.Rand) *shoppers {
	return &shoppers{Rand: r, at: time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)}
}

// events are what happens until the clock has moved by a time, each arriving some
// minutes after the one before.
func (s *shoppers) events(span time.Duration) []event.Event {
	var all []event.Event
	for end := s.at.Add(span); s.at.Before(end); s.at = s.at.Add(time.Duration(1+s.IntN(50)) * time.Minute) {
		e := s.event()
		all = append(all, e)
		s.sent = append(s.sent, e)
	}
	return all
}

func (s *shoppers) event() event.Event {
	s.n++
	if len(s.sent) > 0 && s.IntN(12) == 0 {
		return s.again(s.sent[s.IntN(len(s.sent))])
	}
	e := event.Event{
		ID: fmt.Sprintf("e-%d", s.n), SchemaVersion: "1.0", Source: "test", Timestamp: event.TimeOf(s.at), ReceivedAt: event.TimeOf(s.at),
	}
	if s.IntN(8) == 0 { // late, by up to three days
		e.Timestamp -= event.Time(s.Int64N(72 * 3600 * 1000))
	}
	switch s.IntN(10) {
	case 0:
		e.Type, e.ProductID, e.Name, e.Category = event.TypeProduct, s.product(), "Name", "Toys"
		e.PriceMinor, e.CostMinor, e.Active = event.Minor(100*(1+s.IntN(9))), event.Minor(10*(1+s.IntN(9))), true
		e.Timestamp = e.ReceivedAt // what the catalogue says of the past cannot come later
		return e
	case 1:
		e.Type, e.UserID, e.Country, e.RegisteredAt = event.TypeCustomer, s.user(), s.country(), e.Timestamp
		return e
	}
	v := s.IntN(5)
	e.VisitorID, e.Device, e.Country = fmt.Sprintf("v-%d", v), "mobile", s.country()
	if v > 0 {
		e.UserID = s.user()
	}
	switch s.IntN(4) {
	case 0:
		e.Type, e.ProductID, e.Category, e.UnitPriceMinor = event.TypeProductView, s.product(), "Toys", 100
	case 1:
		e.Type, e.CartID, e.ProductID, e.Category, e.Quantity, e.UnitPriceMinor = event.TypeCartEvent, "c", s.product(), "Toys", 1, 100
		e.Action = event.ActionAdd
	default:
		s.order(&e)
	}
	return e
}

func (s *shoppers) product() string { return "P" + strconv.Itoa(s.IntN(6)) }
func (s *shoppers) user() string    { return "u-" + strconv.Itoa(s.IntN(5)) }
func (s *shoppers) country() string { return []string{"DE", "FR"}[s.IntN(2)] }

// order makes e a transaction of up to four lines.
func (s *shoppers) order(e *event.Event) {
	e.Type, e.TransactionID, e.Currency, e.PaymentMethod = event.TypeTransaction, fmt.Sprintf("t-%d", s.n), "USD", "card"
	e.Status = []event.Status{event.StatusCompleted, event.StatusCompleted, event.StatusCompleted, event.StatusRefunded, event.StatusFailed}[s.IntN(5)]
	if e.Status == event.StatusRefunded {
		e.RefundID = fmt.Sprintf("r-%d", s.n)
	}
	for range 1 + s.IntN(4) {
		n, price := int64(1+s.IntN(3)), event.Minor(100*(1+s.IntN(20)))
		amount := price * event.Minor(n)
		e.Items = append(e.Items, event.Item{
			ProductID: s.product(), Category: []string{"Toys", "Books"}[s.IntN(2)], Quantity: n, UnitPriceMinor: price, AmountMinor: amount, BaseAmountMinor: amount,
		})
		e.SubtotalMinor += amount
	}
	e.TaxMinor, e.ShippingMinor = e.SubtotalMinor/10, 500
	e.TotalMinor = e.SubtotalMinor + e.TaxMinor + e.ShippingMinor
	e.BaseTotalMinor = e.TotalMinor
}

// again repeats an event: as it was, at another time of day, or an order under another
// event_id.
func (s *shoppers) again(e event.Event) event.Event {
	e.ReceivedAt = event.TimeOf(s.at)
	switch s.IntN(3) {
	case 0:
		e.Timestamp = min(e.ReceivedAt, e.Timestamp+event.Time(s.Int64N(12*3600*1000)))
	case 1:
		e.ID = fmt.Sprintf("e-%d", s.n)
	}
	if e.Type == event.TypeProduct || e.Type == event.TypeCustomer {
		e.Timestamp = e.ReceivedAt
	}
	return e
}

// comparable is the text of every table but those that remember earlier runs.
func allTables(shop *batchtest.Shop) map[string]string {
	all := map[string]string{}
	for _, t := range batch.Graph() {
		if t.Name != "mart_segment_interval" && t.Name != "mart_migration" {
			all[t.Name] = shop.Text("select * from " + t.Name + " order by all")
		}
	}
	return all
}

// TestRunsByPartsAreOneRun: history, an import and a log that grows, taken in by a run
// after each part, come to what one run over all of it comes to; and to run again
// changes nothing.
func TestRunsByPartsAreOneRun(t *testing.T) {
	shop, made := batchtest.NewShop(t), newShoppers(seeded(t))
	shop.History(lake.SourceHistory, "2026-03-01", made.events(20*time.Hour)...)
	for _, date := range []batch.Date{"2026-03-03", "2026-03-04", "2026-03-04", "2026-03-05"} {
		shop.Log(made.events(time.Duration(6+made.IntN(24)) * time.Hour)...)
		shop.Run(date, batch.Jobs()...)
	}
	shop.History("import/more", "2026-03-02", made.events(time.Hour)...)
	const last = "2026-03-06"
	shop.Run(last, batch.Jobs()...)
	if again := shop.Run(last, batch.Jobs()...); again.Changed {
		t.Errorf("to run again changed %+v", again)
	}
	fresh := shop.Over()
	expectTimes(t, fresh.Run(last, batch.Jobs()...))
	want, got := allTables(fresh), allTables(shop)
	for _, table := range batch.Graph() {
		if diff := cmp.Diff(strings.Split(want[table.Name], "\n"), strings.Split(got[table.Name], "\n")); diff != "" {
			t.Errorf("%s differs (-at once +by parts):\n%s", table.Name, diff)
		}
	}
	if want["fact_order_line"] == "" || want["event_duplicate"] == "" || want["fact_session"] == "" {
		t.Error("nothing was compared")
	}
}

// expectTimes checks that tables were made while their jobs ran.
func expectTimes(t *testing.T, result *batch.Result) {
	t.Helper()
	for _, job := range result.Jobs {
		for _, table := range job.Tables {
			if table.Began < 0 || table.Ended < table.Began || table.Ended > job.Seconds {
				t.Errorf("%s was made from %f to %f s of the %f s of %s", table.Table, table.Began, table.Ended, job.Seconds, job.Job)
			}
		}
	}
}

// TestFactsAreTheEventsOnce recomputes the sums and the sessions from the events alone.
func TestFactsAreTheEventsOnce(t *testing.T) {
	shop, made := batchtest.NewShop(t), newShoppers(seeded(t))
	for range 4 {
		shop.Log(made.events(20 * time.Hour)...)
	}
	shop.Run("2026-03-06", batch.ETL)
	counted := once(made.sent)
	if got, want := shop.Text("select event_date, country, orders, units, net_minor, refund_minor, refunds, returned_units, tax_minor, shipping_minor from fact_sales_day order by all"), sales(counted); got != want {
		t.Errorf("sales differ: %s", cmp.Diff(want, got))
	}
	if got, want := shop.Text("select event_date, country, category, orders, units, net_minor, refund_minor, refunds, returned_units from fact_category_day order by all"), categorySales(counted); got != want {
		t.Errorf("sales of categories differ: %s", cmp.Diff(want, got))
	}
	if got, want := shop.Text("select session_id, events, views, cart_adds, orders, net_minor from fact_session order by 1"), sessions(counted); got != want {
		t.Errorf("sessions differ: %s", cmp.Diff(want, got))
	}
	if n, want := shop.Text("select count(*) from event_duplicate"), fmt.Sprintln(len(visits(made.sent))-len(counted)); n != want {
		t.Errorf("%s duplicates, want %s", n, want)
	}
}

// visits are the events of the three topics.
func visits(events []event.Event) []event.Event {
	return slices.DeleteFunc(slices.Clone(events), func(e event.Event) bool { return e.VisitorID == "" })
}

// once leaves out duplicates: those with a key of an event that was received before, of
// a date at most a day away. Events are in the order in which they were received.
func once(events []event.Event) []event.Event {
	cal := batchtest.Calendar()
	near := func(a, b *event.Event) bool {
		x, _ := time.Parse(time.DateOnly, cal.Date(a.Time()))
		y, _ := time.Parse(time.DateOnly, cal.Date(b.Time()))
		return x.Sub(y).Abs() <= 24*time.Hour
	}
	all := visits(events)
	distinct := make([]bool, len(all)) // by event_id
	counts := make([]bool, len(all))
	var kept []event.Event
	for i := range all {
		distinct[i], counts[i] = true, true
		for j := range i {
			if !near(&all[i], &all[j]) || all[i].Type != all[j].Type {
				continue
			}
			if all[i].ID == all[j].ID {
				distinct[i], counts[i] = false, false
			}
		}
	}
	for i := range all {
		for j := range i {
			a, b := &all[i], &all[j]
			if distinct[i] && distinct[j] && a.Type == event.TypeTransaction && b.Type == a.Type && near(a, b) &&
				a.TransactionID == b.TransactionID && a.Status == b.Status && a.RefundID == b.RefundID {
				counts[i] = false
			}
		}
		if counts[i] {
			kept = append(kept, all[i])
		}
	}
	return kept
}

// salesSums are the measures that lines add up to, and how many orders and refunds
// they are of.
type salesSums struct{ orders, units, net, refund, refunds, returned int64 }

// add adds some items of an order or of a refund.
func (s *salesSums) add(status event.Status, items []event.Item) {
	if status == event.StatusCompleted {
		s.orders++
	} else {
		s.refunds++
	}
	for _, it := range items {
		if status == event.StatusCompleted {
			s.units += it.Quantity
			s.net += int64(it.AmountMinor)
		} else {
			s.units -= it.Quantity
			s.net -= int64(it.AmountMinor)
			s.refund += int64(it.AmountMinor)
			s.returned += it.Quantity
		}
	}
}

func (s *salesSums) String() string {
	return fmt.Sprint(s.orders, s.units, s.net, s.refund, s.refunds, s.returned)
}

// ordered are the events that sales are made of.
func ordered(events []event.Event) []event.Event {
	return slices.DeleteFunc(slices.Clone(events), func(e event.Event) bool {
		return e.Status != event.StatusCompleted && e.Status != event.StatusRefunded
	})
}

// sales are the sums by day and country, as fact_sales_day has them.
func sales(events []event.Event) string {
	cal := batchtest.Calendar()
	type sums struct {
		salesSums
		tax, shipping int64
	}
	by := map[string]*sums{}
	for _, e := range ordered(events) {
		key := cal.Date(e.Time()) + " " + e.Country
		if by[key] == nil {
			by[key] = &sums{}
		}
		s, sign := by[key], int64(1)
		if e.Status == event.StatusRefunded {
			sign = -1
		}
		s.add(e.Status, e.Items)
		s.tax += sign * int64(e.TaxMinor)
		s.shipping += sign * int64(e.ShippingMinor)
	}
	var lines []string
	for key, s := range by {
		lines = append(lines, fmt.Sprintln(key, &s.salesSums, s.tax, s.shipping))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// categorySales are the sums by day, country and category, as fact_category_day has
// them: an order counts in each category that it touches.
func categorySales(events []event.Event) string {
	cal := batchtest.Calendar()
	by := map[string]*salesSums{}
	for _, e := range ordered(events) {
		items := map[string][]event.Item{}
		for _, it := range e.Items {
			items[it.Category] = append(items[it.Category], it)
		}
		for category, of := range items {
			key := cal.Date(e.Time()) + " " + e.Country + " " + category
			if by[key] == nil {
				by[key] = &salesSums{}
			}
			by[key].add(e.Status, of)
		}
	}
	var lines []string
	for key, s := range by {
		lines = append(lines, fmt.Sprintln(key, s))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// sessions cuts each visitor's events where nothing happens for 30 minutes, and at
// multiples of 24 hours.
func sessions(events []event.Event) string {
	const gap, most = 30 * 60 * 1000, 24 * 3600 * 1000
	slices.SortStableFunc(events, func(a, b event.Event) int { return int(a.Time() - b.Time()) })
	type session struct {
		run, start, end                  event.Time
		events, views, adds, orders, net int64
	}
	by := map[string][]*session{}
	for i := range events {
		e := &events[i]
		list := by[e.VisitorID]
		var s *session
		if len(list) > 0 {
			s = list[len(list)-1]
		}
		switch {
		case s == nil || e.Time()-s.end >= gap:
			s = &session{run: e.Time(), start: e.Time()}
			by[e.VisitorID] = append(list, s)
		case (e.Time()-s.run)/most != (s.start-s.run)/most:
			s = &session{run: s.run, start: e.Time()}
			by[e.VisitorID] = append(list, s)
		}
		s.end = e.Time()
		s.events++
		switch {
		case e.Type == event.TypeProductView:
			s.views++
		case e.Type == event.TypeCartEvent:
			s.adds++
		case e.Status == event.StatusCompleted:
			s.orders++
			s.net += int64(e.SubtotalMinor)
		}
	}
	var lines []string
	for visitor, list := range by {
		for _, s := range list {
			lines = append(lines, fmt.Sprintln(fmt.Sprintf("%s@%d", visitor, s.start), s.events, s.views, s.adds, s.orders, s.net))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func TestJobsNeedFacts(t *testing.T) {
	shop := batchtest.NewShop(t)
	if _, err := shop.TryRun("2026-03-06", batch.RFM); !errors.Is(err, batch.ErrNoFacts) {
		t.Errorf("segments of nothing: %v", err)
	}
	if _, err := shop.TryRun("March", batch.ETL); err == nil {
		t.Error("took March for a date")
	}
}

// TestAHoleInTheListingIsLeftToTheNextRun: a file that is linked while the lake is
// listed can be missed although a later one is seen. Neither is lost.
func TestAHoleInTheListingIsLeftToTheNextRun(t *testing.T) {
	shop, made := batchtest.NewShop(t), newShoppers(rand.New(rand.NewPCG(1, 1)))
	var files []string
	for range 3 {
		e := made.event()
		e.Type, e.VisitorID, e.UserID, e.Country = "", "v-1", "u-1", "DE"
		made.order(&e)
		e.Status, e.RefundID = event.StatusCompleted, ""
		e.ID, e.TransactionID = fmt.Sprintf("e-%d", len(files)), fmt.Sprintf("t-%d", len(files))
		shop.Log(e)
		files = append(files, transactionFiles(t, shop)...)
	}
	slices.Sort(files)
	files = slices.Compact(files) // by first offset
	hidden := files[1] + ".hidden"
	if err := os.Rename(files[1], hidden); err != nil {
		t.Fatal(err)
	}
	count := "select count(distinct transaction_id) from fact_order_line"
	shop.Run("2026-03-06", batch.ETL)
	if got := shop.Text(count); got != "1\n" {
		t.Errorf("%s orders were taken, want the one before the hole", got)
	}
	if err := os.Rename(hidden, files[1]); err != nil {
		t.Fatal(err)
	}
	shop.Run("2026-03-06", batch.ETL)
	if got := shop.Text(count); got != "3\n" {
		t.Errorf("%s orders once the file is there, want 3", got)
	}
}

func transactionFiles(t *testing.T, shop *batchtest.Shop) []string {
	t.Helper()
	l, err := lake.List(shop.Lake, lake.SourceRaw)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for place, entries := range l.Entries {
		for _, e := range entries {
			if place.Topic == event.TopicTransactions {
				paths = append(paths, e.Path)
			}
		}
	}
	return paths
}
