package verify

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"globalmart/internal/event"
	"globalmart/internal/store"
	"globalmart/internal/verify/model"
)

// scanned is what the log of a topic-partition comes to.
type scanned struct {
	read   int64 // records
	counts store.Counts
	marks  []mark // at every bound of a ledger row, by offset
	gaps   []gap
	newest event.Time // highest record time
	last   uint64     // hash of the record before the committed offset, if it was read
	dead   Result     // what differs between dead records and dead letters

	// exact is the first offset from which dispositions are certain although
	// the log was trimmed, and exactAt the record time from which they are.
	exact   int64
	exactAt event.Time
}

// toldEvery is how many records are read between two reports of progress.
const toldEvery = 4096

// mark is what had been counted below offset.
type mark struct {
	offset int64
	counts store.Counts
}

// gap is a run of offsets, [from, to), that have no record.
type gap struct{ from, to int64 }

// recompute reads the log below the cut; what was trimmed of it, from the lake.
func (e *evidence) recompute(ctx context.Context) error {
	e.sample()
	e.newLiveOrders()
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(e.workers())
	for _, p := range e.parts {
		g.Go(func() error {
			s, err := e.scan(ctx, p)
			if damaged(err) && p.from < p.logStart {
				p.withoutLake(err)
				s, err = e.scan(ctx, p)
			}
			if err != nil {
				return fmt.Errorf("verify: read %s from %d to %d: %w", p.place, p.from, p.to, err)
			}
			mu.Lock()
			defer mu.Unlock()
			e.tables.Merge(s.model.Tables())
			e.shoppers.Merge(s.model.Shoppers())
			if s.judge != nil {
				maps.Copy(e.findings, s.judge.Findings())
				e.judged += s.judge.Judged
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, p := range e.parts {
		if p.topic == event.TopicTransactions && p.trimmed() {
			e.since = max(e.since, p.exactAt)
		}
	}
	return nil
}

// sample decides which visitors are recomputed.
func (e *evidence) sample() {
	var records int64
	for _, p := range e.parts {
		if p.task.Family == store.Shopping {
			records += p.to - p.from
		}
	}
	e.shoppers.OneIn = uint64(1 + records/followed)
}

// scan reads p.
func (e *evidence) scan(ctx context.Context, p *part) (*scan, error) {
	s := newScan(e, p)
	if p.from < p.to {
		if err := e.log.Scan(ctx, one(p.place, p.from), one(p.place, p.to), s.record); err != nil {
			return nil, err
		}
	}
	s.finish()
	return s, nil
}

func one(at place, offset int64) Offsets { return Offsets{at.topic: {at.partition: offset}} }

// scan reads one topic-partition.
type scan struct {
	*part
	model   *model.Model
	judge   *model.Judge        // of transactions; nil for other topics
	told    func(records int64) // of what was read, a few thousand at a time
	letters map[int64]*letter
	live    *livePart  // of transactions, if there is a warehouse; else nil
	next    int64      // offset that must come
	at      int        // the next mark
	doubt   event.Time // how long a trimmed log is uncertain after its first record
}

func newScan(e *evidence, p *part) *scan {
	s := &scan{part: p, model: model.New(e.Rules), told: e.progress, letters: e.letters.of(p.place), next: p.from, doubt: e.doubt()}
	s.model.Shoppers().OneIn = e.shoppers.OneIn
	s.judge, s.live = e.newJudge(p), e.livePart(p)
	for _, row := range p.ledger {
		p.marks = append(p.marks, mark{offset: row.From}, mark{offset: row.To})
	}
	slices.SortFunc(p.marks, func(a, b mark) int { return cmp.Compare(a.offset, b.offset) })
	p.dead.OK = true
	p.exact = p.from
	if p.trimmed() {
		p.exact, p.exactAt = p.to, p.position.LastTime+s.doubt
	}
	return s
}

// doubt is how long after the first record of a trimmed log dispositions and
// windows are uncertain: what came before may have been seen for the horizon and
// the slack, and record times may be out of order by as much as the slack.
func (e *evidence) doubt() event.Time {
	return event.Time((e.Rules.Stream.Horizon + 2*model.SeenSlack).Milliseconds())
}

func (s *scan) record(r *kgo.Record) error {
	if r.Offset < s.next {
		return fmt.Errorf("offset %d came after %d", r.Offset, s.next-1)
	}
	if r.Offset > s.next {
		s.gaps = append(s.gaps, gap{s.next, r.Offset})
	}
	s.pass(r.Offset)
	s.next = r.Offset + 1
	if s.read++; s.read%toldEvery == 0 {
		s.told(toldEvery)
	}
	v := s.model.Record(r)
	if v.Disposition == model.Applied && s.judge != nil {
		s.judge.Order(s.model.Applied())
	}
	if s.live != nil {
		s.live.take(r.Offset, v.Disposition, s.model.Applied())
	}
	if v.Disposition == model.Dead {
		s.compareLetter(r, v.Invalid)
	}
	if r.Offset == s.position.Next-1 {
		s.last = recordHash(r.Value)
	}
	s.doubtful(r)
	return nil
}

// pass fills the marks up to offset.
func (s *scan) pass(offset int64) {
	for s.at < len(s.marks) && s.marks[s.at].offset <= offset {
		s.marks[s.at].counts = s.model.Counts(s.topic, s.partition)
		s.at++
	}
}

// doubtful finds the first offset that is exact although the log was trimmed.
func (s *scan) doubtful(r *kgo.Record) {
	if !s.trimmed() {
		return
	}
	newest := s.model.Newest(s.topic, s.partition)
	if s.read == 1 {
		s.exactAt = newest + s.doubt
	}
	if s.exact == s.to && newest >= s.exactAt {
		s.exact = r.Offset
	}
}

func (s *scan) finish() {
	if s.next < s.to {
		s.gaps = append(s.gaps, gap{s.next, s.to})
	}
	s.told(s.read % toldEvery)
	s.counts = s.model.Counts(s.topic, s.partition)
	for ; s.at < len(s.marks); s.at++ {
		s.marks[s.at].counts = s.counts
	}
	s.newest = s.model.Newest(s.topic, s.partition)
}

// below returns what was counted below offset, which is a bound of a ledger row.
func (p *part) below(offset int64) store.Counts {
	i, _ := slices.BinarySearchFunc(p.marks, offset, func(m mark, o int64) int { return cmp.Compare(m.offset, o) })
	return p.marks[i].counts
}

// recordHash is the hash of a record's value that positions remember: the first
// 8 bytes of its SHA-256.
func recordHash(value []byte) uint64 {
	sum := sha256.Sum256(value)
	return binary.BigEndian.Uint64(sum[:8])
}
