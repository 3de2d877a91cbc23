package chaos_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"globalmart/internal/datadir"
	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/testenv"
	"globalmart/internal/testenv/process"
)

// startBroker starts a broker of its own on dir and returns where it listens.
func startBroker(t *testing.T, dir, listen string) (*process.Process, string) {
	t.Helper()
	p := process.Start(t, nil, "broker", "--data", dir, "--kafka-listen", listen)
	p.Await("broker on ")
	run, err := datadir.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return p, run.Kafka
}

// startStream starts a stream worker on a broker and live tables.
func startStream(t *testing.T, env []string, broker string, at tables, more ...string) *process.Process {
	t.Helper()
	p := process.Start(t, env, slices.Concat([]string{"stream", "--kafka", broker, "--operator-listen", "127.0.0.1:0"}, at, more)...)
	p.Await("stream worker on ")
	return p
}

// startAPI serves live tables and returns where.
func startAPI(t *testing.T, at tables) string {
	t.Helper()
	p := process.Start(t, nil, append([]string{"api", "--listen", "127.0.0.1:0", "--operator-listen", "127.0.0.1:0"}, at...)...)
	p.Await("API on ")
	return regexp.MustCompile(`API on http://([^,]+),`).FindStringSubmatch(p.Output())[1]
}

// startGenerate sends events to broker, for a time unless that is 0.
func startGenerate(t *testing.T, broker string, lasts time.Duration) *process.Process {
	t.Helper()
	return process.Start(t, nil, append([]string{"generate", "--kafka", broker, "--rate", "2000", "--for", lasts.String()}, badEvents...)...)
}

func TestABrokerThatIsKilledAgainAndAgainLosesNothing(t *testing.T) {
	long(t)
	t.Parallel()
	chance, dir := newChance(t), newDir(t)
	n := kills(t, 3, 0.1)
	at := tables{"--data", dir}
	b, broker := startBroker(t, dir, testenv.Address(t))
	stream := startStream(t, nil, broker, at, "--snapshot-every", "1s")
	generate := startGenerate(t, broker, time.Duration(n)*2*time.Second)
	shopper := newCustomer(t, broker)
	for range n {
		b.KeepFor(between(chance, 500*time.Millisecond, 1500*time.Millisecond))
		b.Kill()
		stream.KeepFor(between(chance, 0, 400*time.Millisecond))
		b, _ = startBroker(t, dir, broker)
	}
	if code := generate.Wait(); code != 0 {
		t.Fatalf("generate: exit code %d:\n%s", code, generate.Output())
	}
	shopper.leave()
	repeated := shopper.expectLogged(broker)
	expectAcknowledged(t, broker, generate.Output(), shopper.acked())
	shopper.expectAnswered(startAPI(t, at))
	caughtUp(t, "--kafka", broker, "--data", dir)
	stream.StopCleanly()
	b.StopCleanly()
	r := verifySettled(t, "--data", dir)
	shopper.expectDuplicates(r, repeated)
	t.Logf("%d kills of the broker: %d records verified; of the customer's %d records %d were written again by the broker", n, r.Cut.Records, shopper.acked(), repeated)
}

// caughtUp waits until a running stream has applied all that the log holds; it
// is verified meanwhile.
func caughtUp(t *testing.T, args ...string) {
	t.Helper()
	process.Eventually(t, "the stream has caught up", func() bool { return verifyHolds(t, args...).Cut.Waiting == 0 })
}

// sentLine is what a generator says of each topic in the end.
var sentLine = regexp.MustCompile(`(?m)^(\w+) +([\d,]+) produced, ([\d,]+) acknowledged, ([\d,]+) failed$`)

// expectAcknowledged checks that a generator got every record confirmed, and that
// the log holds as many, with more of the transactions from somewhere else.
func expectAcknowledged(t *testing.T, broker, said string, more int64) {
	t.Helper()
	lines := sentLine.FindAllStringSubmatch(said, -1)
	if len(lines) == 0 {
		t.Fatalf("the generator does not say what it sent:\n%s", said)
	}
	for _, line := range lines {
		topic, produced, acked := line[1], line[2], number(t, line[3])
		if number(t, produced) != acked || line[4] != "0" {
			t.Errorf("not every record was confirmed: %s", line[0])
		}
		if topic == event.TopicTransactions {
			acked += more
		}
		ends, err := kafka.LogEnds(t.Context(), configOf(broker), topic)
		if err != nil {
			t.Fatal(err)
		}
		var logged int64
		for _, end := range ends[topic] {
			logged += end
		}
		if logged < acked {
			t.Errorf("%s: the log holds %d records, %d were confirmed", topic, logged, acked)
		}
	}
}

func number(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(strings.ReplaceAll(text, ",", ""), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
