package sdk_test

import (
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"
)

// fault is what a proxy does to a request.
type fault int

const (
	refused    fault = iota // 429, to come back in a second; it does not get through
	failed                  // 500; it does not get through
	failedLate              // 500, though it got through
	silent                  // no answer, though it got through
	reset                   // the connection breaks; it does not get through
	resetLate               // the connection breaks, though it got through
	faults
)

// proxy forwards requests to the collector. A request in five meets a fault, each fault in
// its turn and the first requests all of them, so that none is left out.
type proxy struct {
	forward *httputil.ReverseProxy

	mu     sync.Mutex
	chance *rand.Rand
	met    [faults]int
	passed int
}

// newProxy returns a proxy before target (host:port), and its address.
func newProxy(t *testing.T, target string, seed uint64) (*proxy, string) {
	t.Helper()
	p := &proxy{
		forward: httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: target}),
		chance:  rand.New(rand.NewPCG(seed, 0)),
	}
	s := httptest.NewServer(p)
	t.Cleanup(s.Close)
	return p, s.URL
}

// next is the fault that the next request meets; faults is none.
func (p *proxy) next() fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	var total, rarest int
	for f, n := range p.met {
		total += n
		if n < p.met[rarest] {
			rarest = f
		}
	}
	if total >= int(faults) && p.chance.IntN(5) > 0 {
		p.passed++
		return faults
	}
	p.met[rarest]++
	return fault(rarest)
}

// counts returns how many requests got through, and how many met each fault.
func (p *proxy) counts() (passed int, met [faults]int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.passed, p.met
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := p.next()
	if f == faults {
		p.forward.ServeHTTP(w, r)
		return
	}
	if f == failedLate || f == silent || f == resetLate {
		p.forward.ServeHTTP(httptest.NewRecorder(), r)
	}
	switch f {
	case refused:
		w.Header().Set("Retry-After", "1")
		http.Error(w, `{"code":"overloaded","message":"try again"}`, http.StatusTooManyRequests)
	case silent:
		select {
		case <-r.Context().Done(): // the client has given up
		case <-time.After(time.Minute):
		}
	case reset, resetLate:
		cut(w)
	default:
		http.Error(w, `{"code":"internal","message":"try again"}`, http.StatusInternalServerError)
	}
}

// cut resets the connection.
func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // it is about to be closed in any case
	}
	_ = conn.Close()
}
