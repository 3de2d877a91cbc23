package storetest

import (
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// commitMinutes commits one span of ten transactions a minute, for n minutes from
// offset next on, and returns the next offset.
func (f *fixture) commitMinutes(task store.TaskID, epoch, next int64, n int) int64 {
	f.Helper()
	for range n {
		s := span(next, next+10)
		s.Counts = store.Counts{Applied: 4, Duplicate: 3, Dead: 2, TooOld: 1}
		f.commit(commit{Task: task, Epoch: epoch, Spans: []store.Span{s}})
		next += 10
		f.clock.move(time.Minute)
	}
	return next
}

func (f *fixture) foldLedger(before event.Time) int64 {
	f.Helper()
	n, err := f.FoldLedger(f.Context(), before)
	f.check(err)
	return n
}

func (f *fixture) time() event.Time { return event.TimeOf(f.clock.Now()) }

var ledgerTests = map[string]func(*fixture){
	"old rows are folded into one that says what they said together": func(f *fixture) {
		task, other := shopping(0), shopping(1)
		otherEpoch := f.claim(other).Epoch
		f.commitMinutes(other, otherEpoch, 0, 1)
		next := int64(0)
		for range 3 { // epochs
			next = f.commitMinutes(task, f.claim(task).Epoch, next, 5)
		}
		before := f.ledger()
		f.equal(1+15, len(before))
		cut := f.time().Add(-3 * time.Minute) // in the middle of a minute, which stays
		f.equal(int64(11), f.foldLedger(cut))

		base := before[11]
		base.From = 0
		base.Counts = store.Counts{Applied: 48, Duplicate: 36, Dead: 24, TooOld: 12}
		f.equal(append([]store.LedgerRow{base}, before[12:]...), f.ledger())
		f.equal(int64(0), f.foldLedger(cut))

		f.equal(int64(3), f.foldLedger(f.time()))
		last := before[14]
		last.From = 0
		last.Counts = store.Counts{Applied: 60, Duplicate: 45, Dead: 30, TooOld: 15}
		f.equal([]store.LedgerRow{last, before[15]}, f.ledger())
	},
	"commits go on after the base row": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		next := f.commitMinutes(task, epoch, 0, 3)
		f.equal(int64(2), f.foldLedger(f.time().Add(time.Hour)))
		f.clock.move(-time.Hour) // back: the next commit is of the base row's minute
		next = f.commitMinutes(task, epoch, next, 1)
		f.clock.move(2 * time.Hour)
		f.commitMinutes(task, epoch, next, 1)
		rows := f.ledger()
		if len(rows) != 2 {
			f.Fatalf("rows %+v, want the base row and a new one", rows)
		}
		f.equal(int64(0), rows[0].From)
		f.equal(int64(40), rows[0].To)
		f.equal(int64(16), rows[0].Counts.Applied)
		f.equal(int64(40), rows[1].From)
	},
	"nothing is old enough": func(f *fixture) {
		task := shopping(0)
		f.commitMinutes(task, f.claim(task).Epoch, 0, 3)
		before := f.ledger()
		f.equal(int64(0), f.foldLedger(f.time().Add(-time.Hour)))
		f.equal(before, f.ledger())
	},
}
