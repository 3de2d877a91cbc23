package e2e_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"globalmart/internal/kafka"
	"globalmart/internal/store"
	"globalmart/internal/testenv"
	"globalmart/internal/testenv/process"
	"globalmart/internal/verify"
	"globalmart/test/services/apachekafka"
)

// badEvents are the flags of a generator that sends some of everything that can
// be wrong with events.
var badEvents = []string{"--duplicates", "0.01", "--late", "0.01", "--corrupt", "0.005"}

// ways are the flags for each way into a broker: in plain text, with a password
// and with a certificate. A broker without the last two is entered by the first.
func ways(t *testing.T, e apachekafka.Endpoints) (plain, password, certificate []string) {
	t.Helper()
	plain = []string{"--kafka", e.Plain}
	if e.Password == "" {
		return plain, plain, plain
	}
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(e.Secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	password = []string{"--kafka", e.Password, "--kafka-ca", e.CA, "--kafka-user", e.Username, "--kafka-password-file", file}
	certificate = []string{"--kafka", e.Mutual, "--kafka-ca", e.CA, "--kafka-cert", e.ClientCert, "--kafka-key", e.ClientKey}
	return plain, password, certificate
}

func TestEventsThroughApacheKafkaAreVerified(t *testing.T) {
	t.Parallel()
	plain, password, certificate := ways(t, testenv.KafkaEndpoints(t))
	events := "60000"
	if testing.Short() {
		events = "20000"
	}
	dir := t.TempDir()
	ask[any](t, slices.Concat([]string{"topics", "create", "--partitions", "4"}, plain)...)
	generate := process.Start(t, nil, slices.Concat([]string{"generate", "--start", "2026-01-01T00:00:00Z", "--count", events, "--seed", "7"}, badEvents, password)...)
	generate.Succeed()
	stream := startStream(t, dir, certificate)
	total := records(t, plain)
	process.Eventually(t, "the stream has read all", func() bool { return dispositions(t, stream) == total })
	stream.StopCleanly()
	process.Start(t, nil, slices.Concat([]string{"lake", "--once", "--data", dir}, password)...).Succeed()
	r := ask[verify.Report](t, slices.Concat([]string{"verify", "--deep", "--data", dir}, plain)...)
	if n, err := strconv.ParseInt(events, 10, 64); err != nil || total < n || r.Cut.Records != total || r.Cut.Waiting != 0 {
		t.Errorf("%d records are in the log of %s events, %d verified, %d waiting", total, events, r.Cut.Records, r.Cut.Waiting)
	}
	const filesOfTheLake = 7
	i := slices.IndexFunc(r.Invariants, func(i verify.Result) bool { return i.ID == filesOfTheLake })
	if i < 0 || r.Invariants[i].Checked < total {
		t.Errorf("the lake was not checked, or not all of it: %+v", r.Invariants)
	}
}

func TestWorkersComeAndGoOnApacheKafka(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for session timeouts")
	}
	t.Parallel()
	plain, password, certificate := ways(t, testenv.KafkaEndpoints(t))
	dir := t.TempDir()
	ask[any](t, slices.Concat([]string{"topics", "create", "--partitions", "4"}, plain)...)
	generate := process.Start(t, nil, slices.Concat([]string{"generate", "--rate", "1000"}, badEvents, plain)...)

	one := startStream(t, dir, password)
	working(t, one)
	two := startStream(t, dir, certificate)
	working(t, two)
	three := startStream(t, dir, plain)
	working(t, three)
	two.Kill() // its tasks come back after the session timeout
	before := dispositions(t, one) + dispositions(t, three)
	process.Eventually(t, "the others go on", func() bool { return dispositions(t, one)+dispositions(t, three) > before+2000 })
	three.StopCleanly()
	before = dispositions(t, one)
	process.Eventually(t, "the last one goes on", func() bool { return dispositions(t, one) > before+2000 })
	generate.Stop(syscall.SIGTERM) // a busy broker may not have confirmed all in time, which is a failure
	process.Eventually(t, "the stream has read all", func() bool {
		r := ask[verify.Report](t, slices.Concat([]string{"verify", "--data", dir}, plain)...)
		return r.Cut.Waiting == 0 && r.Cut.Records == records(t, plain)
	})
	one.StopCleanly()
}

// startStream starts a worker on the live tables of dir.
func startStream(t *testing.T, dir string, way []string) *process.Process {
	t.Helper()
	p := process.Start(t, nil, slices.Concat([]string{"stream", "--data", dir, "--operator-listen", "127.0.0.1:0"}, way)...)
	p.Await("metrics on ")
	return p
}

// working waits until the worker has tasks and folds events.
func working(t *testing.T, stream *process.Process) {
	t.Helper()
	process.Eventually(t, "the worker folds events", func() bool { return dispositions(t, stream) > 0 })
}

// records is how many records of the stream's topics the log holds.
func records(t *testing.T, way []string) int64 {
	t.Helper()
	inStream := map[string]bool{}
	for _, family := range store.Families {
		for _, topic := range family.Topics() {
			inStream[topic] = true
		}
	}
	var n int64
	for _, topic := range ask[[]kafka.TopicInfo](t, slices.Concat([]string{"topics", "list"}, way)...) {
		if inStream[topic.Topic] {
			n += topic.Records
		}
	}
	return n
}

var (
	metricsAt   = regexp.MustCompile(`http://\S+/metrics`)
	disposition = regexp.MustCompile(`(?m)^globalmart_stream_records_total\{[^}]*\} (\S+)$`)
)

// dispositions is how many records the worker has made durable since it started.
func dispositions(t *testing.T, stream *process.Process) int64 {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimRight(metricsAt.FindString(stream.Output()), ";"), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var sum float64
	for _, m := range disposition.FindAllStringSubmatch(string(text), -1) {
		n, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return int64(sum)
}

func TestABenchLeavesNothingOnACluster(t *testing.T) {
	t.Parallel()
	plain, password, _ := ways(t, testenv.KafkaEndpoints(t))
	figures := ask[struct{ Events, Applied int64 }](t, slices.Concat([]string{"bench", "stream", "--events", "5000"}, password)...)
	if figures.Events < 5000 || figures.Applied == 0 {
		t.Errorf("figures: %+v", figures)
	}
	process.Eventually(t, "no topic is left", func() bool { // a broker learns of it after the controller
		return len(ask[[]kafka.TopicInfo](t, slices.Concat([]string{"topics", "list"}, plain)...)) == 0
	})
	ask[any](t, slices.Concat([]string{"topics", "create"}, plain)...)
	refused := process.Start(t, nil, slices.Concat([]string{"bench", "stream", "--events", "5000"}, plain)...)
	if code := refused.Wait(); code != 1 || !strings.Contains(refused.Output(), "has a topic alerts already") {
		t.Errorf("on a cluster in use: exit code %d: %s", code, refused.Output())
	}
}
