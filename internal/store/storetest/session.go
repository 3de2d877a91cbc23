package storetest

import (
	"fmt"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// visits commits sessions of visitors v0 to v9 that start a minute after each
// other from noon on, and returns them.
func (f *fixture) visits() []store.SessionRow {
	f.Helper()
	c := store.NewChanges()
	var rows []store.SessionRow
	for i := range int64(10) {
		start := noon + event.Time(i)*minute
		r := store.SessionRow{
			Key:     store.SessionKey{VisitorID: fmt.Sprint("v", i), Start: start},
			Session: store.Session{End: start + event.Time(i)*1000, Country: "DE", Events: i + 1, Views: i, Adds: i / 2, Checkouts: i / 4, Orders: i / 8, Units: i / 8, RevenueMinor: event.Minor(100 * (i / 8))},
		}
		if i%2 > 0 {
			r.Session.Country = ""
		}
		c.Sessions[r.Key] = &r.Session
		rows = append(rows, r)
	}
	f.commit(commit{Task: shopping(0), Epoch: f.claim(shopping(0)).Epoch, Changes: c})
	return rows
}

var sessionTests = map[string]func(*fixture){
	"a session is kept whole, replaced, moved and taken back": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		put := func(rows map[store.SessionKey]*store.Session) {
			c := store.NewChanges()
			c.Sessions = rows
			f.commit(commit{Task: task, Epoch: epoch, Changes: c})
		}
		first, moved := store.SessionKey{VisitorID: "v", Start: noon}, store.SessionKey{VisitorID: "v", Start: noon - 1}
		s := store.Session{
			End: noon + 5, UserID: "u", Country: "DE", Device: "Gerät", Events: 1 << 40, Views: 2, Adds: 3, Checkouts: 4, Orders: 5, Units: 6, RevenueMinor: 1e15,
		}
		put(map[store.SessionKey]*store.Session{first: &s})
		f.equal(map[store.SessionKey]store.Session{first: s}, f.tables("").Sessions)
		longer := s
		longer.End, longer.UserID = noon+9, ""
		for range 2 {
			put(map[store.SessionKey]*store.Session{first: &longer})
			f.equal(map[store.SessionKey]store.Session{first: longer}, f.tables("").Sessions)
		}
		for range 2 {
			put(map[store.SessionKey]*store.Session{first: nil, moved: &longer})
			f.equal(map[store.SessionKey]store.Session{moved: longer}, f.tables("").Sessions)
		}
		put(map[store.SessionKey]*store.Session{moved: nil})
		f.equal(0, len(f.tables("").Sessions))
	},
	"many are taken back at once, and others of their time stay": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		all, gone := store.NewChanges(), store.NewChanges()
		for i := range 500 {
			k := store.SessionKey{VisitorID: fmt.Sprint("v", i), Start: noon + event.Time(i%7)}
			all.Sessions[k] = &store.Session{Events: 1}
			if i%3 > 0 {
				gone.Sessions[k] = nil
			}
		}
		f.commit(commit{Task: task, Epoch: epoch, Changes: all})
		f.commit(commit{Task: task, Epoch: epoch, Changes: gone})
		all.Merge(gone)
		f.equal(said(all).Sessions, f.tables("").Sessions)
	},
	"pages are of the newest first": func(f *fixture) {
		rows := f.visits()
		var got []store.SessionRow
		q := store.SessionQuery{From: noon + minute, To: noon + 8*minute, Limit: 3}
		for {
			page, err := f.SessionList(f.Context(), q)
			f.check(err)
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
			q.Before = page[len(page)-1].Key
		}
		f.equal(7, len(got))
		for i, r := range got {
			f.equal(rows[7-i], r)
		}
		page, err := f.SessionList(f.Context(), store.SessionQuery{Limit: 1})
		f.check(err)
		f.equal(rows[9:], page)
	},
	"totals": func(f *fixture) {
		f.visits()
		got, err := f.SessionTotals(f.Context(), noon, noon+9*minute, "")
		f.check(err)
		f.equal(store.SessionTotals{
			Sessions: 9, Events: 45, Views: 36, Orders: 1, Units: 1, RevenueMinor: 100, Duration: 36 * time.Second,
			Bounced: 1, WithView: 8, WithAdd: 7, WithCheckout: 5, WithOrder: 1, ReachedAdd: 7, ReachedCheckout: 5, ReachedOrder: 1,
		}, got)
		got, err = f.SessionTotals(f.Context(), noon+minute, 0, "DE")
		f.check(err)
		f.equal(int64(4), got.Sessions)
		got, err = f.SessionTotals(f.Context(), noon+hour, 0, "")
		f.check(err)
		f.equal(store.SessionTotals{}, got)
	},
	"the funnel counts what a session did, and what it reached": func(f *fixture) {
		c := store.NewChanges()
		var did, reached [4]int64
		for i := range int64(16) {
			s := store.Session{End: noon, Events: 4, Views: i & 1, Adds: i >> 1 & 1, Checkouts: i >> 2 & 1, Orders: i >> 3}
			c.Sessions[store.SessionKey{VisitorID: fmt.Sprint("v", i), Start: noon}] = &s
			for step, name := range store.FunnelSteps {
				if s.Did(name) {
					did[step]++
				}
				if s.Reached() > step {
					reached[step]++
				}
			}
		}
		f.commit(commit{Task: shopping(0), Epoch: f.claim(shopping(0)).Epoch, Changes: c})
		got, err := f.SessionTotals(f.Context(), 0, 0, "")
		f.check(err)
		f.equal(did, [4]int64{got.WithView, got.WithAdd, got.WithCheckout, got.WithOrder})
		f.equal(reached, [4]int64{got.WithView, got.ReachedAdd, got.ReachedCheckout, got.ReachedOrder})
	},
	"what is open adds up over tasks, as of the earliest clock": func(f *fixture) {
		got, err := f.OpenTotals(f.Context())
		f.check(err)
		f.equal(store.Open{}, got)
		for i := range int64(3) { // the last one replaces the ones before
			var batch []commit
			for p := range int32(2) {
				c := store.NewChanges()
				c.Open[p] = &store.Open{Sessions: i, SessionEvents: 10 * i, Carts: 2, CartValueMinor: -5, Clock: noon + event.Time(p)}
				batch = append(batch, commit{Task: shopping(p), Epoch: f.claim(shopping(p)).Epoch, Changes: c})
			}
			f.commit(batch...)
		}
		got, err = f.OpenTotals(f.Context())
		f.check(err)
		f.equal(store.Open{Sessions: 4, SessionEvents: 40, Carts: 4, CartValueMinor: -10, Clock: noon}, got)
	},
	"pruning takes those that started before": func(f *fixture) {
		rows := f.visits()
		n, err := f.PruneSessions(f.Context(), noon+8*minute)
		f.check(err)
		f.equal(int64(8), n)
		f.equal(map[store.SessionKey]store.Session{rows[8].Key: rows[8].Session, rows[9].Key: rows[9].Session}, f.tables("").Sessions)
	},
}
