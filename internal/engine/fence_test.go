package engine

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// freezer is a network whose connections can be made to stand still, as those of
// a process that is stopped.
type freezer struct{ sync.RWMutex }

func (f *freezer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	f.pass()
	c, err := new(net.Dialer).DialContext(ctx, network, addr)
	return &freezing{c, f}, err
}

func (f *freezer) pass() {
	f.RLock()
	defer f.RUnlock()
}

type freezing struct {
	net.Conn
	f *freezer
}

func (c *freezing) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.f.pass()
	return n, err
}

func (c *freezing) Write(b []byte) (int, error) {
	c.f.pass()
	return c.Conn.Write(b)
}

// TestAFrozenWorkerIsFenced stops a worker with a commit in its hands, outside of
// a transaction, until another one has taken its tasks over and has applied the
// same events.
func TestAFrozenWorkerIsFenced(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		r.sendShop(1, 0, 1000)
		first, second := r.open(), r.open()

		network, release := &freezer{}, make(chan struct{})
		var freeze, unfreeze sync.Once
		armed, stuck := make(chan struct{}), make(chan struct{})
		cfg := r.config(first)
		cfg.KafkaOpts = []kgo.Opt{kgo.Dialer(network.dial), kgo.SessionTimeout(6 * time.Second), kgo.HeartbeatInterval(200 * time.Millisecond)}
		cfg.Failpoint = func(name string) {
			select {
			case <-armed:
			default:
				return
			}
			if name == "before-commit" {
				freeze.Do(func() {
					network.Lock()
					close(stuck)
					<-release
				})
			}
		}
		frozenWorker := start(t, cfg)
		thaw := func() { unfreeze.Do(func() { network.Unlock(); close(release) }) }
		r.drain(second)
		close(armed)
		r.sendShop(1, 1000, 3000)
		<-stuck
		defer thaw()

		other := start(t, r.config(second))
		r.drain(second)
		r.checkResults(second)
		if fenced := frozenWorker.Status().Fenced; fenced != 0 {
			t.Fatalf("%d tasks are fenced before the worker was released", fenced)
		}
		thaw()
		eventually(t, "the frozen worker notices", func() bool { return frozenWorker.Status().Fenced > 0 })
		r.checkResults(second)

		r.sendShop(1, 3000, 4000) // both go on
		r.drain(second)
		r.checkResults(second)
		eventually(t, "both own tasks", func() bool {
			return len(frozenWorker.Status().Tasks) > 0 && len(other.Status().Tasks) > 0
		})
		frozenWorker.stop()
		other.stop()
		r.checkResults(second)
	})
}
