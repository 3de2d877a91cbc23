package shop

import "globalmart/internal/event"

// due is an entry of a queue: what is meant by ref is the user's.
type due struct {
	at  event.Time
	ref uint32
}

// queue is a heap of four children per node, earliest first. Entries of equal
// time come out in an order that depends only on what was done to the queue.
type queue struct{ h []due }

func (q *queue) len() int { return len(q.h) }

// ready reports whether the first entry is due at now.
func (q *queue) ready(now event.Time) bool { return len(q.h) > 0 && q.h[0].at <= now }

func (q *queue) push(at event.Time, ref uint32) {
	q.h = append(q.h, due{})
	i := len(q.h) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if q.h[parent].at <= at {
			break
		}
		q.h[i] = q.h[parent]
		i = parent
	}
	q.h[i] = due{at, ref}
}

// pop removes the first entry; the queue must not be empty.
func (q *queue) pop() due {
	first := q.h[0]
	last := q.h[len(q.h)-1]
	q.h = q.h[:len(q.h)-1]
	if n := len(q.h); n > 0 {
		i := 0
		for {
			children := 4*i + 1
			if children >= n {
				break
			}
			child := children
			for c := children + 1; c < min(children+4, n); c++ {
				if q.h[c].at < q.h[child].at {
					child = c
				}
			}
			if q.h[child].at >= last.at {
				break
			}
			q.h[i] = q.h[child]
			i = child
		}
		q.h[i] = last
	}
	return first
}

// pool holds at most a fixed number of values that queues refer to.
type pool[T any] struct {
	items []T
	free  []uint32
	most  int
}

// take returns the place of an unused value, or false if all are in use. The
// place is valid until it is given back; a pointer to it only until the next
// take.
func (p *pool[T]) take() (uint32, bool) {
	if n := len(p.free); n > 0 {
		ref := p.free[n-1]
		p.free = p.free[:n-1]
		return ref, true
	}
	if len(p.items) == p.most {
		return 0, false
	}
	p.items = append(p.items, *new(T))
	return uint32(len(p.items) - 1), true
}

func (p *pool[T]) put(ref uint32) { p.free = append(p.free, ref) }
