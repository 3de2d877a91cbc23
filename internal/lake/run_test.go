package lake_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sys/unix"

	"globalmart/internal/event"
	"globalmart/internal/lake"
)

const logPartitions = 2

// testLog is a log on a network of its own.
type testLog struct {
	t       *testing.T
	cluster *kfake.Cluster
	dial    kgo.Opt
	sent    map[lake.Place]int
}

func newLog(t *testing.T) *testLog {
	t.Helper()
	network := new(kfake.VirtualNetwork)
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1), kfake.Ports(9092), kfake.ListenFn(network.Listen), kfake.SeedTopics(logPartitions, lake.Topics...),
	)
	if err != nil {
		t.Fatal(err)
	}
	return &testLog{t, cluster, kgo.Dialer(network.DialContext), map[lake.Place]int{}}
}

func (l *testLog) client(opts ...kgo.Opt) *kgo.Client {
	c, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(l.cluster.ListenAddrs()...), l.dial, kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.MetadataMinAge(10 * time.Millisecond), kgo.ConsumeResetOffset(kgo.NoResetOffset()), kgo.KeepControlRecords(), kgo.FetchMaxWait(50 * time.Millisecond),
	}, opts...)...)
	if err != nil {
		l.t.Fatal(err)
	}
	return c
}

// send adds n orders to a partition.
func (l *testLog) send(partition int32, n int) {
	l.t.Helper()
	c := l.client()
	defer c.Close()
	at := lake.Place{Topic: event.TopicTransactions, Partition: partition}
	for range n {
		r := recordOf(order(l.sent[at]), partition, 0)
		if err := c.ProduceSync(l.t.Context(), r).FirstErr(); err != nil {
			l.t.Fatal(err)
		}
		l.sent[at]++
	}
}

// trim removes what lies below offset.
func (l *testLog) trim(partition int32, offset int64) {
	l.t.Helper()
	c := l.client()
	defer c.Close()
	var offsets kadm.Offsets
	offsets.Add(kadm.Offset{Topic: event.TopicTransactions, Partition: partition, At: offset, LeaderEpoch: -1})
	if _, err := kadm.NewClient(c).DeleteRecords(l.t.Context(), offsets); err != nil {
		l.t.Fatal(err)
	}
}

func (l *testLog) Bounds(ctx context.Context, topics ...string) (starts, ends lake.Offsets, err error) {
	c := l.client()
	defer c.Close()
	admin := kadm.NewClient(c)
	first, err := admin.ListStartOffsets(ctx, topics...)
	if err != nil {
		return nil, nil, err
	}
	last, err := admin.ListEndOffsets(ctx, topics...)
	return listed(first), listed(last), err
}

func listed(all kadm.ListedOffsets) lake.Offsets {
	offsets := lake.Offsets{}
	all.Each(func(o kadm.ListedOffset) {
		if offsets[o.Topic] == nil {
			offsets[o.Topic] = map[int32]int64{}
		}
		offsets[o.Topic][o.Partition] = o.Offset
	})
	return offsets
}

func (l *testLog) Follow(from lake.Offsets) (lake.Feed, error) {
	consume := map[string]map[int32]kgo.Offset{}
	for topic, partitions := range from {
		consume[topic] = map[int32]kgo.Offset{}
		for p, at := range partitions {
			consume[topic][p] = kgo.NewOffset().At(at)
		}
	}
	return l.client(kgo.ConsumePartitions(consume)), nil
}

func (l *testLog) Scan(ctx context.Context, from, to lake.Offsets, fn func(*kgo.Record) error) error {
	left := 0
	for topic, partitions := range to {
		for p, end := range partitions {
			left += int(end - from[topic][p])
		}
	}
	if left == 0 {
		return nil
	}
	feed, err := l.Follow(from)
	if err != nil {
		return err
	}
	defer feed.Close()
	for left > 0 {
		fetches := feed.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return err
		}
		var failed error
		fetches.EachRecord(func(r *kgo.Record) {
			if r.Offset < to[r.Topic][r.Partition] && failed == nil {
				failed = fn(r)
				left--
			}
		})
		if failed != nil {
			return failed
		}
	}
	return nil
}

// running is a runner that runs.
type running struct {
	*lake.Runner
	stop func() error
}

// run starts a runner on dir.
func run(t *testing.T, l *testLog, cfg lake.Config) running {
	t.Helper()
	w, err := lake.Open(cfg, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	r := &lake.Runner{Log: l, Writer: w, Now: time.Now, Logger: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	return running{r, func() error { cancel(); return <-done }}
}

// inBubble runs a test with a lake and a log on virtual time, and then reads the
// lake (not in the bubble, where the decoder of zstd cannot be shared).
func inBubble(t *testing.T, test func(t *testing.T, l *testLog, dir string)) {
	t.Helper()
	dir := t.TempDir()
	bubble(t, dir, test)
	sound(t, dir, lake.SourceRaw)
}

func bubble(t *testing.T, dir string, test func(t *testing.T, l *testLog, dir string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := newLog(t)
		defer l.cluster.Close()
		test(t, l, dir)
	})
}

// part is what the footers say of the partition that tests send to.
func part(t *testing.T, dir string) lake.Part {
	t.Helper()
	r := check(t, dir, lake.SourceRaw, false)
	if err := r.Err(); err != nil {
		t.Error(err)
	}
	if len(r.Parts) == 0 {
		t.Fatal("the lake is empty")
	}
	return r.Parts[0]
}

var place0 = lake.Place{Topic: event.TopicTransactions}

func TestRunFollowsTheLog(t *testing.T) {
	inBubble(t, func(t *testing.T, l *testLog, dir string) {
		l.send(0, 10)
		r := run(t, l, config(dir))
		time.Sleep(time.Minute)
		l.send(0, 5)
		l.send(1, 3)
		time.Sleep(3 * time.Minute)
		if s := r.Status(); s.Behind != 0 || s.Files != 0 || s.Down != nil {
			t.Errorf("after 4 minutes: %+v", s)
		}
		time.Sleep(5 * time.Minute)
		if s := r.Status(); s.Files != 2 || s.Records != 18 {
			t.Errorf("after 9 minutes: %+v, want 18 records in 2 files", s)
		}
		l.send(1, 4)
		time.Sleep(10 * time.Second)
		if err := r.stop(); err != nil {
			t.Errorf("stopped: %v", err)
		}
		report := check(t, dir, lake.SourceRaw, false)
		if len(report.Parts) != 2 || report.Parts[0].Next != 15 || report.Parts[1].Next != 7 {
			t.Errorf("found %+v", report.Parts)
		}

		l.send(0, 2)
		r = run(t, l, config(dir))
		time.Sleep(10 * time.Second)
		if err := r.stop(); err != nil {
			t.Errorf("stopped: %v", err)
		}
		if p := part(t, dir); p.Next != 17 || p.Sum.Records != 17 {
			t.Errorf("found %+v, want 17 records", p)
		}
	})
}

func TestRunFinishesItsFilesWhenAsked(t *testing.T) {
	inBubble(t, func(t *testing.T, l *testLog, dir string) {
		l.send(0, 10)
		r := run(t, l, config(dir))
		time.Sleep(2 * time.Second)
		if s := r.Status(); !s.Following || s.Files != 0 {
			t.Errorf("after 2 seconds: %+v, want no file yet", s)
		}
		if ends := (lake.Offsets{place0.Topic: {0: 10}}); !r.Reached(ends) {
			t.Error("it has not reached the end of the log")
		}
		if ends := (lake.Offsets{place0.Topic: {0: 11}}); r.Reached(ends) {
			t.Error("it has reached more than there is")
		}
		r.Roll()
		time.Sleep(2 * time.Second)
		if s := r.Status(); s.Files != 1 || s.Records != 10 || r.Writer.Floor()[place0] != 10 {
			t.Errorf("after it was asked: %+v, want a file of 10 records", s)
		}
		if err := r.stop(); err != nil {
			t.Errorf("stopped: %v", err)
		}
		if r.Status().Following {
			t.Error("it says that it follows the log although it has stopped")
		}
	})
}

func TestRunStopsWhereTheLogHasLostRecords(t *testing.T) {
	inBubble(t, func(t *testing.T, l *testLog, dir string) {
		l.send(0, 10)
		r := run(t, l, config(dir))
		time.Sleep(time.Second)
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		l.send(0, 10)
		l.trim(0, 15)
		r = run(t, l, config(dir))
		time.Sleep(time.Second)
		err := r.stop()
		lost, ok := errors.AsType[*lake.LostError](err)
		if !ok || lost.First != 10 || lost.Start != 15 {
			t.Fatalf("got %v, want offsets 10 to 14 lost", err)
		}
		if err := lake.AcceptLoss(dir, lost.Place, lost.First, lost.Start-1, "tested", start); err != nil {
			t.Fatal(err)
		}
		r = run(t, l, config(dir))
		time.Sleep(time.Second)
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		if p := part(t, dir); p.Next != 20 || p.Lost != 5 || p.Sum.Records != 15 {
			t.Errorf("found %+v", p)
		}
	})
}

func TestRunStopsWhereTheLogIsTrimmedUnderIt(t *testing.T) {
	inBubble(t, func(t *testing.T, l *testLog, dir string) {
		cfg := config(dir)
		cfg.RollAfter = time.Second
		hangs := atomic.Bool{}
		hangs.Store(true)
		cfg.Failpoint = func(string) {
			for hangs.Load() {
				time.Sleep(time.Second) // the disk does not answer
			}
		}
		l.send(0, 10)
		r := run(t, l, cfg)
		time.Sleep(5 * time.Second)
		l.send(0, 1) // this the client fetches, and then no more until it is asked
		time.Sleep(time.Second)
		l.send(0, 20)
		l.trim(0, 25)
		hangs.Store(false)
		time.Sleep(time.Minute)
		lost, ok := errors.AsType[*lake.LostError](r.stop())
		if !ok || lost.First != 11 || lost.Start != 25 {
			t.Errorf("got %v, want offsets 11 to 24 lost", lost)
		}
		if p := part(t, dir); p.Next != 11 {
			t.Errorf("the lake ends at %d, want 11", p.Next)
		}
	})
}

func TestRunRefusesAnotherLog(t *testing.T) {
	for name, n := range map[string]int{"longer": 20, "shorter": 5} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			bubble(t, dir, func(t *testing.T, l *testLog, dir string) {
				l.send(0, 10)
				r := run(t, l, config(dir))
				time.Sleep(time.Second)
				if err := r.stop(); err != nil {
					t.Fatal(err)
				}
			})
			bubble(t, dir, func(t *testing.T, l *testLog, dir string) {
				l.sent[place0] = 1000 // other orders
				l.send(0, n)
				r := run(t, l, config(dir))
				time.Sleep(time.Second)
				if err := r.stop(); !errors.Is(err, lake.ErrOtherLog) {
					t.Errorf("got %v, want another log", err)
				}
			})
		})
	}
}

// TestRunGoesOnWhenSpaceReturns fills a file system of 1 MB.
func TestRunGoesOnWhenSpaceReturns(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	bubble(t, dir, func(t *testing.T, l *testLog, dir string) {
		full := filepath.Join(dir, "full")
		w, err := lake.Open(config(dir), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		_ = os.WriteFile(full, make([]byte, 1<<20), 0o600) // as much as fits
		r := &lake.Runner{Log: l, Writer: w, Now: time.Now, Logger: slog.New(slog.DiscardHandler)}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		l.send(0, 50)
		time.Sleep(6 * time.Minute)
		if s := r.Status(); s.Down == nil || !errors.Is(s.Down, unix.ENOSPC) {
			t.Errorf("with a full disk: %+v", s)
		}
		l.send(0, 50)
		time.Sleep(6 * time.Minute)
		if n := len(files(t, dir)); n != 0 {
			t.Errorf("found %d files on a full disk", n)
		}
		if err := os.Remove(full); err != nil {
			t.Fatal(err)
		}
		time.Sleep(12 * time.Minute)
		if s := r.Status(); s.Down != nil || s.Records != 100 {
			t.Errorf("with space again: %+v", s)
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("stopped: %v", err)
		}
		if p := part(t, dir); p.Next != 100 || p.Sum.Records != 100 {
			t.Errorf("found %+v", p)
		}
	})
}
