package storetest

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"globalmart/internal/store"
)

var concurrencyTests = map[string]func(*fixture){
	"owners that fence each other leave a consistent store, in every view on the way": func(f *fixture) {
		var writers, readers sync.WaitGroup
		var done atomic.Bool
		for i := range uint64(4) {
			writers.Go(func() {
				l := &Load{Store: f.Damageable, Rand: rand.New(rand.NewPCG(i, 0)), Tasks: 3}
				for range 60 {
					if _, err := l.Step(f.Context()); err != nil {
						f.Error(err)
						return
					}
				}
			})
		}
		readers.Go(func() {
			var before int64
			for !done.Load() {
				v, err := f.View(f.Context())
				if err != nil {
					f.Error(err)
					return
				}
				n, err := Consistent(f.Context(), v)
				if err != nil {
					f.Error(err)
				}
				if n < before {
					f.Errorf("%d records after %d", n, before)
				}
				before = n
				if err := v.Close(); err != nil {
					f.Error(err)
				}
			}
		})
		writers.Wait()
		done.Store(true)
		readers.Wait()
		f.with(func(v store.View) {
			n, err := Consistent(f.Context(), v)
			f.check(err)
			if n == 0 {
				f.Error("nothing was committed")
			}
		})
	},
	"claims at the same time get different epochs": func(f *fixture) {
		var epochs sync.Map
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				c, err := f.Claim(f.Context(), shopping(0), "owner")
				if err != nil {
					f.Error(err)
				}
				if _, twice := epochs.LoadOrStore(c.Epoch, true); twice {
					f.Errorf("epoch %d twice", c.Epoch)
				}
			})
		}
		all.Wait()
		f.equal(int64(17), f.claim(shopping(0)).Epoch)
	},
	"closing again does nothing, and a closed store fails without hanging": func(f *fixture) {
		f.check(f.Close())
		f.check(f.Close())
		if _, err := f.Claim(f.Context(), shopping(0), "owner"); err == nil {
			f.Error("claim: no error")
		}
		if _, err := f.SalesWindows(f.Context(), store.SalesQuery{Granularity: store.Minute}); err == nil {
			f.Error("windows: no error")
		}
		if _, err := f.View(f.Context()); err == nil {
			f.Error("view: no error")
		}
	},
}
