package chaos_test

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"globalmart/internal/kafka"
	"globalmart/internal/testenv/process"
)

// takeover is how long a worker is frozen: longer than the 10 s after which its
// group gives its tasks to somebody else.
const takeover = 14 * time.Second

// expectGroup waits until the stream's consumer group has shared its work among
// this many workers.
func expectGroup(t *testing.T, broker string, workers int) {
	t.Helper()
	process.Eventually(t, "the workers share the work", func() bool {
		n, err := kafka.StableMembers(t.Context(), configOf(broker), "globalmart-stream")
		if err != nil {
			t.Fatal(err)
		}
		return n == workers
	})
}

func TestAWorkerFrozenBetweenFoldingAndCommittingWritesNothingAnyMore(t *testing.T) {
	onEveryStore(t, func(t *testing.T, at tables) {
		z := newZombie(t, at, "GLOBALMART_FAILPOINT=before-commit:50:stop")
		process.Eventually(t, "the worker is frozen", func() bool { return z.frozen.Frozen() })
		z.other.KeepFor(takeover)
		z.shopper.leave()
		z.shopper.expectAnswered(startAPI(t, at)) // without the frozen one
		z.frozen.Signal(syscall.SIGCONT)
		z.frozen.Await("task fenced")
		z.expectNothingLost()
	})
}

func TestAWorkerFrozenAtAnyMomentHarmsNothing(t *testing.T) {
	onEveryStore(t, func(t *testing.T, at tables) {
		chance := newChance(t)
		z := newZombie(t, at)
		z.frozen.KeepFor(between(chance, 500*time.Millisecond, 1500*time.Millisecond))
		z.frozen.Signal(syscall.SIGSTOP)
		z.other.KeepFor(takeover) // or until it wakes up, if it was frozen while it held the store
		z.shopper.leave()
		z.frozen.Signal(syscall.SIGCONT)
		z.expectNothingLost()
	})
}

// zombie is a platform with two stream workers, one of which will be frozen.
type zombie struct {
	t             *testing.T
	at            tables
	broker        *process.Process
	kafka         string
	frozen, other *process.Process
	shopper       *customer
}

// newZombie starts the workers, the one to be frozen with env, and sales.
func newZombie(t *testing.T, at tables, env ...string) *zombie {
	t.Helper()
	z := &zombie{t: t, at: at}
	z.broker, z.kafka = startBroker(t, at.dir(), "127.0.0.1:0")
	z.frozen = startStream(t, env, z.kafka, at)
	z.other = startStream(t, nil, z.kafka, at)
	expectGroup(t, z.kafka, 2)
	z.shopper = newCustomer(t, z.kafka)
	return z
}

// expectNothingLost checks, after the frozen worker woke up, that it can stay and
// that every order was counted once.
func (z *zombie) expectNothingLost() {
	z.t.Helper()
	z.frozen.KeepFor(time.Second)
	z.shopper.expectAnswered(startAPI(z.t, z.at))
	caughtUp(z.t, slices.Concat([]string{"--kafka", z.kafka}, z.at)...)
	z.frozen.StopCleanly()
	z.other.StopCleanly()
	z.broker.StopCleanly()
	verifySettled(z.t, z.at...)
}
