package embedded_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/kafka/embedded"
	"globalmart/internal/testenv"
	"globalmart/internal/testenv/process"
)

// childDir, if set, makes the test binary a broker on that directory.
const childDir = "GLOBALMART_TEST_BROKER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		serve(dir)
	}
	os.Exit(m.Run())
}

// serve runs a broker until the process is killed.
func serve(dir string) {
	b, err := embedded.Start(context.Background(), options(dir, "127.0.0.1:0"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stdout, b.Addr())
	select {}
}

func options(dir, addr string) embedded.Options {
	return embedded.Options{DataDir: dir, Addr: addr, SyncWrites: true, Log: slog.New(slog.DiscardHandler)}
}

func start(t testing.TB, o embedded.Options) *embedded.Broker {
	t.Helper()
	b, err := embedded.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, b) })
	return b
}

func stop(t testing.TB, b *embedded.Broker) {
	t.Helper()
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

func configOf(addr string) kafka.Config {
	return kafka.Config{Brokers: []string{addr}, ClientID: "test"}
}

func createTopics(t testing.TB, cfg kafka.Config) {
	t.Helper()
	if err := kafka.CreateTopics(t.Context(), cfg, kafka.TopicPlan{Partitions: 4}); err != nil {
		t.Fatal(err)
	}
}

func newProducer(t testing.TB, cfg kafka.Config) *kafka.Producer {
	t.Helper()
	p, err := kafka.NewProducer(cfg, kafka.Live)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func send(t testing.TB, p *kafka.Producer, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := p.Send(t.Context(), event.TopicTransactions, fmt.Sprint(i), fmt.Append(nil, i), event.Time(i)); err != nil {
			t.Fatal(err)
		}
	}
}

func flush(t testing.TB, p *kafka.Producer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), process.Patience)
	defer cancel()
	if err := p.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

// values counts the records of transactions by value.
func values(t testing.TB, cfg kafka.Config) map[string]int {
	t.Helper()
	ends, err := kafka.LogEnds(t.Context(), cfg, event.TopicTransactions)
	if err != nil {
		t.Fatal(err)
	}
	times := map[string]int{}
	err = kafka.Scan(t.Context(), cfg, nil, ends, func(r *kgo.Record) error {
		times[string(r.Value)]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return times
}

func TestStartSaysWhatIsWrong(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	used := t.TempDir()
	start(t, options(used, "127.0.0.1:0"))
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		dir, addr string
		is        error
		says      string
	}{
		"port in use":         {t.TempDir(), taken.Addr().String(), syscall.EADDRINUSE, taken.Addr().String()},
		"directory in use":    {used, "127.0.0.1:0", embedded.ErrDirInUse, used},
		"every interface":     {t.TempDir(), "0.0.0.0:9092", embedded.ErrNotLoopback, "0.0.0.0:9092"},
		"no host":             {t.TempDir(), ":9092", embedded.ErrNotLoopback, ":9092"},
		"no port":             {t.TempDir(), "127.0.0.1", nil, "host:port"},
		"port is no number":   {t.TempDir(), "127.0.0.1:kafka", nil, "want a port"},
		"no directory":        {"", "127.0.0.1:0", nil, "no data directory"},
		"directory is a file": {file, "127.0.0.1:0", syscall.ENOTDIR, file},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b, err := embedded.Start(t.Context(), options(test.dir, test.addr))
			if err == nil {
				stop(t, b)
				t.Fatal("it started")
			}
			if test.is != nil && !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAFailedStartLeavesTheDirectoryFree(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	if b, err := embedded.Start(t.Context(), options(dir, taken.Addr().String())); err == nil {
		stop(t, b)
		t.Fatal("it started on a port in use")
	}
	start(t, options(dir, "127.0.0.1:0"))
}

func TestCloseFreesPortAndDirectory(t *testing.T) {
	dir := t.TempDir()
	b := start(t, options(dir, testenv.Address(t)))
	for range 3 {
		stop(t, b)
		stop(t, b) // again: nothing
		b = start(t, options(dir, b.Addr()))
	}
}

func TestOffsetsGoOnWhereTheyWereAfterARestart(t *testing.T) {
	dir := t.TempDir()
	b := start(t, options(dir, testenv.Address(t)))
	createTopics(t, configOf(b.Addr()))
	for round := range 3 {
		p := newProducer(t, configOf(b.Addr()))
		send(t, p, 100*round, 100*(round+1))
		flush(t, p)
		before, err := kafka.LogEnds(t.Context(), configOf(b.Addr()), event.TopicTransactions)
		if err != nil {
			t.Fatal(err)
		}
		stop(t, b)
		b = start(t, options(dir, b.Addr()))
		after, err := kafka.LogEnds(t.Context(), configOf(b.Addr()), event.TopicTransactions)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("round %d: ends (-before +after):\n%s", round, diff)
		}
	}
	if n := len(values(t, configOf(b.Addr()))); n != 300 {
		t.Errorf("%d records, want 300", n)
	}
}

func TestAcknowledgedRecordsSurviveKill(t *testing.T) {
	dir := t.TempDir()
	sent := 0
	for range 3 {
		child, addr := startChild(t, dir)
		cfg := configOf(addr)
		createTopics(t, cfg)
		p := newProducer(t, cfg)
		send(t, p, sent, sent+2000)
		flush(t, p)
		sent += 2000
		send(t, p, 1_000_000, 1_000_500) // in flight: may or may not be there
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait()
	}
	b := start(t, options(dir, "127.0.0.1:0"))
	times := values(t, configOf(b.Addr()))
	for i := range sent {
		if times[fmt.Sprint(i)] == 0 {
			t.Errorf("record %d of %d was acknowledged and is not in the log", i, sent)
		}
	}
}

// startChild runs a broker in a process of its own.
func startChild(t *testing.T, dir string) (child *exec.Cmd, addr string) {
	t.Helper()
	child = exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the child did not start: %v", err)
	}
	return child, strings.TrimSpace(line)
}

func TestEveryBatchStaysBelowTheLimitOfTheTopics(t *testing.T) {
	b := start(t, options(t.TempDir(), "127.0.0.1:0"))
	cfg := configOf(b.Addr())
	createTopics(t, cfg)
	p := newProducer(t, cfg)
	value := make([]byte, 512<<10)
	for range 50 {
		if err := p.Send(t.Context(), event.TopicTransactions, "k", value, 0); err != nil {
			t.Fatal(err)
		}
	}
	flush(t, p)
	if diff := cmp.Diff(map[string]kafka.Counts{event.TopicTransactions: {Produced: 50, Acked: 50}}, p.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestOldRecordsAreNotTrimmed(t *testing.T) {
	dir := t.TempDir()
	b := start(t, options(dir, "127.0.0.1:0"))
	cfg := configOf(b.Addr())
	createTopics(t, cfg)
	p := newProducer(t, cfg)
	send(t, p, 0, 100) // 1970
	flush(t, p)
	embedded.ApplyRetention(b)
	if n := len(values(t, cfg)); n != 100 {
		t.Errorf("%d records, want 100", n)
	}
}

func TestKcatReadsOffsetsAndTimes(t *testing.T) {
	kcat, err := exec.LookPath("kcat")
	if err != nil {
		if os.Getenv("GLOBALMART_TEST_REQUIRE") != "" {
			t.Fatal("kcat is not installed, and GLOBALMART_TEST_REQUIRE is set")
		}
		t.Skip("install kcat to run")
	}
	b := start(t, options(t.TempDir(), "127.0.0.1:0"))
	createTopics(t, configOf(b.Addr()))
	p := newProducer(t, configOf(b.Addr()))
	at := event.TimeOf(time.Date(2011, 11, 25, 8, 0, 0, 123e6, time.UTC))
	var want []string
	offsets := map[int32]int{}
	for key, partition := range map[string]int32{"21": 0, "foobar": 2, "abc": 3} {
		for i := range 3 {
			if err := p.Send(t.Context(), event.TopicTransactions, key, fmt.Appendf(nil, `{"n":%d}`, i), at); err != nil {
				t.Fatal(err)
			}
			want = append(want, fmt.Sprintf(`%d %d %d %s {"n":%d}`, partition, offsets[partition], at, key, i))
			offsets[partition]++
		}
	}
	flush(t, p)
	ctx, cancel := context.WithTimeout(t.Context(), process.Patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, kcat, "-b", b.Addr(), "-C", "-t", event.TopicTransactions, "-o", "beginning", "-e", "-q", "-f", `%p %o %T %k %s\n`).CombinedOutput()
	if err != nil {
		t.Fatalf("kcat: %v: %s", err, out)
	}
	got := strings.Split(strings.TrimSpace(string(out)), "\n")
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}
