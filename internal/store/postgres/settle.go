package postgres

import (
	"context"
	"slices"
	"sync"
)

// unsettled are carts that were committed and not looked at again since.
//
// A cart and its order are written by different tasks if two visitors share the
// cart. When their processes commit at the same moment neither transaction sees the
// other's row, and the cart would stay without its order. So each looks again at the
// carts that it wrote once it has committed: whoever is second sees both. That is
// one read of an index for a cart, and a write in that rare case alone.
//
// What is left here when the process dies is written again by whoever takes its
// tasks over, since no snapshot is published before its carts are settled.
type unsettled struct {
	mu    sync.Mutex
	carts []string
}

// settle looks again at carts, and at those that are left from before. If it
// cannot, they stay for the next time.
func (s *Store) settle(ctx context.Context, carts []string) error {
	u := &s.unsettled
	u.mu.Lock()
	defer u.mu.Unlock()
	u.carts = append(u.carts, carts...)
	if len(u.carts) == 0 {
		return nil
	}
	slices.Sort(u.carts)
	u.carts = slices.Compact(u.carts)
	limited, cancel := context.WithTimeout(ctx, s.patient)
	defer cancel()
	conn, err := s.acquire(ctx, limited, s.writers)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(limited, markOrdered, u.carts); err != nil {
		return classify(err, conn.Conn().IsClosed() && ctx.Err() == nil)
	}
	u.carts = u.carts[:0]
	return nil
}
