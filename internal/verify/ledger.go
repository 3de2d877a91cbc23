package verify

import (
	"context"
	"fmt"

	"globalmart/internal/store"
)

// checkDispositions is invariant 2: each record read has one disposition, and
// for every ledger row the recomputed counts are those that were committed and
// add up to the offsets it covers. A run of offsets without a record is an error.
// That the rows cover the log without gap or overlap is invariant 5.
func checkDispositions(_ context.Context, e *evidence, r *Result) error {
	for _, p := range e.parts {
		r.Checked += p.read
		for _, g := range p.gaps {
			r.differ(fmt.Sprintf("%s@%d", p.place, g.from), "records in the log", g.to-g.from, 0)
		}
		if p.counts.Total() != p.read {
			r.differ(p.place.String(), "dispositions", p.read, p.counts.Total())
		}
		skipped := int64(0)
		for _, row := range p.ledger {
			name := fmt.Sprintf("%s@%d..%d epoch %d", p.place, row.From, row.To, row.Epoch)
			if missing := row.To - row.From - row.Counts.Total(); missing < 0 || missing > e.lost(p.place, row.From, row.To) {
				r.differ(name, "records", row.To-row.From, row.Counts.Total())
			}
			if row.To > p.end {
				continue // there is no such record: invariant 5 says so
			}
			if row.From < p.exact {
				skipped += row.To - row.From
				continue
			}
			want := difference(p.below(row.To), p.below(row.From))
			compareCounts(r, name, want, row.Counts)
		}
		if skipped > 0 {
			r.note("%s: dispositions of %d records were not compared: the log was trimmed to offset %d", p.place, skipped, p.start)
		}
	}
	return nil
}

// lost is how many of the offsets [from, to) were accepted as lost: tables that were
// made anew since lack them.
func (e *evidence) lost(at place, from, to int64) (n int64) {
	s := e.raw()
	if s == nil {
		return 0
	}
	for i := range s.Parts {
		if p := &s.Parts[i]; placeOf(p) == at {
			for _, span := range p.Spans {
				if span.Gap {
					n += max(0, min(to, span.Last+1)-max(from, span.First))
				}
			}
		}
	}
	return n
}

func compareCounts(r *Result, name string, want, got store.Counts) {
	for _, c := range []struct {
		field     string
		want, got int64
	}{
		{"applied", want.Applied, got.Applied},
		{"duplicate", want.Duplicate, got.Duplicate},
		{"dead", want.Dead, got.Dead},
		{"too_old", want.TooOld, got.TooOld},
	} {
		if c.want != c.got {
			r.differ(name, c.field, c.want, c.got)
		}
	}
}

func difference(a, b store.Counts) store.Counts {
	return store.Counts{
		Applied: a.Applied - b.Applied, Duplicate: a.Duplicate - b.Duplicate, Dead: a.Dead - b.Dead, TooOld: a.TooOld - b.TooOld,
	}
}

// checkLedger is invariant 5: by topic-partition the ledger covers the log from
// its beginning to the committed offset without gap or overlap, epochs and
// minutes do not go back, no row is of an epoch that the task has not reached,
// the committed offset is not above the log's end, and what the position
// remembers of the last record is that record.
func checkLedger(_ context.Context, e *evidence, r *Result) error {
	for _, row := range e.strays {
		r.differ(fmt.Sprintf("ledger of %s", row.Task), "topic", row.Task.Family.Topics(), row.Topic)
	}
	for _, p := range e.parts {
		r.Checked += int64(len(p.ledger))
		p.checkRows(e, r)
		if p.committed {
			p.checkPosition(r)
		}
	}
	return nil
}

// checkRows checks the rows of one topic-partition among each other.
func (p *part) checkRows(e *evidence, r *Result) {
	var last *store.LedgerRow
	for i := range p.ledger {
		row := &p.ledger[i]
		name := fmt.Sprintf("%s@%d..%d epoch %d", p.place, row.From, row.To, row.Epoch)
		if row.Task != p.task {
			r.differ(name, "task", p.task, row.Task)
		}
		if row.To <= row.From {
			r.differ(name, "to", fmt.Sprintf("above %d", row.From), row.To)
		}
		if epoch := e.tasks[p.task]; row.Epoch > epoch {
			r.differ(name, "epoch", fmt.Sprintf("at most the task's, %d", epoch), row.Epoch)
		}
		if last != nil {
			if row.From != last.To {
				r.differ(name, "from", last.To, row.From)
			}
			if row.Epoch < last.Epoch {
				r.differ(name, "epoch", fmt.Sprintf("at least %d, as before it", last.Epoch), row.Epoch)
			}
			if row.Minute < last.Minute {
				r.differ(name, "minute", fmt.Sprintf("at least %d, as before it", last.Minute), row.Minute)
			}
		}
		last = row
	}
	switch {
	case last == nil && p.committed:
		r.differ(p.place.String(), "ledger", fmt.Sprintf("rows up to %d", p.position.Next), "none")
	case last != nil && last.To != p.position.Next:
		r.differ(p.place.String(), "committed offset", fmt.Sprintf("%d, where the ledger ends", last.To), p.position.Next)
	}
	if last != nil && p.start < p.booked() {
		r.differ(p.place.String(), "ledger starts at", fmt.Sprintf("%d, where the log does", p.start), p.booked())
	}
}

// checkPosition compares a committed position with the log.
func (p *part) checkPosition(r *Result) {
	name := p.place.String()
	switch {
	case p.position.Next > p.end:
		r.differ(name, "committed offset", fmt.Sprintf("at most %d, the log's end", p.end), p.position.Next)
		return
	case p.position.Next < p.start:
		r.differ(name, "committed offset", fmt.Sprintf("at least %d, the log's start: records were lost unread", p.start), p.position.Next)
		return
	case p.read == 0:
		return
	}
	if p.last != p.position.LastHash {
		r.differ(name, "hash of the last record", fmt.Sprintf("%016x", p.last), fmt.Sprintf("%016x", p.position.LastHash))
	}
	if p.newest != p.position.LastTime && (!p.trimmed() || p.newest > p.position.LastTime) {
		r.differ(name, "highest record time", p.newest, p.position.LastTime)
	}
}
