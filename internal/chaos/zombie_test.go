package chaos_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/testenv/process"
)

// takeover is how long a worker is frozen: longer than the 10 s after which its
// group gives its tasks to somebody else.
const takeover = 14 * time.Second

// expectGroup waits until the stream's consumer group has shared its work among
// this many workers.
func expectGroup(t *testing.T, broker string, workers int) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(broker))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	process.Eventually(t, "the workers share the work", func() bool {
		groups, err := kadm.NewClient(client).DescribeGroups(t.Context(), "globalmart-stream")
		if err != nil {
			t.Fatal(err)
		}
		g := groups["globalmart-stream"]
		return g.State == "Stable" && len(g.Members) == workers
	})
}

func TestAWorkerFrozenBetweenFoldingAndCommittingWritesNothingAnyMore(t *testing.T) {
	long(t)
	t.Parallel()
	z := newZombie(t, "GLOBALMART_FAILPOINT=before-commit:50:stop")
	process.Eventually(t, "the worker is frozen", func() bool { return z.frozen.Frozen() })
	z.other.KeepFor(takeover)
	z.shopper.leave()
	z.shopper.expectAnswered(startAPI(t, z.dir)) // without the frozen one
	z.frozen.Signal(syscall.SIGCONT)
	z.frozen.Await("task fenced")
	z.expectNothingLost()
}

func TestAWorkerFrozenAtAnyMomentHarmsNothing(t *testing.T) {
	long(t)
	t.Parallel()
	chance := newChance(t)
	z := newZombie(t)
	z.frozen.KeepFor(between(chance, 500*time.Millisecond, 1500*time.Millisecond))
	z.frozen.Signal(syscall.SIGSTOP)
	z.other.KeepFor(takeover) // or until it wakes up, if it was frozen while it held the store
	z.shopper.leave()
	z.frozen.Signal(syscall.SIGCONT)
	z.expectNothingLost()
}

// zombie is a platform with two stream workers, one of which will be frozen.
type zombie struct {
	t             *testing.T
	dir           string
	broker        *process.Process
	kafka         string
	frozen, other *process.Process
	shopper       *customer
}

// newZombie starts the workers, the one to be frozen with env, and sales.
func newZombie(t *testing.T, env ...string) *zombie {
	t.Helper()
	z := &zombie{t: t, dir: newDir(t)}
	z.broker, z.kafka = startBroker(t, z.dir, "127.0.0.1:0")
	z.frozen = startStream(t, env, z.kafka, z.dir)
	z.other = startStream(t, nil, z.kafka, z.dir)
	expectGroup(t, z.kafka, 2)
	z.shopper = newCustomer(t, z.kafka)
	return z
}

// expectNothingLost checks, after the frozen worker woke up, that it can stay and
// that every order was counted once.
func (z *zombie) expectNothingLost() {
	z.t.Helper()
	z.frozen.KeepFor(time.Second)
	z.shopper.expectAnswered(startAPI(z.t, z.dir))
	caughtUp(z.t, "--kafka", z.kafka, "--data", z.dir)
	z.frozen.StopCleanly()
	z.other.StopCleanly()
	z.broker.StopCleanly()
	verifySettled(z.t, "--data", z.dir)
}
