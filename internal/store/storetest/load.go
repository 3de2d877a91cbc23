package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// Load writes to a store such that any view of it can be checked: every record
// is one order of one unit, or dead at every tenth offset. It claims tasks as it
// likes, so that several loads fence each other.
type Load struct {
	Store Store
	Rand  *rand.Rand
	Tasks int32 // tasks to fight for

	owned map[store.TaskID]*store.Claim
}

// Step claims a task or commits to those it has claimed, and returns how many
// records were committed for sure. Errors that the engine would retry are not
// errors.
func (l *Load) Step(ctx context.Context) (records int64, err error) {
	if l.owned == nil {
		l.owned = map[store.TaskID]*store.Claim{}
	}
	if len(l.owned) == 0 || l.Rand.IntN(10) == 0 {
		return 0, transient(l.claim(ctx, shopping(l.Rand.Int32N(l.Tasks))))
	}
	var batch []commit
	for task, claim := range l.owned {
		if c := l.next(task, claim); len(c.Spans) > 0 {
			batch = append(batch, c)
		}
	}
	fenced, err := l.Store.Commit(ctx, batch)
	if err != nil {
		clear(l.owned) // as if restarted: claims read back what became of it
		return 0, transient(err)
	}
	for _, task := range fenced {
		delete(l.owned, task)
	}
	for _, c := range batch {
		claim := l.owned[c.Task]
		if claim == nil {
			continue
		}
		for _, s := range c.Spans {
			claim.Positions[s.Topic] = s.To
			records += s.Counts.Total()
		}
	}
	return records, nil
}

func (l *Load) claim(ctx context.Context, task store.TaskID) error {
	c, err := l.Store.Claim(ctx, task, "load")
	if err == nil {
		l.owned[task] = &c
	}
	return err
}

func (l *Load) next(task store.TaskID, claim *store.Claim) commit {
	c := commit{Task: task, Epoch: claim.Epoch, Changes: store.NewChanges()}
	for _, topic := range task.Family.Topics() {
		n := l.Rand.Int64N(8)
		if n == 0 {
			continue
		}
		from := claim.Positions[topic].Next
		s := store.Span{Topic: topic, From: from, To: store.Position{Next: from + n, LastHash: l.Rand.Uint64(), LastTime: noon}}
		for offset := from; offset < from+n; offset++ {
			if offset%10 == 9 {
				s.Counts.Dead++
				d := letterAt(task, offset)
				d.Topic = topic
				c.DeadLetters = append(c.DeadLetters, d)
			} else {
				s.Counts.Applied++
			}
		}
		if s.Counts.Applied > 0 {
			c.Changes.Merge(orders(noon+event.Time(l.Rand.Int64N(180))*minute, []string{"DE", "FR"}[l.Rand.IntN(2)], s.Counts.Applied))
			c.Changes.Merge(stock(fmt.Sprint("p", l.Rand.IntN(3)), store.Stock{Sold: s.Counts.Applied}))
		}
		c.Spans = append(c.Spans, s)
	}
	return c
}

func transient(err error) error {
	if errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrOutcomeUnknown) {
		return nil
	}
	return err
}

// Consistent checks a view of a store that only loads have written to. It
// returns how many records were applied or dead.
func Consistent(ctx context.Context, v store.View) (records int64, err error) {
	counts, ends, err := audit(ctx, v)
	if err != nil {
		return 0, err
	}
	positions, err := v.Positions(ctx)
	if err != nil {
		return 0, err
	}
	for _, p := range positions {
		if end := ends[place{p.Task, p.Topic}]; end != p.Position.Next {
			return 0, fmt.Errorf("%s of %s is at %d, its ledger ends at %d", p.Topic, p.Task, p.Position.Next, end)
		}
	}
	if len(positions) != len(ends) {
		return 0, fmt.Errorf("%d positions, %d in the ledger", len(positions), len(ends))
	}
	for table, want := range map[store.SalesTable]int64{
		store.MinuteByCountry: counts.Applied, store.MinuteByCategory: counts.Applied,
		store.HourBySplit: 2 * counts.Applied, // all and by category
	} {
		var got int64
		for row, err := range v.Sales(ctx, table) {
			if err != nil {
				return 0, err
			}
			got += row.Sales.Orders
		}
		if got != want {
			return 0, fmt.Errorf("%s has %d orders, the ledger %d", table, got, want)
		}
	}
	var sold int64
	for row, err := range v.Stock(ctx) {
		if err != nil {
			return 0, err
		}
		sold += row.Stock.Sold
	}
	if sold != counts.Applied {
		return 0, fmt.Errorf("%d units sold, %d records applied in the ledger", sold, counts.Applied)
	}
	var dead int64
	for _, err := range v.DeadLetters(ctx) {
		if err != nil {
			return 0, err
		}
		dead++
	}
	if dead != counts.Dead {
		return 0, fmt.Errorf("%d dead letters, %d in the ledger", dead, counts.Dead)
	}
	return counts.Total(), nil
}

type place struct {
	task  store.TaskID
	topic string
}

// audit checks that the ledger is contiguous and that epochs do not fall. It
// returns the sums and where each topic-partition ends.
func audit(ctx context.Context, v store.View) (store.Counts, map[place]int64, error) {
	var counts store.Counts
	ends, epochs := map[place]int64{}, map[place]int64{}
	for row, err := range v.Ledger(ctx) {
		if err != nil {
			return counts, nil, err
		}
		at := place{row.Task, row.Topic}
		if row.From != ends[at] || row.Epoch < epochs[at] {
			return counts, nil, fmt.Errorf("ledger row %+v follows offset %d of epoch %d", row, ends[at], epochs[at])
		}
		if row.Counts.Total() != row.To-row.From {
			return counts, nil, fmt.Errorf("ledger row %+v does not count its records", row)
		}
		ends[at], epochs[at] = row.To, row.Epoch
		counts.Add(row.Counts)
	}
	return counts, ends, nil
}
