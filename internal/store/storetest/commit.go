package storetest

import (
	"context"
	"errors"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

func cancelled(f *fixture) context.Context {
	ctx, cancel := context.WithCancel(f.Context())
	cancel()
	return ctx
}

var commitTests = map[string]func(*fixture){
	"increments of tasks and commits add up, in every table": func(f *fixture) {
		a, b := shopping(0), shopping(3)
		ea, eb := f.claim(a).Epoch, f.claim(b).Epoch
		for i := range int64(3) {
			f.commit(
				commit{Task: b, Epoch: eb, Spans: []store.Span{span(10*i, 10*i+10)}, Changes: orders(noon, "DE", 10)},
				commit{Task: a, Epoch: ea, Spans: []store.Span{span(10*i, 10*i+10)}, Changes: orders(noon, "DE", 1)},
			)
		}
		f.commit(commit{Task: b, Epoch: eb, Spans: []store.Span{span(30, 31)}, Changes: orders(noon, "FR", 1)})
		sum := store.Sales{Orders: 33, Units: 66, RevenueMinor: 33000}
		one := store.Sales{Orders: 1, Units: 2, RevenueMinor: 1000}
		both := sum
		both.Add(&one)
		f.equal(map[store.SalesKey]store.Sales{{Start: noon, Country: "DE"}: sum, {Start: noon, Country: "FR"}: one}, f.sales(store.MinuteByCountry))
		f.equal(map[store.SalesKey]store.Sales{{Start: noon, Category: "Books"}: both}, f.sales(store.MinuteByCategory))
		f.equal(map[store.SalesKey]store.Sales{
			{Start: noon, Country: "DE"}: sum, {Start: noon, Country: "DE", Category: "Books"}: sum,
			{Start: noon, Country: "FR"}: one, {Start: noon, Country: "FR", Category: "Books"}: one,
		}, f.sales(store.HourBySplit))
	},
	"every measure is kept": func(f *fixture) {
		task := shopping(0)
		s := store.Sales{
			Orders: 1, Units: 2, RevenueMinor: 1e15, Refunds: 4, UnitsReturned: 5, RefundedMinor: 6, TaxMinor: -7, ShippingMinor: 8,
		}
		c := store.NewChanges()
		country, category, hour := s, s, s
		c.MinuteByCountry[store.SalesKey{Start: noon, Country: "DE"}] = &country
		c.MinuteByCategory[store.SalesKey{Start: noon, Category: "Büro & Papier"}] = &category
		c.Hour[store.SalesKey{Start: noon, Country: "DE", Category: "Büro & Papier"}] = &hour
		f.commit(commit{Task: task, Epoch: f.claim(task).Epoch, Changes: c})
		f.equal(map[store.SalesKey]store.Sales{{Start: noon, Country: "DE"}: s}, f.sales(store.MinuteByCountry))
		f.equal(map[store.SalesKey]store.Sales{{Start: noon, Category: "Büro & Papier"}: s}, f.sales(store.MinuteByCategory))
		f.equal(map[store.SalesKey]store.Sales{{Start: noon, Country: "DE", Category: "Büro & Papier"}: s}, f.sales(store.HourBySplit))
	},
	"sales are stored under the lowest partition of the tasks that have some": func(f *fixture) {
		idle, low, high := shopping(0), shopping(2), shopping(7)
		other := store.TaskID{Family: store.Reference, Partition: 1}
		f.commit(
			commit{Task: high, Epoch: f.claim(high).Epoch, Changes: orders(noon, "DE", 1)},
			commit{Task: other, Epoch: f.claim(other).Epoch, Changes: product("p", 1, "e")},
			commit{Task: low, Epoch: f.claim(low).Epoch, Changes: orders(noon, "DE", 1)},
			commit{Task: idle, Epoch: f.claim(idle).Epoch, Changes: store.NewChanges()},
		)
		f.with(func(v store.View) {
			for row, err := range v.Sales(f.Context(), store.MinuteByCountry) {
				f.check(err)
				if row.Part != 2 {
					f.Errorf("part %d, want 2", row.Part)
				}
			}
		})
	},
	"a stale epoch is fenced: nothing of it is written, the others are": func(f *fixture) {
		stale, current := shopping(0), shopping(1)
		old := f.claim(stale).Epoch
		f.claim(stale)
		letter := letterAt(stale, 3)
		fenced, err := f.Commit(f.Context(), []commit{
			{Task: stale, Epoch: old, Spans: []store.Span{span(0, 5)}, Changes: orders(noon, "DE", 5), DeadLetters: []store.DeadLetter{letter}},
			{Task: current, Epoch: f.claim(current).Epoch, Spans: []store.Span{span(0, 7)}, Changes: orders(noon, "FR", 7)},
		})
		f.check(err)
		f.equal([]store.TaskID{stale}, fenced)
		f.equal(map[store.SalesKey]store.Sales{{Start: noon, Country: "FR"}: {Orders: 7, Units: 14, RevenueMinor: 7000}}, f.sales(store.MinuteByCountry))
		f.equal([]store.LedgerRow{{
			Task: current, Topic: event.TopicTransactions, Epoch: 1, Minute: f.clock.Now().Unix() / 60, From: 0, To: 7, Counts: store.Counts{Applied: 7},
		}}, f.ledger())
		f.equal(0, len(f.outbox(stale, 10)))
		_, positions := f.positions(stale)
		f.equal(0, len(positions))
	},
	"an epoch that never was is fenced, and so is a task that nobody claimed": func(f *fixture) {
		f.claim(shopping(0))
		batch := []commit{
			{Task: shopping(0), Epoch: 2, Spans: []store.Span{span(0, 5)}, Changes: orders(noon, "DE", 5)},
			{Task: shopping(1), Epoch: 0, Spans: []store.Span{span(0, 5)}, Changes: orders(noon, "DE", 5)},
		}
		fenced, err := f.Commit(f.Context(), batch)
		f.check(err)
		f.equal([]store.TaskID{shopping(0), shopping(1)}, fenced)
		f.equal(0, len(f.sales(store.MinuteByCountry)))
	},
	"a span that does not start at the position rolls everything back": func(f *fixture) {
		good, bad := shopping(0), shopping(1)
		eg, eb := f.claim(good).Epoch, f.claim(bad).Epoch
		f.commit(commit{Task: bad, Epoch: eb, Spans: []store.Span{span(0, 10)}})
		eb = f.claim(bad).Epoch
		for _, s := range []store.Span{
			span(9, 20), span(11, 20), span(0, 10), span(9, 20), span(11, 20), {Topic: "unheard_of", To: store.Position{Next: 1}},
		} {
			_, err := f.Commit(f.Context(), []commit{
				{Task: good, Epoch: eg, Spans: []store.Span{span(0, 5)}, Changes: orders(noon, "DE", 5), DeadLetters: []store.DeadLetter{letterAt(good, 3)}},
				{Task: bad, Epoch: eb, Spans: []store.Span{s}, Changes: orders(noon, "DE", 5)},
			})
			if !errors.Is(err, store.ErrConflict) {
				f.Errorf("span from %d of %s: error %v, want %v", s.From, s.Topic, err, store.ErrConflict)
			}
			f.clock.move(20 * time.Second) // the same minute of the ledger, and later ones
		}
		f.equal(0, len(f.sales(store.MinuteByCountry)))
		f.equal(0, len(f.outbox(good, 10)))
		f.equal(1, len(f.ledger()))
		_, positions := f.positions(good)
		f.equal(0, len(positions))
	},
	"a topic never read may begin anywhere": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		f.commit(commit{Task: task, Epoch: epoch, Spans: []store.Span{span(500, 510)}})
		f.commit(commit{Task: task, Epoch: epoch, Spans: []store.Span{span(510, 511)}})
		_, positions := f.positions(task)
		f.equal(int64(511), positions[event.TopicTransactions].Next)
	},
	"changes are as they were after a commit that failed, so that it can be tried again": func(f *fixture) {
		a, b := shopping(0), shopping(1)
		ea, eb := f.claim(a).Epoch, f.claim(b).Epoch
		f.commit(commit{Task: b, Epoch: eb, Spans: []store.Span{span(0, 10)}})
		batch := []commit{
			{Task: a, Epoch: ea, Spans: []store.Span{span(0, 5)}, Changes: orders(noon, "DE", 5)},
			{Task: b, Epoch: eb, Spans: []store.Span{span(0, 5)}, Changes: orders(noon, "DE", 5)},
		}
		if _, err := f.Commit(f.Context(), batch); !errors.Is(err, store.ErrConflict) {
			f.Fatalf("error %v, want %v", err, store.ErrConflict)
		}
		f.equal(orders(noon, "DE", 5), batch[0].Changes)
		f.equal(orders(noon, "DE", 5), batch[1].Changes)
	},
	"an empty batch and a commit without spans or changes do nothing": func(f *fixture) {
		f.commit()
		f.commit(commit{Task: shopping(0), Epoch: f.claim(shopping(0)).Epoch})
		f.equal(0, len(f.ledger()))
	},
	"latest values are written without spans": func(f *fixture) {
		task := store.TaskID{Family: store.Reference}
		f.commit(commit{Task: task, Epoch: f.claim(task).Epoch, Changes: product("p", 1, "e")})
		_, err := f.Product(f.Context(), "p")
		f.check(err)
	},
	"the ledger has one row a minute and epoch, contiguous, and its counts add up": func(f *fixture) {
		task := shopping(0)
		var next int64
		var want store.Counts
		for range 3 { // epochs
			epoch := f.claim(task).Epoch
			for range 5 { // minutes
				for range 4 {
					s := span(next, next+10)
					s.Counts = store.Counts{Applied: 5, Duplicate: 3, Dead: 1, TooOld: 1}
					f.commit(commit{Task: task, Epoch: epoch, Spans: []store.Span{s}})
					want.Add(s.Counts)
					next += 10
				}
				f.clock.move(time.Minute)
			}
		}
		rows := f.ledger()
		f.equal(15, len(rows))
		var got store.Counts
		var at int64
		for i, row := range rows {
			if row.From != at {
				f.Errorf("row %d starts at %d, the one before ends at %d", i, row.From, at)
			}
			if row.Epoch != int64(i/5)+1 {
				f.Errorf("row %d has epoch %d", i, row.Epoch)
			}
			at = row.To
			got.Add(row.Counts)
		}
		f.equal(next, at)
		f.equal(want, got)
	},
	"a clock that is set back does not break the ledger": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		var next int64
		for _, move := range []time.Duration{0, time.Minute, -time.Minute, -time.Hour, 2 * time.Minute, 2 * time.Hour} {
			f.clock.move(move)
			f.commit(commit{Task: task, Epoch: epoch, Spans: []store.Span{span(next, next+1)}})
			next++
		}
		var at int64
		for _, row := range f.ledger() {
			f.equal(at, row.From)
			at = row.To
		}
		f.equal(next, at)
	},
	"many tasks, topics and rows fit into one commit": func(f *fixture) {
		var batch []commit
		for p := range int32(40) {
			for _, family := range store.Families {
				task := store.TaskID{Family: family, Partition: p}
				c := commit{Task: task, Epoch: f.claim(task).Epoch, Changes: store.NewChanges()}
				for _, topic := range family.Topics() {
					c.Spans = append(c.Spans, store.Span{Topic: topic, To: store.Position{Next: 3}, Counts: store.Counts{Applied: 3}})
				}
				for i := range 30 {
					at := noon + event.Time(i)*60_000
					c.Changes.MinuteByCountry[store.SalesKey{Start: at, Country: "DE"}] = &store.Sales{Orders: 1}
				}
				batch = append(batch, c)
			}
		}
		f.commit(batch...)
		f.equal(2*40*3, len(f.ledger()))
		sums := f.sales(store.MinuteByCountry)
		f.equal(30, len(sums))
		f.equal(store.Sales{Orders: 80}, sums[store.SalesKey{Start: noon, Country: "DE"}])
		f.with(func(v store.View) {
			positions, err := v.Positions(f.Context())
			f.check(err)
			f.equal(2*40*3, len(positions))
		})
	},
	"as of is the highest record time and the last commit": func(f *fixture) {
		a, err := f.AsOf(f.Context())
		f.check(err)
		f.equal(store.AsOf{}, a)
		task := shopping(0)
		epoch := f.claim(task).Epoch
		s := span(0, 1)
		s.To.LastTime = noon
		f.commit(commit{Task: task, Epoch: epoch, Spans: []store.Span{s}})
		f.clock.move(time.Minute)
		s = store.Span{Topic: event.TopicCartEvents, To: store.Position{Next: 1, LastTime: noon - 5}}
		f.commit(commit{Task: task, Epoch: epoch, Spans: []store.Span{s}})
		a, err = f.AsOf(f.Context())
		f.check(err)
		f.equal(store.AsOf{RecordTime: noon, Committed: event.TimeOf(f.clock.Now())}, a)
	},
}
