package verify

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/batch"
	"globalmart/internal/batch/batchtest"
	"globalmart/internal/event"
	"globalmart/internal/lake"
	"globalmart/internal/store"
	"globalmart/internal/verify/model"
	"globalmart/internal/warehouse"
)

const (
	equalsLake = "warehouse equals the lake"
	equalsLive = "warehouse equals the live tables and what batch repaired"
	itsFiles   = "warehouse files are those of its manifest"
)

// withBatch runs the batch jobs over the lake in dir.
func withBatch(t *testing.T, dir string, jobs ...batch.Job) *batchtest.Shop {
	t.Helper()
	shop := batchtest.NewShop(t)
	shop.Lake = dir
	shop.Run("2026-06-01", jobs...)
	return shop
}

// warehouseWorld is that of a platform with its lake and its warehouse.
func (p platform) warehouseWorld(shop *batchtest.Shop) World {
	w := p.world()
	w.Lake, w.Warehouse = &Lake{Dir: shop.Lake}, shop.Warehouse
	return w
}

// lakeAndWarehouse is a world without a log and live tables.
func lakeAndWarehouse(shop *batchtest.Shop) World {
	return World{Rules: testRules(), Lake: &Lake{Dir: shop.Lake}, Warehouse: shop.Warehouse, Now: func() time.Time { return noon.Std() }}
}

func named(t *testing.T, r Report, name string) Result {
	t.Helper()
	i := slices.IndexFunc(r.Invariants, func(v Result) bool { return v.Name == name })
	if i < 0 {
		t.Fatalf("nothing is called %q", name)
	}
	return r.Invariants[i]
}

func mustHold(t *testing.T, r Report) {
	t.Helper()
	if err := r.Err(); err != nil {
		t.Fatalf("%v\n%s", err, differences(r))
	}
}

func TestAWarehouseOfARealRunVerifiesClean(t *testing.T) {
	p := newPlatform(t)
	shop := withBatch(t, p.writeLake(t), batch.Jobs()...)
	r := run(t, p.warehouseWorld(shop))
	mustHold(t, r)
	for _, name := range []string{equalsLake, equalsLive, itsFiles} {
		if v := named(t, r, name); v.Checked == 0 || len(v.Notes) > 0 {
			t.Errorf("%s: %d checked, notes %q", name, v.Checked, v.Notes)
		}
	}
	// 132 orders and 30 refunds; 12 of the orders were three hours late.
	w := r.Warehouse
	if w.Days != 3 || w.FirstDay != "2026-05-28" || w.LastDay != "2026-05-30" || w.Total.Orders != 132 || w.Live.Orders != 120 {
		t.Errorf("%d days from %s to %s, %+v, live %+v", w.Days, w.FirstDay, w.LastDay, w.Total, w.Live)
	}
	want := []LiveItem{{ReasonTooOld, 12, SalesSum{Orders: 12, Units: 36, NetMinor: 32712, TaxMinor: 1212}}}
	if diff := cmp.Diff(want, w.Items); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
}

func TestWithoutAWarehouseThereIsANote(t *testing.T) {
	p := newPlatform(t)
	shop := batchtest.NewShop(t)
	shop.Lake = p.writeLake(t)
	r := run(t, p.warehouseWorld(shop))
	mustHold(t, r)
	if v := named(t, r, equalsLake); v.Checked != 0 || len(v.Notes) != 1 || r.Warehouse != nil {
		t.Errorf("%+v, warehouse %+v", v, r.Warehouse)
	}
	shop.Run("2026-06-01", batch.ETL)
	if err := os.RemoveAll(shop.Warehouse.Dir + "/runs"); err != nil {
		t.Fatal(err)
	}
	if r := run(t, p.warehouseWorld(shop)); r.OK || !strings.Contains(differences(r), "manifest: want readable") {
		t.Errorf("without its manifest: ok %t\n%s", r.OK, differences(r))
	}
}

// TestAWarehouseThatIsBehindIsNoDifference: of the log only what it has taken in is
// compared, and the rest is said.
func TestAWarehouseThatIsBehindIsNoDifference(t *testing.T) {
	p := newPlatform(t)
	dir := t.TempDir()
	p.extendLake(t, dir, 0.5)
	shop := withBatch(t, dir, batch.ETL)
	p.extendLake(t, dir, 1)
	r := run(t, p.warehouseWorld(shop))
	mustHold(t, r)
	newer := itemOf(r, ReasonNewer)
	if newer.Records == 0 || newer.Orders >= 0 || r.Warehouse.Live.Orders+newer.Orders+itemOf(r, ReasonTooOld).Orders != r.Warehouse.Total.Orders {
		t.Errorf("live %+v, items %+v, total %+v", r.Warehouse.Live, r.Warehouse.Items, r.Warehouse.Total)
	}
}

// TestALiveSideThatIsBehindIsNoDifference has the first half of the log applied, and
// all of it in the warehouse.
func TestALiveSideThatIsBehindIsNoDifference(t *testing.T) {
	whole, half := shopLog(), shopLog()
	for at, records := range half.records {
		half.records[at] = records[:len(records)/2]
	}
	p := runLog(t, half)
	letters := place{event.TopicDeadLetters, 0}
	whole.records[letters] = p.log.records[letters]
	p.log = whole
	r := run(t, p.warehouseWorld(withBatch(t, p.writeLake(t), batch.ETL)))
	mustHold(t, r)
	if waiting := itemOf(r, ReasonWaiting); waiting.Orders == 0 || r.Cut.Waiting == 0 {
		t.Errorf("items %+v, %d records waiting", r.Warehouse.Items, r.Cut.Waiting)
	}
}

func itemOf(r Report, reason string) LiveItem {
	for _, item := range r.Warehouse.Items {
		if item.Reason == reason {
			return item
		}
	}
	return LiveItem{}
}

// TestWhatTheLiveSideCannotSeeIsItemised sends orders again long after, on the other
// partition, and under an id of another day; and orders of the years before, by the
// log and as an import.
func TestWhatTheLiveSideCannotSeeIsItemised(t *testing.T) {
	log := shopLog()
	at := noon + 60*hourMS
	send := func(e event.Event, p int32, received event.Time) { log.append(shopRecord(e, p, received)) }
	late := shopOrder(3000, at+5*hourMS) // the order of 5 hours ago, told anew
	first := late
	first.ID, first.Timestamp = "order-first", at
	send(first, 0, at)
	send(late, 0, at+5*hourMS)
	send(shopOrder(3001, at), 0, at)
	send(shopOrder(3001, at), 1, at+minuteMS)
	old := shopOrder(3002, noon-900*24*hourMS)
	send(old, 1, at+2*minuteMS)
	reused := shopOrder(3003, at+5*hourMS)
	reused.ID = "order-reused"
	far := reused
	far.TransactionID, far.Timestamp = "t-far", at+5*hourMS-50*hourMS
	send(reused, 1, at+5*hourMS)
	record := shopRecord(far, 1, at+5*hourMS+minuteMS)
	record.Headers = []kgo.RecordHeader{{Key: model.Redriven}}
	log.append(record)

	p := runLog(t, log)
	dir := p.writeLake(t)
	ancient := shopOrder(4000, noon-4000*24*hourMS)
	addHistory(t, dir, "import/old", ancient, ancient)
	r := run(t, p.warehouseWorld(withBatch(t, dir, batch.ETL)))
	mustHold(t, r)
	var got []string
	for _, item := range r.Warehouse.Items {
		got = append(got, fmt.Sprintf("%s %d %d %d", item.Reason, item.Records, item.Orders, item.NetMinor))
	}
	net := func(e event.Event) event.Minor { return e.SubtotalMinor }
	want := []string{
		fmt.Sprintf("duplicate 2 -2 %d", -net(late)-net(shopOrder(3001, at))),
		fmt.Sprintf("id_used_again 1 1 %d", net(far)),
		fmt.Sprintf("source import/old 1 1 %d", net(ancient)),
		fmt.Sprintf("too_old 13 13 %d", 32712+net(old)),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
	if r.Warehouse.FirstDay != "2015-06-15" {
		t.Errorf("first day %s", r.Warehouse.FirstDay)
	}
}

// addHistory writes events to a source of a lake that is written in whole days.
func addHistory(t *testing.T, dir, source string, events ...event.Event) {
	t.Helper()
	b, err := lake.OpenBulk(lake.BulkConfig{Dir: dir, Source: source, Calendar: testRules().Calendar(), Manifest: lake.Manifest{"events": fmt.Sprint(len(events))}})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	d, err := b.Day(events[0].ReceivedAt.Std().Format(time.DateOnly))
	if err != nil {
		t.Fatal(err)
	}
	part, err := d.Part(0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range events {
		if err := part.Add(&events[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Commit(); err != nil {
		t.Fatal(err)
	}
}

// TestALiveTableThatDiffersFromTheWarehouseIsFound moves a unit in the live tables.
func TestALiveTableThatDiffersFromTheWarehouseIsFound(t *testing.T) {
	p := newPlatform(t)
	w := p.warehouseWorld(withBatch(t, p.writeLake(t), batch.ETL))
	rows := p.view.sales[store.HourBySplit]
	i := slices.IndexFunc(rows, func(r store.SalesRow) bool { return r.Key.Category == store.AllCategories && r.Key.Country == "DE" })
	rows[i].Sales.Units++
	v := named(t, run(t, w), equalsLive)
	if v.Found != 1 || v.Differences[0].Key != "sales of 2026-05-28 DE" || !strings.HasPrefix(v.Differences[0].Field, "units") {
		t.Errorf("%+v", v)
	}
}

// TestDuplicatesAreJudgedAsTheJobsDo has ids and orders come again at random, hours and
// days later, from every source.
func TestDuplicatesAreJudgedAsTheJobsDo(t *testing.T) {
	for seed := range uint64(3) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		shop := batchtest.NewShop(t)
		happens := func(i int) event.Event {
			at := noon + event.Time(i)*20*minuteMS
			e := shopOrder(i, at)
			e.UserID = []string{"", "u1", "u2"}[rnd.IntN(3)]
			switch rnd.IntN(4) {
			case 0:
				e = event.Event{ID: e.ID, Type: event.TypeProductView, SchemaVersion: event.SchemaVersion, Timestamp: at, VisitorID: "v", ProductID: "p1"}
			case 1:
				e = event.Event{ID: e.ID, Type: event.TypeCartEvent, SchemaVersion: event.SchemaVersion, Timestamp: at, VisitorID: "v", ProductID: "p2", CartID: "c", Quantity: 1}
				e.Action = []event.Action{event.ActionAdd, event.ActionRemove}[rnd.IntN(2)]
			case 2:
				e.Status, e.RefundID = event.StatusRefunded, fmt.Sprint("r", rnd.IntN(20))
			}
			if rnd.IntN(2) == 0 { // an id, or an order, of a few that there are
				e.ID = fmt.Sprint("again-", rnd.IntN(25))
			}
			if e.Type == event.TypeTransaction && rnd.IntN(2) == 0 {
				e.TransactionID = fmt.Sprint("t-again-", rnd.IntN(25))
			}
			e.Timestamp -= event.Time(rnd.Int64N(int64(4*24*hourMS))) * event.Time(rnd.IntN(2))
			e.ReceivedAt = at
			return e
		}
		var events []event.Event
		for i := range 900 {
			events = append(events, happens(i))
		}
		shop.History(lake.SourceHistory, "2026-05-28", events[:200]...)
		shop.History("import/some", "2026-05-29", events[150:300]...)
		shop.Log(events[250:]...)
		shop.Run("2026-06-10", batch.ETL)
		if n := strings.Count(shop.Text("select 1 from event_duplicate where repeats = 'order'"), "\n"); n < 20 {
			t.Fatalf("only %d orders are there twice", n)
		}
		r := run(t, lakeAndWarehouse(shop))
		mustHold(t, r)
		if named(t, r, equalsLake).Checked < 400 {
			t.Errorf("%+v", named(t, r, equalsLake))
		}
	}
}

// TestAnOrderCountsOnceForEachProductAndCategory whatever the number of its lines.
func TestAnOrderCountsOnceForEachProductAndCategory(t *testing.T) {
	shop := batchtest.NewShop(t)
	var events []event.Event
	for i, lines := range []int{1, 5, 32, 33, 120} {
		e := shopOrder(i, noon+event.Time(i)*minuteMS)
		e.UserID, e.Items, e.SubtotalMinor = "u", nil, 0
		for k := range lines {
			e.Items = append(e.Items, event.Item{
				ProductID: fmt.Sprint("p", k%50), Category: fmt.Sprint("c", k%40), Quantity: 1, UnitPriceMinor: 100, AmountMinor: 100, BaseAmountMinor: 100,
			})
			e.SubtotalMinor += 100
		}
		e.TotalMinor = e.SubtotalMinor + e.TaxMinor + e.ShippingMinor
		e.BaseTotalMinor = e.TotalMinor
		back := e
		back.ID, back.Status, back.RefundID = e.ID+"-back", event.StatusRefunded, "r"
		events = append(events, e, back)
	}
	shop.Log(events...)
	shop.Run("2026-06-10", batch.ETL)
	r := run(t, lakeAndWarehouse(shop))
	mustHold(t, r)
	if r.Warehouse.Total.Orders != 5 || r.Warehouse.Total.NetMinor != 0 || r.Warehouse.Total.RefundMinor != 19100 {
		t.Errorf("%+v", r.Warehouse.Total)
	}
}

// retiring is a warehouse of which newer runs take the place, so that the files of the
// one that is compared are removed.
type retiring struct {
	*batchtest.Shop
	asked int
}

func (w *retiring) Current() (*warehouse.Manifest, error) {
	m, err := w.Shop.Warehouse.Current()
	if w.asked++; w.asked > 1 && err == nil {
		m.Run = "run-9999"
	}
	return m, err
}

func (w *retiring) Path(f warehouse.File) string {
	return filepath.Join(w.Shop.Warehouse.Dir, "gone", f.Path)
}

func TestAWarehouseThatWasPublishedAnewMeanwhileIsNoDifference(t *testing.T) {
	p := newPlatform(t)
	shop := withBatch(t, p.writeLake(t), batch.ETL)
	w := p.warehouseWorld(shop)
	w.Warehouse = &retiring{Shop: shop}
	r := run(t, w)
	mustHold(t, r)
	for _, name := range []string{equalsLake, itsFiles} {
		if v := named(t, r, name); len(v.Notes) != 1 || !strings.HasPrefix(v.Notes[0], "files of run run-0001 are gone") {
			t.Errorf("%s: notes %q", name, v.Notes)
		}
	}
}
