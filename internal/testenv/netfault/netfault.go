// Package netfault stands between a program and a service as a TCP proxy that fails
// as networks do: connections that are cut, refused, slow, or open without an answer;
// and a connection that breaks at the worst moment, when a request has been sent and
// its answer has not come.
package netfault

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// Lost is what of an exchange does not arrive.
type Lost int

const (
	// Request is lost: the service never sees it.
	Request Lost = iota
	// Reply is lost: the service has done what was asked.
	Reply
)

// Proxy forwards connections to one service.
type Proxy struct {
	target   string
	listener net.Listener
	work     sync.WaitGroup

	mu     sync.Mutex
	pairs  map[*pair]struct{}
	refuse bool
	silent bool
	delay  time.Duration
	trap   *trap
}

// pair is a client's connection and the one to the service that belongs to it.
type pair struct{ client, service net.Conn }

func (p *pair) cut() {
	_ = p.client.Close() // an error means that it is closed
	_ = p.service.Close()
}

// trap cuts one connection at a moment that its bytes tell.
type trap struct {
	request []byte
	lost    Lost
	sprung  chan struct{}
}

// Start forwards to target (host:port) until the test ends.
func Start(t testing.TB, target string) *Proxy {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("netfault: %v", err)
	}
	p := &Proxy{target: target, listener: l, pairs: map[*pair]struct{}{}}
	p.work.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close()
		p.Refuse(true)
		p.Silence(false)
		p.Cut()
		p.work.Wait()
	})
	return p
}

// Addr is where clients connect to: host:port.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Cut closes every connection.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for pair := range p.pairs {
		pair.cut()
	}
}

// Refuse closes every new connection at once, or no longer.
func (p *Proxy) Refuse(on bool) { p.set(func() { p.refuse = on }) }

// Silence keeps connections open and lets nothing through in either direction, or
// lets through again what was kept meanwhile.
func (p *Proxy) Silence(on bool) { p.set(func() { p.silent = on }) }

// Delay holds all that is sent for d.
func (p *Proxy) Delay(d time.Duration) { p.set(func() { p.delay = d }) }

func (p *Proxy) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// CutAt breaks the next connection on which a client sends request, so that the
// client cannot know whether it was carried out. The channel is closed when that has
// happened.
func (p *Proxy) CutAt(request string, lost Lost) <-chan struct{} {
	t := &trap{request: []byte(request), lost: lost, sprung: make(chan struct{})}
	p.set(func() { p.trap = t })
	return t.sprung
}

// trapped takes the trap if chunk springs it.
func (p *Proxy) trapped(chunk []byte) *trap {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.trap
	if t == nil || !bytes.Contains(chunk, t.request) {
		return nil
	}
	p.trap = nil
	return t
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		p.work.Go(func() { p.serve(client) })
	}
}

func (p *Proxy) serve(client net.Conn) {
	dialer := net.Dialer{Timeout: 5 * time.Second}
	service, err := dialer.DialContext(context.Background(), "tcp", p.target) // Cut ends it
	if err != nil {
		_ = client.Close()
		return
	}
	pair := &pair{client, service}
	p.mu.Lock()
	if p.refuse {
		pair.cut()
	}
	p.pairs[pair] = struct{}{}
	p.mu.Unlock()
	caught := make(chan *trap, 1)
	var both sync.WaitGroup
	both.Go(func() { p.replies(pair, caught) })
	both.Go(func() { p.requests(pair, caught) })
	both.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.pairs, pair)
	select {
	case t := <-caught: // the connection ended before there was an answer
		if p.trap == nil {
			p.trap = t
		}
	default:
	}
}

// requests carries what the client sends; a trap that it springs goes to caught
// before the request does.
func (p *Proxy) requests(pair *pair, caught chan<- *trap) {
	defer pair.cut()
	p.carry(pair.service, pair.client, func(chunk []byte) bool {
		t := p.trapped(chunk)
		if t == nil {
			return true
		}
		if t.lost == Request {
			pair.cut()
			close(t.sprung)
			return false
		}
		caught <- t
		return true
	})
}

// replies carries what the service answers, up to the answer that a trap keeps back.
func (p *Proxy) replies(pair *pair, caught <-chan *trap) {
	defer pair.cut()
	p.carry(pair.client, pair.service, func([]byte) bool {
		select {
		case t := <-caught:
			pair.cut()
			close(t.sprung)
			return false
		default:
			return true
		}
	})
}

// carry copies until an error or until pass says no.
func (p *Proxy) carry(to io.Writer, from io.Reader, pass func(chunk []byte) bool) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			p.hold()
			if !pass(buffer[:n]) {
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// hold waits as long as the network is slow or silent.
func (p *Proxy) hold() {
	const look = 5 * time.Millisecond
	p.mu.Lock()
	wait := p.delay
	p.mu.Unlock()
	for silent := true; silent || wait > 0; wait -= look {
		p.mu.Lock()
		silent = p.silent
		p.mu.Unlock()
		if silent || wait > 0 {
			time.Sleep(look)
		}
	}
}
