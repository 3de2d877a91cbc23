package batch

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// session is an engine, and what its views are of.
type session struct {
	engine Engine
	views  map[string]string
}

func newSession(e Engine) *session { return &session{e, map[string]string{}} }

// namedView is a view that a query reads.
type namedView struct {
	name string
	View
}

// set makes a view unless it is as it should be.
func (s *session) set(ctx context.Context, v namedView) error {
	sign := fmt.Sprint(v.Parts)
	if s.views[v.name] == sign {
		return nil
	}
	delete(s.views, v.name)
	if err := s.engine.View(ctx, v.name, v.View); err != nil {
		return err
	}
	s.views[v.name] = sign
	return nil
}

// write writes the rows of a query over views to a file, as [Engine.Write] does.
func (s *session) write(ctx context.Context, views []namedView, query, path string, rowGroup int) error {
	for _, v := range views {
		if err := s.set(ctx, v); err != nil {
			return err
		}
	}
	_, err := s.engine.Write(ctx, query, path, rowGroup)
	return err
}

// pool lends sessions, each to one at a time. It opens them as they are needed.
type pool struct {
	slots chan struct{} // one is taken for each session that is lent
	open  func(ctx context.Context) (Engine, error)

	mu   sync.Mutex
	idle []*session
}

func newPool(size int, open func(ctx context.Context) (Engine, error)) *pool {
	return &pool{slots: make(chan struct{}, size), open: open}
}

func (p *pool) size() int { return cap(p.slots) }

// take waits for a session. The caller gives it back.
func (p *pool) take(ctx context.Context) (*session, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if last := len(p.idle) - 1; last >= 0 {
		s := p.idle[last]
		p.idle = p.idle[:last]
		return s, nil
	}
	e, err := p.open(ctx)
	if err != nil {
		<-p.slots
		return nil, err
	}
	return newSession(e), nil
}

// give takes back a session.
func (p *pool) give(s *session) {
	p.mu.Lock()
	p.idle = append(p.idle, s)
	p.mu.Unlock()
	<-p.slots
}

// close closes the sessions; all have been given back. The pool can be used again.
func (p *pool) close() error {
	var errs []error
	for _, s := range p.idle {
		errs = append(errs, s.engine.Close())
	}
	p.idle = nil
	return errors.Join(errs...)
}
