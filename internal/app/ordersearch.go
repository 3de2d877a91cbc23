package app

import (
	"context"
	"strings"
	"sync"
	"time"

	"globalmart/internal/lake/lookup"
)

const (
	// orderSearchTime bounds one search of the lake, and orderKept is how long what it found
	// is kept: whoever did not wait for it, and asks again, has it then.
	orderSearchTime = time.Minute
	orderKept       = time.Minute
)

// orderSearches are the searches of the lake that go on, or were done a short while ago, by
// the orders that are looked for.
type orderSearches struct {
	mu    sync.Mutex
	begun map[string]*orderSearch
}

// orderSearch looks for some orders in a lake that goes as far as held at least, so that
// what it has found stays right: what came later is in the log.
type orderSearch struct {
	held  map[int32]int64
	until time.Time

	mu    sync.Mutex
	parts map[string]*searchPart // by those of the orders that one query is about
}

// searchPart is a query that has been answered once done is closed.
type searchPart struct {
	done chan struct{}
	rows []lookup.Order
	err  error
}

// of returns the search for ids, or begins one with what ends says of the lake.
func (s *orderSearches) of(ids []string, now time.Time, ends func() (map[int32]int64, error)) (*orderSearch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, old := range s.begun {
		if now.After(old.until) {
			delete(s.begun, key)
		}
	}
	key := keyOf(ids)
	if begun := s.begun[key]; begun != nil {
		return begun, nil
	}
	held, err := ends()
	if err != nil {
		return nil, err
	}
	search := &orderSearch{held: held, until: now.Add(orderSearchTime + orderKept), parts: map[string]*searchPart{}}
	if s.begun == nil {
		s.begun = map[string]*orderSearch{}
	}
	s.begun[key] = search
	return search, nil
}

// keyOf tells lists of ids apart. An id has no control characters.
func keyOf(ids []string) string { return strings.Join(ids, "\x00") }

// find returns what query answers about ids. The query is asked once, and goes on without
// who asked; it is asked again only if it failed.
func (s *orderSearch) find(ctx context.Context, ids []string, query func(context.Context) ([]lookup.Order, error)) ([]lookup.Order, error) {
	key := keyOf(ids)
	s.mu.Lock()
	part := s.parts[key]
	if part == nil {
		part = &searchPart{done: make(chan struct{})}
		s.parts[key] = part
		go func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), orderSearchTime)
			defer cancel()
			part.rows, part.err = query(ctx)
			if part.err != nil {
				s.mu.Lock()
				delete(s.parts, key)
				s.mu.Unlock()
			}
			close(part.done)
		}()
	}
	s.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-part.done:
		return part.rows, part.err
	}
}
