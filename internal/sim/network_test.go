package sim

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// gate lets everybody pass while it is open, and holds them while it is shut.
// Its zero value is open. It waits on channels only: in a bubble of synctest, who
// waits for a mutex holds the clock.
type gate struct {
	mu   sync.Mutex
	shut chan struct{} // closed when it opens; nil while it is open
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut == nil {
		g.shut = make(chan struct{})
	}
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut != nil {
		close(g.shut)
		g.shut = nil
	}
}

// held is closed when the gate is open; nil means that it is.
func (g *gate) held() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.shut
}

func (g *gate) pass() {
	for held := g.held(); held != nil; held = g.held() {
		<-held
	}
}

// host is where a process runs: what stops when the process is stopped, and its
// wires to the broker.
type host struct {
	network *kfake.VirtualNetwork
	frozen  gate // shut: the process is stopped, and nothing of it goes out or comes in
	wire    gate // shut: the network swallows what it sends and what comes back
	deaf    gate // shut: only what comes back

	mu    sync.Mutex
	dead  bool
	delay time.Duration // of each write
	conns map[*conn]struct{}
}

var errDead = errors.New("the process is dead")

func newHost(network *kfake.VirtualNetwork) *host {
	return &host{network: network, conns: map[*conn]struct{}{}}
}

// dial is the kgo.Dialer of the process.
func (h *host) dial(ctx context.Context, network, address string) (net.Conn, error) {
	h.frozen.pass()
	if h.isDead() {
		return nil, errDead
	}
	inner, err := h.network.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: inner, host: h}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.dead {
		_ = inner.Close()
		return nil, errDead
	}
	h.conns[c] = struct{}{}
	return c, nil
}

func (h *host) isDead() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dead
}

// kill ends the process at once: no word to anybody.
func (h *host) kill() {
	h.mu.Lock()
	h.dead = true
	h.mu.Unlock()
	h.cut()
	h.frozen.open() // so that its goroutines find out
	h.wire.open()
	h.deaf.open()
}

// cut closes every connection; what was under way is lost.
func (h *host) cut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.conns {
		c.gone.Store(true)
		_ = c.Conn.Close()
	}
	clear(h.conns)
}

// hop is how long a write takes at least. Where nothing takes time, a client that
// asks again at once holds the clock for ever.
const hop = time.Millisecond

func (h *host) slow(delay time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.delay = delay
}

func (h *host) pause() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.delay
}

// conn is a connection of a process.
type conn struct {
	net.Conn
	host *host
	gone atomic.Bool // cut
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.host.wire.pass()
	c.host.deaf.pass()
	c.host.frozen.pass()
	if c.gone.Load() {
		return 0, net.ErrClosed
	}
	return n, err
}

func (c *conn) Write(b []byte) (int, error) {
	c.host.frozen.pass()
	c.host.wire.pass()
	time.Sleep(hop + c.host.pause())
	return c.Conn.Write(b)
}

func (c *conn) Close() error {
	c.host.mu.Lock()
	delete(c.host.conns, c)
	c.host.mu.Unlock()
	return c.Conn.Close()
}
