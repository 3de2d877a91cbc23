package storetest

import (
	"errors"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// letterAt is a dead letter of the transactions.
func letterAt(task store.TaskID, offset int64) store.DeadLetter {
	return store.DeadLetter{
		Topic: event.TopicTransactions, Partition: task.Partition, Offset: offset, Time: noon,
		Reason: event.BadAmount, Field: "items[0].quantity", Detail: "want ≥ 1", Key: []byte("k"), Value: []byte{0, 0xff, '{'},
	}
}

func (f *fixture) outbox(task store.TaskID, limit int) []store.DeadLetter {
	f.Helper()
	letters, err := f.Outbox(f.Context(), task, limit)
	f.check(err)
	return letters
}

// kill commits dead letters.
func (f *fixture) kill(task store.TaskID, epoch int64, letters ...store.DeadLetter) {
	f.Helper()
	f.commit(commit{Task: task, Epoch: epoch, DeadLetters: letters})
}

var deadLetterTests = map[string]func(*fixture){
	"a dead letter comes back as it was": func(f *fixture) {
		task := shopping(1)
		epoch := f.claim(task).Epoch
		want := []store.DeadLetter{letterAt(task, 5), letterAt(task, 6), letterAt(task, 7)}
		want[1].Key, want[1].Value, want[1].Field = nil, nil, ""
		want[2].Value = make([]byte, event.MaxRecordBytes)
		f.kill(task, epoch, want...)
		f.equal(want, f.outbox(task, 10))
		f.with(func(v store.View) {
			var all []store.DeadLetter
			for d, err := range v.DeadLetters(f.Context()) {
				f.check(err)
				all = append(all, d)
			}
			f.equal(want, all)
		})
	},
	"committing one again keeps the first, sent or not": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		first := letterAt(task, 5)
		again := first
		again.Detail = "other"
		f.kill(task, epoch, first)
		f.kill(task, epoch, again)
		f.equal([]store.DeadLetter{first}, f.outbox(task, 10))
		f.check(f.MarkSent(f.Context(), task, epoch, []store.DeadLetter{first}))
		f.kill(task, epoch, again)
		f.equal(0, len(f.outbox(task, 10)))
	},
	"the outbox is by topic and offset, of its task only, and limited": func(f *fixture) {
		task, other := shopping(0), shopping(1)
		epoch := f.claim(task).Epoch
		cart := letterAt(task, 3)
		cart.Topic = event.TopicCartEvents
		want := []store.DeadLetter{cart, letterAt(task, 2), letterAt(task, 10)}
		f.kill(task, epoch, want[2], want[1], want[0])
		f.kill(other, f.claim(other).Epoch, letterAt(other, 1))
		f.equal(want, f.outbox(task, 10))
		f.equal(want[:2], f.outbox(task, 2))
		f.equal(0, len(f.outbox(shopping(2), 10)))
	},
	"what is marked as sent leaves the outbox and stays in the store": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		var letters []store.DeadLetter
		for i := range int64(230) {
			letters = append(letters, letterAt(task, i))
		}
		f.kill(task, epoch, letters...)
		f.check(f.MarkSent(f.Context(), task, epoch, letters[:229]))
		f.check(f.MarkSent(f.Context(), task, epoch, letters[:229]))
		f.check(f.MarkSent(f.Context(), task, epoch, nil))
		f.equal(letters[229:], f.outbox(task, 500))
		f.with(func(v store.View) {
			var unsent []store.DeadLetter
			for d, err := range v.Unsent(f.Context()) {
				f.check(err)
				unsent = append(unsent, d)
			}
			f.equal(letters[229:], unsent)
			n := 0
			for _, err := range v.DeadLetters(f.Context()) {
				f.check(err)
				n++
			}
			f.equal(230, n)
		})
	},
	"an earlier owner cannot mark": func(f *fixture) {
		task := shopping(0)
		old := f.claim(task).Epoch
		f.kill(task, old, letterAt(task, 1))
		f.claim(task)
		if err := f.MarkSent(f.Context(), task, old, f.outbox(task, 1)); !errors.Is(err, store.ErrFenced) {
			f.Errorf("error %v, want %v", err, store.ErrFenced)
		}
		f.equal(1, len(f.outbox(task, 10)))
	},
	"the list is by time, the newest first, in pages, of a topic and a reason": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		letters := []store.DeadLetter{letterAt(task, 4), letterAt(task, 3), letterAt(task, 2), letterAt(task, 1)}
		letters[0].Time += 2000
		letters[1].Time += 1000
		letters[2].Reason = event.NoRate
		letters[3].Topic = event.TopicCartEvents
		f.kill(task, epoch, letters...)
		list := func(q store.DeadLetterQuery) []store.DeadLetter {
			f.Helper()
			found, err := f.DeadLetterList(f.Context(), q)
			f.check(err)
			return found
		}
		f.equal(letters, list(store.DeadLetterQuery{Limit: 10}))
		f.equal(letters[:2], list(store.DeadLetterQuery{Limit: 2}))
		last := letters[1].Place()
		f.equal(letters[2:], list(store.DeadLetterQuery{Limit: 2, Before: &last}))
		f.equal(letters[2:3], list(store.DeadLetterQuery{Limit: 10, Reason: event.NoRate}))
		f.equal(letters[3:], list(store.DeadLetterQuery{Limit: 10, Topic: event.TopicCartEvents}))
		f.equal(0, len(list(store.DeadLetterQuery{Limit: 10, Topic: event.TopicCartEvents, Reason: event.NoRate})))
	},
	"one is found by its record, all are counted": func(f *fixture) {
		task := shopping(1)
		epoch := f.claim(task).Epoch
		want, other := letterAt(task, 5), letterAt(task, 6)
		other.Reason = event.NoRate
		f.kill(task, epoch, want, letterAt(task, 7), other)
		got, err := f.DeadLetter(f.Context(), want.Topic, want.Partition, want.Offset)
		f.check(err)
		f.equal(want, got)
		if _, err := f.DeadLetter(f.Context(), want.Topic, want.Partition, 8); !errors.Is(err, store.ErrNotFound) {
			f.Errorf("error %v, want %v", err, store.ErrNotFound)
		}
		counts, err := f.DeadLetterCounts(f.Context())
		f.check(err)
		f.equal([]store.DeadLetterCount{
			{Topic: event.TopicTransactions, Reason: event.BadAmount, Letters: 2}, {Topic: event.TopicTransactions, Reason: event.NoRate, Letters: 1},
		}, counts)
	},
	"they are counted by the hour": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		hour := event.TimeOf(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))
		letters := []store.DeadLetter{letterAt(task, 1), letterAt(task, 2), letterAt(task, 3), letterAt(task, 4), letterAt(task, 5)}
		next := hour.Add(time.Hour)
		for i, at := range []event.Time{hour - 1, hour, next - 1, next, next} {
			letters[i].Time = at
		}
		letters[4].Reason = event.NoRate
		f.kill(task, epoch, letters...)
		hours, err := f.DeadLetterHours(f.Context(), hour)
		f.check(err)
		f.equal([]store.DeadLetterHour{
			{Start: hour, Reason: event.BadAmount, Letters: 2},
			{Start: next, Reason: event.BadAmount, Letters: 1},
			{Start: next, Reason: event.NoRate, Letters: 1},
		}, hours)
	},
}
