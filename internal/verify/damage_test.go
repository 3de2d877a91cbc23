package verify

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/store"
	"globalmart/internal/verify/model"
)

// orders is the first topic-partition of the orders in the ledger of the shop.
var orders = place{event.TopicTransactions, 0}

func (v *memoryView) ledgerOf(at place) []int {
	var rows []int
	for i, row := range v.ledger {
		if row.Topic == at.topic && row.Task.Partition == at.partition {
			rows = append(rows, i)
		}
	}
	return rows
}

func (v *memoryView) positionOf(at place) *store.Position {
	for i := range v.positions {
		if v.positions[i].Topic == at.topic && v.positions[i].Task.Partition == at.partition {
			return &v.positions[i].Position
		}
	}
	return nil
}

func TestEachInvariantCatchesItsOwnDamage(t *testing.T) {
	for name, tt := range map[string]struct {
		damage func(p *platform, w *World)
		want   int
		says   string
	}{
		"a cent in the hours": {func(p *platform, _ *World) { p.view.sales[store.HourBySplit][3].Sales.RevenueMinor++ }, 1, "hour 2026-05-28T"},
		"a unit in the minutes by country": {func(p *platform, _ *World) {
			rows := p.view.sales[store.MinuteByCountry]
			rows[len(rows)-1].Sales.Units--
		}, 1, "units: want"},
		"a cent of tax in the minutes by category": {func(p *platform, _ *World) {
			rows := p.view.sales[store.MinuteByCategory]
			rows[len(rows)-1].Sales.TaxMinor--
		}, 1, "tax_minor: want"},
		"a unit of stock":           {func(p *platform, _ *World) { p.view.stock[0].Stock.Sold++ }, 3, "on_hand: want"},
		"a product's stock missing": {func(p *platform, _ *World) { p.view.stock = p.view.stock[1:] }, 3, "stock of"},
		"a cart's value":            {func(p *platform, _ *World) { p.view.carts[0].Cart.ValueMinor++ }, 4, "cart "},
		"a cart missing":            {func(p *platform, _ *World) { p.view.carts = p.view.carts[1:] }, 4, "got none"},
		"a cart's order":            {func(p *platform, _ *World) { p.view.carts[0].OrderedAt++ }, 4, "ordered_at: want"},
		"a session's event":         {func(p *platform, _ *World) { p.view.sessions[0].Session.Events-- }, 4, "session of"},
		"a session missing":         {func(p *platform, _ *World) { p.view.sessions = p.view.sessions[1:] }, 4, "got none"},
		"a session too many": {func(p *platform, _ *World) {
			row := p.view.sessions[0]
			row.Key.Start--
			p.view.sessions = append(p.view.sessions, row)
		}, 4, "want none"},
		"a missing hour": {func(p *platform, _ *World) {
			p.view.sales[store.HourBySplit] = slices.Delete(p.view.sales[store.HourBySplit], 5, 6)
		}, 1, "got none"},
		"the last hour missing": {func(p *platform, _ *World) {
			rows := p.view.sales[store.HourBySplit]
			p.view.sales[store.HourBySplit] = rows[:len(rows)-1]
		}, 1, "got none"},
		"an extra hour": {func(p *platform, _ *World) {
			extra := p.view.sales[store.HourBySplit][0]
			extra.Key.Country = "AA"
			p.view.sales[store.HourBySplit] = slices.Insert(p.view.sales[store.HourBySplit], 0, extra)
		}, 1, "hour 2026-05-28T12:00:00Z AA: row: want none"},
		"a row twice": {func(p *platform, _ *World) {
			rows := p.view.sales[store.HourBySplit]
			p.view.sales[store.HourBySplit] = slices.Insert(rows, 4, rows[4])
		}, 1, "orders: want"},
		"a product too many": {func(p *platform, _ *World) { p.view.products++ }, 1, "products: rows: want 7, got 8"},
		"a customer lost":    {func(p *platform, _ *World) { p.view.customers-- }, 1, "customers: rows: want 5, got 4"},
		"the API one order off": {func(p *platform, w *World) {
			w.API.Handler = rewrite(p.api, `"orders":1,`, `"orders":2,`)
		}, 1, "/api/v1/sales/metrics hour"},
		"the API one cent off in its totals": {func(p *platform, w *World) {
			w.API.Handler = on("/api/v1/sales/summary", rewrite(p.api, `"tax_minor":`, `"tax_minor":1`), p.api)
		}, 1, "/api/v1/sales/summary"},
		"the API without an hour": {func(p *platform, w *World) {
			broken := p.view.clone()
			broken.sales[store.HourBySplit] = slices.DeleteFunc(broken.sales[store.HourBySplit], func(r store.SalesRow) bool { return r.Key.Start == noon })
			w.API.Handler = newAPI(t, memorySales{broken, testRules().Calendar()})
		}, 1, "got none"},
		"the API with another key": {func(_ *platform, w *World) { w.API.Key = "wrong" }, 1, "API: answer: want figures, got status 401"},

		"a disposition for another": {func(p *platform, _ *World) {
			row := &p.view.ledger[p.view.ledgerOf(orders)[0]]
			row.Counts.Applied--
			row.Counts.Duplicate++
		}, 2, "transactions[0]@0.."},
		"a record counted twice":  {func(p *platform, _ *World) { p.view.ledger[0].Counts.TooOld++ }, 2, "records: want"},
		"a redriven mark too few": {func(p *platform, _ *World) { p.redriveTooOld() }, 2, "too_old"},

		"a ledger row twice": {func(p *platform, _ *World) {
			i := p.view.ledgerOf(orders)[1]
			p.view.ledger = slices.Insert(p.view.ledger, i, p.view.ledger[i])
		}, 5, "transactions[0]@"},
		"a ledger row missing": {func(p *platform, _ *World) {
			i := p.view.ledgerOf(orders)[1]
			p.view.ledger = slices.Delete(p.view.ledger, i, i+1)
		}, 5, "where the ledger ends"},
		"an epoch going back": {func(p *platform, _ *World) {
			rows := p.view.ledgerOf(orders)
			p.view.ledger[rows[len(rows)-1]].Epoch = 0
		}, 5, "epoch: want at least 1"},
		"an epoch that the task never had": {func(p *platform, _ *World) {
			rows := p.view.ledgerOf(orders)
			p.view.ledger[rows[len(rows)-1]].Epoch = 99
		}, 5, "epoch: want at most the task's"},
		"a minute going back": {func(p *platform, _ *World) {
			rows := p.view.ledgerOf(orders)
			p.view.ledger[rows[len(rows)-1]].Minute = 1
		}, 5, "minute"},
		"another last record": {func(p *platform, _ *World) { p.view.positionOf(orders).LastHash++ }, 5, "hash of the last record"},
		"another time":        {func(p *platform, _ *World) { p.view.positionOf(orders).LastTime++ }, 5, "highest record time"},
		"a position too far":  {func(p *platform, _ *World) { p.view.positionOf(orders).Next++ }, 5, "where the ledger ends"},
		"a ledger of no family": {func(p *platform, _ *World) {
			p.view.ledger = append(p.view.ledger, store.LedgerRow{Task: store.TaskID{Family: store.Shopping}, Topic: "alerts"})
		}, 5, "alerts"},
		"a partition that the log does not have": {func(p *platform, _ *World) {
			task := store.TaskID{Family: store.Shopping, Partition: 9}
			p.view.tasks = append(p.view.tasks, store.TaskRow{Task: task, Epoch: 1})
			p.view.ledger = append(p.view.ledger, store.LedgerRow{Task: task, Topic: orders.topic, Epoch: 1, To: 4, Counts: store.Counts{Applied: 4}})
			p.view.positions = append(p.view.positions, store.PositionRow{Task: task, Topic: orders.topic, Position: store.Position{Next: 4}})
		}, 5, "transactions[9]: committed offset: want at most 0"},

		"another reason":      {func(p *platform, _ *World) { p.view.dead[0].Reason = event.NoRate }, 6, "reason: want"},
		"another field":       {func(p *platform, _ *World) { p.view.dead[0].Field = "x" }, 6, "field: want"},
		"another record time": {func(p *platform, _ *World) { p.view.dead[0].Time++ }, 6, "time: want"},
		"other bytes":         {func(p *platform, _ *World) { p.view.dead[0].Value = []byte("{") }, 6, "key and value"},
		"a dead letter lost":  {func(p *platform, _ *World) { p.view.dead = p.view.dead[1:] }, 6, "row: want schema, got none"},
		"a dead letter twice": {func(p *platform, _ *World) { p.view.dead = append(p.view.dead, p.view.dead[0]) }, 6, "rows: want 1, got 2"},
		"a dead letter of a good record": {func(p *platform, _ *World) {
			d := p.view.dead[0]
			d.Offset = 0
			p.view.dead = append(p.view.dead, d)
			p.view.unsent = append(p.view.unsent, d)
		}, 6, "cart_events[0]@0: row: want none"},
		"a letter that is marked as sent and is not there": {func(p *platform, _ *World) {
			at := place{event.TopicDeadLetters, 0}
			p.log.records[at] = p.log.records[at][:len(p.log.records[at])-1]
		}, 6, "marked as sent, and not there"},
		"a letter on the topic of no row": {func(p *platform, _ *World) {
			p.log.append(&kgo.Record{Topic: event.TopicDeadLetters, Key: []byte("transactions-0-0"), Value: []byte("{}")})
		}, 6, "row of transactions[0]@0: want one, got none"},
		"a letter on the topic without a key": {func(p *platform, _ *World) {
			p.log.append(&kgo.Record{Topic: event.TopicDeadLetters, Key: []byte("what")})
		}, 6, `topic-partition-offset, got "what"`},
		"a letter on the topic with another reason": {func(p *platform, _ *World) {
			at := place{event.TopicDeadLetters, 0}
			changed := *p.log.records[at][0]
			changed.Value = []byte(strings.Replace(string(changed.Value), `"reason":"`, `"reason":"x`, 1))
			p.log.records[at][0] = &changed
		}, 6, "reason of"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlatform(t)
			w := p.world()
			tt.damage(&p, &w)
			w.Store, w.Log = p.view, p.log
			r := run(t, w)
			if diff := cmp.Diff([]int{tt.want}, failedIDs(r)); diff != "" {
				t.Errorf("failed invariants (-want +got):\n%s\n%s", diff, differences(r))
			}
			if !strings.Contains(differences(r), tt.says) {
				t.Errorf("differences:\n%s\nwant one that says %q", differences(r), tt.says)
			}
			if err := r.Err(); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("invariant %d", tt.want)) {
				t.Errorf("error %v, want one that names invariant %d", err, tt.want)
			}
		})
	}
}

// drop takes a record out of the log; its neighbours keep their offsets.
func (p *platform) drop(at place, offset int64) {
	p.log.records[at] = slices.DeleteFunc(p.log.records[at], func(r *kgo.Record) bool { return r.Offset == offset })
}

// redriveTooOld marks a late order as redriven, so that the log says that it was
// applied. It is a failed one, which moves no row.
func (p *platform) redriveTooOld() {
	m := model.New(testRules())
	for i, r := range p.log.records[orders] {
		if m.Record(r).Disposition != model.TooOld {
			continue
		}
		e := shopOrder(5000, event.TimeOf(r.Timestamp)-3*hourMS)
		e.Status = event.StatusFailed
		changed := *r
		changed.Value, changed.Headers = e.AppendJSON(nil), []kgo.RecordHeader{{Key: model.Redriven}}
		p.log.records[orders][i] = &changed
		return
	}
}

// firstRelayed is the dead letter whose record is first missing on the topic.
func (p *platform) firstRelayed(at place) []store.DeadLetter {
	for _, d := range p.view.dead {
		found := slices.ContainsFunc(p.log.records[at], func(r *kgo.Record) bool {
			k, _ := parseLetterKey(string(r.Key))
			return k == letterKey{place{d.Topic, d.Partition}, d.Offset}
		})
		if !found {
			return []store.DeadLetter{d}
		}
	}
	return nil
}

// rewrite changes the answers of h.
func rewrite(h http.Handler, from, to string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		w.WriteHeader(rec.Code)
		_, _ = w.Write([]byte(strings.Replace(rec.Body.String(), from, to, 1)))
	})
}

// on serves path with one handler and the rest with the other.
func on(path string, h, rest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == path {
			h.ServeHTTP(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	})
}

// TestARecordThatIsGoneIsMissedWhereverItCounted drops a view from the log.
func TestARecordThatIsGoneIsMissedWhereverItCounted(t *testing.T) {
	p := newPlatform(t)
	p.drop(place{event.TopicProductViews, 0}, 7)
	r := run(t, p.world())
	if diff := cmp.Diff([]int{2, 4}, failedIDs(r)); diff != "" {
		t.Errorf("failed invariants (-want +got):\n%s\n%s", diff, differences(r))
	}
	if !strings.Contains(differences(r), "product_views[0]@7: records in the log: want 1, got 0") {
		t.Errorf("differences:\n%s", differences(r))
	}
}
