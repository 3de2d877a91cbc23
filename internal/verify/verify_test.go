package verify

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

func run(t *testing.T, w World) Report {
	t.Helper()
	r, err := Run(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// failedIDs names the invariants that do not hold, once each.
func failedIDs(r Report) []int {
	ids := []int{}
	for _, v := range r.Invariants {
		if !v.OK && !slices.Contains(ids, v.ID) {
			ids = append(ids, v.ID)
		}
	}
	return ids
}

func differences(r Report) string {
	var b strings.Builder
	for _, v := range r.Invariants {
		for _, d := range v.Differences {
			b.WriteString(d.String() + "\n")
		}
	}
	return b.String()
}

func TestAConsistentPlatformVerifiesClean(t *testing.T) {
	p := newPlatform(t)
	for name, live := range map[string]bool{"at rest": false, "live": true} {
		t.Run(name, func(t *testing.T) {
			w := p.world()
			w.Live = live
			r := run(t, w)
			if err := r.Err(); err != nil {
				t.Fatalf("%v\n%s", err, differences(r))
			}
			var log, dead int64
			for at, records := range p.log.records {
				if at.topic == event.TopicDeadLetters {
					dead += int64(len(records))
					continue
				}
				log += int64(len(records))
			}
			if r.Empty || r.Cut.Records != log || r.Cut.Waiting != 0 {
				t.Errorf("cut %+v, want %d records", r.Cut, log)
			}
			for _, v := range r.Invariants {
				if v.Checked == 0 {
					t.Errorf("%s: nothing was checked; %v", v.Name, v.Notes)
				}
			}
			if dead == 0 || resultOf(r, 6).Checked != 2*dead {
				t.Errorf("dead letters: %d checked, want twice %d", resultOf(r, 6).Checked, dead)
			}
		})
	}
}

func TestAnEmptyPlatformIsCleanAndSaysSo(t *testing.T) {
	p := platform{&memoryLog{}, &memoryView{}, newAPI(t, memorySales{&memoryView{}, testRules().Calendar()})}
	if r := run(t, p.world()); !r.OK || !r.Empty {
		t.Errorf("report %+v, want ok and empty", r)
	}
	p = newPlatform(t)
	p.view = &memoryView{}
	delete(p.log.records, place{event.TopicDeadLetters, 0})
	r := run(t, p.world())
	if !r.OK || !r.Empty || r.Cut.Waiting == 0 {
		t.Errorf("before the first commit: ok %v, empty %v, waiting %d", r.OK, r.Empty, r.Cut.Waiting)
	}
}

func TestUnsentLettersArePending(t *testing.T) {
	for name, live := range map[string]bool{"of a running platform": true, "of one that was killed": false} {
		t.Run(name, func(t *testing.T) {
			p := newPlatform(t)
			at := place{event.TopicDeadLetters, 0}
			p.log.records[at] = p.log.records[at][1:]
			p.view.unsent = p.firstRelayed(at)
			w := p.world()
			w.Live = live
			r := run(t, w)
			if result := resultOf(r, 6); !r.OK || result.Pending != 1 || (len(result.Notes) == 0) != live {
				t.Errorf("ok %v, pending %d, want 1, notes %q\n%s", r.OK, result.Pending, result.Notes, differences(r))
			}
		})
	}
}

func TestALetterMayBeOnTheTopicTwice(t *testing.T) {
	p := newPlatform(t)
	again := *p.log.records[place{event.TopicDeadLetters, 0}][0]
	p.log.append(&again)
	if r := run(t, p.world()); !r.OK {
		t.Error(differences(r))
	}
}

// What is committed after the view was opened must not show.
func TestWhatComesAfterTheCutDoesNotMatter(t *testing.T) {
	p := newPlatform(t)
	at := noon + 60*hourMS
	p.log.append(shopRecord(shopOrder(9000, at), 0, at))
	broken := &kgo.Record{Topic: event.TopicTransactions, Partition: 0, Value: []byte("x"), Timestamp: at.Std()}
	p.log.append(broken)
	p.log.append(relay(t, store.DeadLetter{Topic: broken.Topic, Offset: broken.Offset, Reason: event.BadJSON}))
	w := p.world()
	w.Live = true
	r := run(t, w)
	if !r.OK || r.Cut.Waiting != 2 {
		t.Errorf("ok %v, waiting %d, want 2\n%s", r.OK, r.Cut.Waiting, differences(r))
	}
}

// The API of a running platform answers from later commits than the cut.
func TestTheAPIOfARunningPlatformMayBeAhead(t *testing.T) {
	p := newPlatform(t)
	ahead := p.view.clone()
	rows := ahead.sales[store.HourBySplit]
	for i := range rows {
		if rows[i].Key.Start == rows[len(rows)-1].Key.Start {
			rows[i].Sales.Orders += 5
		}
	}
	w := p.world()
	w.API.Handler = newAPI(t, memorySales{ahead, testRules().Calendar()})
	w.Live = true
	if r := run(t, w); !r.OK || r.Invariants[1].Checked == 0 {
		t.Errorf("live: ok %v, %d answers compared\n%s", r.OK, r.Invariants[1].Checked, differences(r))
	}
	w.Live = false
	if r := run(t, w); r.OK {
		t.Error("at rest it may not")
	}
}

func TestMinutesPastTheirTimeMayBeGone(t *testing.T) {
	p := newPlatform(t)
	var newest event.Time
	for _, row := range p.view.positions {
		newest = max(newest, row.Position.LastTime)
	}
	kept := newest.Add(-testRules().Stream.KeepMinutes)
	for _, table := range []store.SalesTable{store.MinuteByCountry, store.MinuteByCategory} {
		before := len(p.view.sales[table])
		p.view.sales[table] = slices.DeleteFunc(p.view.sales[table], func(r store.SalesRow) bool { return r.Key.Start < kept })
		if after := len(p.view.sales[table]); after == 0 || after == before {
			t.Fatalf("%s: %d of %d rows are left", table, after, before)
		}
	}
	if r := run(t, p.world()); !r.OK {
		t.Error(differences(r))
	}
}

// A log that was trimmed below what is committed proves what it still can, and
// says what it cannot.
func TestATrimmedLogProvesWhatItStillCan(t *testing.T) {
	p := newPlatform(t)
	for at, records := range p.log.records {
		if at.topic != event.TopicDeadLetters {
			p.log.records[at], p.log.starts[at] = records[len(records)/4:], int64(len(records)/4)
		}
	}
	r := run(t, p.world())
	if !r.OK {
		t.Fatal(differences(r))
	}
	if r.Cut.Since == nil || r.Invariants[0].Checked == 0 || r.Invariants[1].Checked == 0 {
		t.Errorf("since %v, checked %d rows and %d answers", r.Cut.Since, r.Invariants[0].Checked, r.Invariants[1].Checked)
	}
	for _, i := range []int{0, 2, 4} {
		if len(r.Invariants[i].Notes) == 0 {
			t.Errorf("%s: no note about what was trimmed", r.Invariants[i].Name)
		}
	}
	rows := p.view.sales[store.HourBySplit]
	rows[len(rows)-1].Sales.RevenueMinor++
	if r := run(t, p.world()); r.OK {
		t.Error("a cent in the last hour was not found")
	}
}

func TestALogThatWasCutBackOrLostIsFound(t *testing.T) {
	for name, damage := range map[string]func(*memoryLog){
		"cut back":     func(l *memoryLog) { l.records[orders] = l.records[orders][:3] },
		"lost unread":  func(l *memoryLog) { l.starts[orders] = int64(len(l.records[orders])) + 5 },
		"never booked": func(*memoryLog) {},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlatform(t)
			damage(p.log)
			if name == "never booked" {
				i := p.view.ledgerOf(orders)[0]
				p.view.ledger = slices.Delete(p.view.ledger, i, i+1)
			}
			if r := run(t, p.world()); !slices.Contains(failedIDs(r), 5) {
				t.Errorf("failed: %v\n%s", failedIDs(r), differences(r))
			}
		})
	}
}

func TestDifferencesAreBoundedAndCounted(t *testing.T) {
	p := newPlatform(t)
	for i := range p.view.sales[store.HourBySplit] {
		p.view.sales[store.HourBySplit][i].Sales.Orders += 7
	}
	v := run(t, p.world()).Invariants[0]
	keys := map[store.SalesKey]bool{}
	for _, row := range p.view.sales[store.HourBySplit] {
		keys[row.Key] = true
	}
	if len(v.Differences) != maxDifferences || v.Found != int64(len(keys)) {
		t.Errorf("%d listed, %d found of %d", len(v.Differences), v.Found, len(keys))
	}
}

func TestAReportIsJSON(t *testing.T) {
	r := run(t, newPlatform(t).world())
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, back); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnEndedContextIsAnError(t *testing.T) {
	p := newPlatform(t)
	ctx, cancel := context.WithCancel(t.Context())
	w := p.world()
	w.API.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		cancel()
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	if _, err := Run(ctx, w); err == nil {
		t.Error("no error")
	}
}

// resultOf is that of the last check of an invariant.
func resultOf(r Report, id int) (found Result) {
	for _, v := range r.Invariants {
		if v.ID == id {
			found = v
		}
	}
	return found
}
