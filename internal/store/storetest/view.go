package storetest

import "globalmart/internal/store"

var viewTests = map[string]func(*fixture){
	"a view does not change while commits go on": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		next := func(from int64) {
			f.commit(commit{
				Task: task, Epoch: epoch, Spans: []store.Span{span(from, from+1)}, Changes: orders(noon, "DE", 1),
				DeadLetters: []store.DeadLetter{letterAt(task, from)},
			})
		}
		next(0)
		v, err := f.View(f.Context())
		f.check(err)
		defer v.Close()
		for i := range int64(20) {
			next(i + 1)
			positions, err := v.Positions(f.Context())
			f.check(err)
			f.equal(int64(1), positions[0].Position.Next)
			for row, err := range v.Ledger(f.Context()) {
				f.check(err)
				f.equal(int64(1), row.To)
			}
			for row, err := range v.Sales(f.Context(), store.MinuteByCountry) {
				f.check(err)
				f.equal(int64(1), row.Sales.Orders)
			}
			n := 0
			for _, err := range v.DeadLetters(f.Context()) {
				f.check(err)
				n++
			}
			f.equal(1, n)
		}
		f.claim(task)
		tasks, err := v.Tasks(f.Context())
		f.check(err)
		f.equal(epoch, tasks[0].Epoch)
		f.check(v.Close())
		f.check(v.Close())
		f.with(func(v store.View) {
			positions, err := v.Positions(f.Context())
			f.check(err)
			f.equal(int64(21), positions[0].Position.Next)
		})
	},
	"an iteration can be left early and made again": func(f *fixture) {
		f.fill()
		f.with(func(v store.View) {
			for range 3 {
				for row, err := range v.Sales(f.Context(), store.HourBySplit) {
					f.check(err)
					f.equal(store.SalesKey{Start: noon, Country: "DE"}, row.Key)
					break
				}
			}
		})
	},
	"a closed view yields an error": func(f *fixture) {
		v, err := f.View(f.Context())
		f.check(err)
		f.check(v.Close())
		n := 0
		for _, err := range v.Ledger(f.Context()) {
			n++
			if err == nil {
				f.Error("no error")
			}
		}
		f.equal(1, n)
	},
	"several views are open at once": func(f *fixture) {
		for range 10 {
			v, err := f.View(f.Context())
			f.check(err)
			defer v.Close()
		}
		f.claim(shopping(0))
	},
}
