package storetest

import (
	"fmt"

	"globalmart/internal/store"
)

// fencedRows commits every kind of row under a stale epoch.
func fencedRows(f *fixture) {
	stale := shopping(0)
	old := f.claim(stale).Epoch
	f.claim(stale)
	c := everyRow("x-")
	fenced, err := f.Commit(f.Context(), []commit{{Task: stale, Epoch: old, Changes: c}})
	f.check(err)
	f.equal([]store.TaskID{stale}, fenced)
	f.equal(said(store.NewChanges()), f.tables(""))
}

// everyRow is a set of changes with a row of each table, whose ids have prefix.
func everyRow(prefix string) *store.Changes {
	c := stock(prefix+"p", store.Stock{Sold: 1})
	c.Merge(cartChanges(prefix+"c", noon))
	c.Merge(orderChanges(prefix+"c", "t", noon+1))
	c.Sessions[store.SessionKey{VisitorID: prefix + "v", Start: noon}] = &store.Session{End: noon, Events: 1}
	c.Findings[store.FindingKey{EventID: prefix + "e", Rule: store.Velocity}] = &store.Finding{At: noon}
	c.Baselines[store.BaselineKey{Category: prefix + "Books", Measure: store.MeasureQuantity}] = &store.Baseline{Samples: 32}
	c.Open[0] = &store.Open{Sessions: 1}
	return c
}

var rowTests = map[string]func(*fixture){
	"a fenced task writes nothing": fencedRows,
	"a commit that fails writes nothing, and leaves its changes as they were": func(f *fixture) {
		a, b := shopping(0), shopping(1)
		ea, eb := f.claim(a).Epoch, f.claim(b).Epoch
		f.commit(commit{Task: b, Epoch: eb, Spans: []store.Span{span(0, 10)}})
		batch := []commit{{Task: a, Epoch: ea, Changes: everyRow("a-")}, {Task: b, Epoch: eb, Spans: []store.Span{span(5, 20)}, Changes: everyRow("b-")}}
		if _, err := f.Commit(f.Context(), batch); err == nil {
			f.Error("no error")
		}
		f.equal(said(store.NewChanges()), f.tables(""))
		f.equal(everyRow("a-"), batch[0].Changes)
		f.equal(everyRow("b-"), batch[1].Changes)
	},
	"rows of several tasks in one commit": func(f *fixture) {
		want := store.NewChanges()
		var batch []commit
		for p := range int32(5) {
			task := shopping(p)
			c := everyRow(fmt.Sprint(p, "-"))
			c.Open = map[int32]*store.Open{p: {Sessions: int64(p)}}
			c.Merge(stock("shared", store.Stock{Returned: 1}))
			want.Merge(c)
			batch = append(batch, commit{Task: task, Epoch: f.claim(task).Epoch, Changes: c})
		}
		f.commit(batch...)
		f.equal(said(want), f.tables(""))
	},
	"a view does not change while commits go on": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		f.commit(commit{Task: task, Epoch: epoch, Changes: everyRow("a-")})
		f.with(func(v store.View) {
			f.commit(commit{Task: task, Epoch: epoch, Changes: everyRow("b-")})
			ctx := f.Context()
			f.equal([]int{1, 1, 1, 1, 1, 1, 1}, []int{
				count(f, v.Stock(ctx)), count(f, v.Sessions(ctx)), count(f, v.Carts(ctx)), count(f, v.CartOrders(ctx)),
				count(f, v.Findings(ctx)), count(f, v.Baselines(ctx)), count(f, v.Open(ctx)),
			})
		})
	},
}
