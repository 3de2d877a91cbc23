package storetest

import (
	"fmt"
	"strings"
	"sync"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

var claimTests = map[string]func(*fixture){
	"a new task begins at epoch 1 without positions": func(f *fixture) {
		f.equal(store.Claim{Epoch: 1, PrevEpoch: 0, Positions: map[string]store.Position{}}, f.claim(shopping(0)))
	},
	"every claim raises the epoch, of its own task only": func(f *fixture) {
		f.claim(shopping(0))
		f.claim(shopping(0))
		if c := f.claim(shopping(0)); c.Epoch != 3 || c.PrevEpoch != 2 {
			f.Errorf("third claim: epoch %d after %d, want 3 after 2", c.Epoch, c.PrevEpoch)
		}
		reference := store.TaskID{Family: store.Reference}
		if c := f.claim(reference); c.Epoch != 1 {
			f.Errorf("first claim of %s: epoch %d", reference, c.Epoch)
		}
	},
	"a claim reads what is committed, with all 64 bits of the hash": func(f *fixture) {
		task := shopping(0)
		c := f.claim(task)
		want := map[string]store.Position{
			event.TopicTransactions: {Next: 7, LastHash: 1<<64 - 1, LastTime: noon},
			event.TopicCartEvents:   {Next: 1 << 40, LastHash: 1 << 63, LastTime: noon + 1},
		}
		f.commit(commit{Task: task, Epoch: c.Epoch, Spans: []store.Span{
			{Topic: event.TopicTransactions, From: 0, To: want[event.TopicTransactions]},
			{Topic: event.TopicCartEvents, From: 0, To: want[event.TopicCartEvents]},
		}})
		f.equal(want, f.claim(task).Positions)
	},
	"after a claim the earlier owner cannot move what the claim read": func(f *fixture) {
		task := shopping(0)
		old := f.claim(task)
		f.commit(commit{Task: task, Epoch: old.Epoch, Spans: []store.Span{span(0, 10)}})
		c := f.claim(task)
		if _, err := f.Commit(f.Context(), []commit{{Task: task, Epoch: old.Epoch, Spans: []store.Span{span(10, 20)}}}); err != nil {
			f.Fatal(err)
		}
		epoch, positions := f.positions(task)
		if epoch != c.Epoch {
			f.Errorf("epoch %d, want %d", epoch, c.Epoch)
		}
		f.equal(c.Positions, positions)
	},
	"a claim beside an owner that commits reads what that leaves for good": func(f *fixture) {
		task := shopping(0)
		owner := f.claim(task)
		for range 20 {
			begun, left := make(chan struct{}), make(chan int64)
			go func() { left <- f.commitUntilFenced(task, owner, begun) }()
			<-begun
			next := f.claim(task)
			f.equal(<-left, next.Positions[event.TopicTransactions].Next)
			owner = next
		}
	},
	"a task that nobody claimed has epoch 0 and no positions": func(f *fixture) {
		epoch, positions := f.positions(shopping(5))
		if epoch != 0 || len(positions) != 0 {
			f.Errorf("epoch %d, positions %v", epoch, positions)
		}
	},
	"a cancelled call says so and changes nothing": func(f *fixture) {
		ctx := cancelled(f)
		if _, err := f.Claim(ctx, shopping(0), "owner"); err == nil || !strings.Contains(err.Error(), ctx.Err().Error()) {
			f.Errorf("error %v, want %v", err, ctx.Err())
		}
		if c := f.claim(shopping(0)); c.Epoch != 1 {
			f.Errorf("epoch %d after a cancelled claim, want 1", c.Epoch)
		}
	},
	"the view shows the owner of each task": func(f *fixture) {
		want := []store.TaskRow{
			{Task: store.TaskID{Family: store.Reference, Partition: 1}, Epoch: 1, Owner: "owner 0"},
			{Task: shopping(0), Epoch: 2, Owner: "owner 2"},
		}
		for i, task := range []store.TaskID{want[0].Task, shopping(0), shopping(0)} {
			_, err := f.Claim(f.Context(), task, fmt.Sprintf("owner %d", i))
			f.check(err)
		}
		f.with(func(v store.View) {
			got, err := v.Tasks(f.Context())
			f.check(err)
			f.equal(want, got)
		})
	},
}

// commitUntilFenced commits one record after the other until the claim is not the
// newest, and returns where that leaves the position. It closes begun once it has
// tried.
func (f *fixture) commitUntilFenced(task store.TaskID, c store.Claim, begun chan<- struct{}) int64 {
	next := c.Positions[event.TopicTransactions].Next
	for begin := sync.OnceFunc(func() { close(begun) }); ; begin() {
		fenced, err := f.Commit(f.Context(), []commit{{Task: task, Epoch: c.Epoch, Spans: []store.Span{span(next, next+1)}}})
		switch {
		case transient(err) != nil:
			f.Error(err)
			begin()
			return next
		case len(fenced) > 0:
			return next
		case err == nil:
			next++
		}
	}
}
