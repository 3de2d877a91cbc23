package chaos_test

import (
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"globalmart/internal/testenv"
	"globalmart/internal/testenv/netfault"
	"globalmart/internal/testenv/process"
	"globalmart/test/services/postgresql"
)

// cluster is what several workers on PostgreSQL share: a broker, a server, and a
// customer who orders all the time.
type cluster struct {
	t       *testing.T
	at      tables
	broker  *process.Process
	kafka   string
	shopper *customer
	workers []*process.Process
}

// newCluster starts n workers on the server url, and sales.
func newCluster(t *testing.T, url string, n int) *cluster {
	t.Helper()
	c := &cluster{t: t, at: onPostgres(t, url)}
	c.broker, c.kafka = startBroker(t, c.at.dir(), "127.0.0.1:0")
	for range n {
		c.workers = append(c.workers, c.worker())
	}
	expectGroup(t, c.kafka, n)
	c.shopper = newCustomer(t, c.kafka)
	return c
}

// worker starts one more.
func (c *cluster) worker(env ...string) *process.Process {
	c.t.Helper()
	return startStream(c.t, env, c.kafka, c.at, "--snapshot-every", "1s")
}

// expectNothingLost ends the sales and checks what became of them.
func (c *cluster) expectNothingLost() {
	c.t.Helper()
	c.shopper.leave()
	repeated := c.shopper.expectLogged(c.kafka)
	c.shopper.expectAnswered(startAPI(c.t, c.at))
	caughtUp(c.t, slices.Concat([]string{"--kafka", c.kafka}, c.at)...)
	for _, w := range c.workers {
		w.StopCleanly()
	}
	c.broker.StopCleanly()
	r := verifySettled(c.t, c.at...)
	c.shopper.expectDuplicates(r, repeated)
	c.t.Logf("%d records verified", r.Cut.Records)
}

// ownServer starts a PostgreSQL that the test may end.
func ownServer(t *testing.T) *postgresql.Server {
	t.Helper()
	testenv.PostgresEndpoints(t) // where there is none to be had, the test is skipped
	cache := filepath.Join("..", "..", ".cache", "services", "postgresql")
	s, err := postgresql.Start(t.Context(), postgresql.Options{Cache: cache})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// through is the address of a database behind a proxy.
func through(t *testing.T, database string) (string, *netfault.Proxy) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	p := netfault.Start(t, u.Host)
	u.Host = p.Addr()
	return u.String(), p
}

func TestWorkersThatAreKilledOnPostgreSQLLoseNothing(t *testing.T) {
	long(t)
	t.Parallel()
	chance := newChance(t)
	c := newCluster(t, testenv.Postgres(t), 3)
	n := kills(t, 2, 0.1)
	names := []string{"claimed", "before-commit", "after-commit", "before-snapshot", "after-snapshot"}
	for range n {
		i := chance.IntN(len(c.workers))
		c.workers[i].KeepFor(between(chance, 100*time.Millisecond, time.Second))
		c.workers[i].Kill()
		name := names[chance.IntN(len(names))]
		dies := c.worker(fmt.Sprintf("GLOBALMART_FAILPOINT=%s:%d", name, 1+chance.IntN(2)))
		c.workers[i] = c.worker()
		process.Eventually(t, "the worker dies of "+name, dies.Over)
	}
	c.expectNothingLost()
	t.Logf("%d kills at random, %d at failpoints", n, n)
}

func TestAPostgreSQLThatCrashesAndRestartsLosesNothing(t *testing.T) {
	long(t)
	t.Parallel()
	chance := newChance(t)
	server := ownServer(t)
	c := newCluster(t, testenv.PostgresDatabase(t, server.Endpoints), 2)
	ends := []func(){server.Crash, server.Shutdown}
	for i := range kills(t, 2, 0.05) {
		c.workers[0].KeepFor(between(chance, 500*time.Millisecond, 1500*time.Millisecond))
		ends[i%len(ends)]()
		c.workers[1].KeepFor(between(chance, 0, time.Second))
		if err := server.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	c.expectNothingLost()
}

// commitMessage is a COMMIT as PostgreSQL's protocol has it: a query, its length, its
// text.
const commitMessage = "Q\x00\x00\x00\x0bCOMMIT\x00"

func TestAConnectionThatBreaksInMidCommitCountsNothingTwiceAndNothingNever(t *testing.T) {
	long(t)
	t.Parallel()
	chance := newChance(t)
	database, proxy := through(t, testenv.Postgres(t))
	c := newCluster(t, database, 2)
	outcomes := []netfault.Lost{netfault.Request, netfault.Reply}
	for i := range kills(t, 4, 0.2) {
		c.workers[0].KeepFor(between(chance, 50*time.Millisecond, 300*time.Millisecond))
		broken := proxy.CutAt(commitMessage, outcomes[i%len(outcomes)])
		process.Eventually(t, "a commit is cut", func() bool {
			select {
			case <-broken:
				return true
			default:
				return false
			}
		})
	}
	c.expectNothingLost()
}

func TestANetworkThatIsSlowSilentOrCutLosesNothing(t *testing.T) {
	long(t)
	t.Parallel()
	chance := newChance(t)
	database, proxy := through(t, testenv.Postgres(t))
	c := newCluster(t, database, 2)
	for range kills(t, 2, 0.03) {
		proxy.Delay(between(chance, time.Millisecond, 50*time.Millisecond))
		c.workers[0].KeepFor(time.Second)
		proxy.Delay(0)
		proxy.Cut()
		c.workers[0].KeepFor(between(chance, 0, 500*time.Millisecond))
		proxy.Silence(true)
		c.workers[0].KeepFor(between(chance, time.Second, 7*time.Second))
		proxy.Silence(false)
		proxy.Refuse(true)
		proxy.Cut()
		c.workers[0].KeepFor(between(chance, 0, 2*time.Second))
		proxy.Refuse(false)
	}
	c.expectNothingLost()
}

func TestWorkersThatComeAndGoShareTheWork(t *testing.T) {
	long(t)
	t.Parallel()
	c := newCluster(t, testenv.Postgres(t), 1)
	for range kills(t, 2, 0.05) {
		second, third := c.worker(), c.worker()
		expectGroup(t, c.kafka, 3)
		c.workers[0].KeepFor(500 * time.Millisecond)
		second.StopCleanly()
		expectGroup(t, c.kafka, 2)
		third.StopCleanly()
		expectGroup(t, c.kafka, 1)
	}
	c.expectNothingLost()
}
