package sim

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"globalmart/internal/store"
)

// server is the database server in front of the memory: it locks the rows of
// tasks as PostgreSQL does, is away or slow at times, and loses connections in
// mid-commit.
type server struct {
	*memory
	tally *tally

	mu      sync.Mutex
	chance  *rand.Rand
	locks   map[store.TaskID]chan struct{}
	away    time.Time // until when nobody can reach it
	slow    time.Time // until when its answers take up to slowest
	slowest time.Duration
	lost    int // transactions whose outcome the client will not hear of
	working sync.WaitGroup
}

// idleInTransaction is when the server ends a transaction whose client does not
// go on, as the adapter sets it.
const idleInTransaction = 5 * time.Second

func newServer(m *memory, chance *rand.Rand, t *tally) *server {
	return &server{memory: m, tally: t, chance: chance, locks: map[store.TaskID]chan struct{}{}}
}

// goAway makes the server unreachable for d.
func (s *server) goAway(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = time.Now().Add(d)
}

// slowDown makes calls take up to most, for d.
func (s *server) slowDown(d, most time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slow, s.slowest = time.Now().Add(d), most
}

// lose makes the outcomes of the next n transactions unknown.
func (s *server) lose(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost += n
}

// heal ends every fault.
func (s *server) heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away, s.slow, s.lost = time.Time{}, time.Time{}, 0
}

func (s *server) isAway() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Before(s.away)
}

// latency draws how long a call takes.
func (s *server) latency() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !time.Now().Before(s.slow) {
		return time.Millisecond
	}
	s.tally.add(slowCall)
	return time.Duration(s.chance.Int64N(int64(s.slowest)))
}

// fate is how a transaction ends.
type fate int

const (
	known      fate = iota
	committed       // and the client does not hear of it
	rolledBack      // and the client does not hear of it
	later           // the client is cut off while the server is still at it, and commits
)

func (s *server) fate() (f fate, after time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost == 0 {
		return known, 0
	}
	s.lost--
	return []fate{committed, rolledBack, later}[s.chance.IntN(3)], time.Duration(s.chance.Int64N(int64(3 * time.Second)))
}

// lock locks the rows of tasks, in a fixed order, and returns what unlocks them.
func (s *server) lock(ctx context.Context, ids ...store.TaskID) (unlock func(), err error) {
	ids = slices.SortedFunc(slices.Values(ids), func(a, b store.TaskID) int {
		return cmp.Or(cmp.Compare(a.Family, b.Family), cmp.Compare(a.Partition, b.Partition))
	})
	var held []chan struct{}
	unlock = func() {
		for _, l := range held {
			<-l
		}
	}
	for _, id := range ids {
		l := s.row(id)
		select {
		case l <- struct{}{}:
			held = append(held, l)
		case <-ctx.Done():
			unlock()
			return nil, ctx.Err()
		}
	}
	return unlock, nil
}

// row is the lock of a task's row.
func (s *server) row(id store.TaskID) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.locks[id]
	if l == nil {
		l = make(chan struct{}, 1)
		s.locks[id] = l
	}
	return l
}
