package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/testenv"
)

func TestRecordsKeepKeyValueAndTimeAcrossARestart(t *testing.T) {
	dir := t.TempDir()
	b := start(t, dir, testenv.Address(t))
	cfg := configOf(b)
	createTopics(t, cfg)
	send(t, newProducer(t, cfg, kafka.Live), event.TopicTransactions, 100)
	stop(t, b)
	start(t, dir, b.Addr())

	got := map[string]string{}
	for _, r := range readAll(t, cfg, nil, event.TopicTransactions) {
		got[string(r.Key)] = string(r.Value) + " " + event.TimeOf(r.Timestamp).String()
	}
	want := map[string]string{}
	for i := range 100 {
		want[fmt.Sprintf("k%d", i)] = fmt.Sprintf("v%d ", i) + testTime(i).String()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

// The hashes are those of Kafka's own test, UtilsTest.testMurmur2; the partition
// is BuiltInPartitioner.partitionForKey: toPositive(hash) % partitions.
func TestKeysArePartitionedAsByKafka(t *testing.T) {
	onEveryLog(t, func(t *testing.T, cfg kafka.Config) {
		p := newProducer(t, cfg, kafka.Live)
		want := map[string]int32{}
		for key, hash := range map[string]int32{
			"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536,
			"a-little-bit-longer-string":                       -1486304829,
			"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
			"abc": 479470107,
		} {
			want[key] = (hash & 0x7fffffff) % testPartitions
			if err := p.Send(t.Context(), event.TopicCartEvents, key, nil, 0); err != nil {
				t.Fatal(err)
			}
		}
		flush(t, p)
		got := map[string]int32{}
		for _, r := range readAll(t, cfg, nil, event.TopicCartEvents) {
			got[string(r.Key)] = r.Partition
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("partitions (-want +got):\n%s", diff)
		}
	})
}

func TestSendCopiesTheValue(t *testing.T) {
	onEveryLog(t, func(t *testing.T, cfg kafka.Config) {
		p := newProducer(t, cfg, kafka.Bulk)
		value := []byte("first")
		for range 2 {
			if err := p.Send(t.Context(), event.TopicAlerts, "", value, 0); err != nil {
				t.Fatal(err)
			}
			copy(value, "other")
		}
		flush(t, p)
		got := ""
		for _, r := range readAll(t, cfg, nil, event.TopicAlerts) {
			got += string(r.Value) + " "
			if r.Key != nil {
				t.Errorf("an empty key came back as %q, want none", r.Key)
			}
		}
		if got != "first other " {
			t.Errorf("got %q", got)
		}
	})
}

func TestLargestRecordsPassAndLargerOnesAreRefused(t *testing.T) {
	onEveryLog(t, func(t *testing.T, cfg kafka.Config) {
		p := newProducer(t, cfg, kafka.Bulk)
		for range 4 { // more than one batch
			if err := p.Send(t.Context(), event.TopicTransactions, "k", make([]byte, kafka.MaxRecordBytes-1), 0); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Send(t.Context(), event.TopicTransactions, "k", make([]byte, kafka.MaxRecordBytes), 0); !errors.Is(err, kafka.ErrTooLarge) {
			t.Errorf("a larger record: %v", err)
		}
		flush(t, p)
		if n := len(readAll(t, cfg, nil, event.TopicTransactions)); n != 4 {
			t.Errorf("%d records, want 4", n)
		}
	})
}

func TestNothingIsLostWhenTheBrokerRestarts(t *testing.T) {
	dir := t.TempDir()
	b := start(t, dir, testenv.Address(t))
	cfg := configOf(b)
	createTopics(t, cfg)
	p := newProducer(t, cfg, kafka.Live)
	sent := make(chan int, 1)
	half := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		n := 0
		for ; ctx.Err() == nil; n++ {
			if n == 2000 {
				close(half)
			}
			if p.Send(ctx, event.TopicProductViews, fmt.Sprint(n), fmt.Append(nil, n), testTime(n)) != nil {
				break
			}
			if n > 2000 {
				pause(ctx, 100*time.Microsecond)
			}
		}
		sent <- n
	}()
	<-half
	for range 2 {
		stop(t, b)
		b = start(t, dir, b.Addr())
	}
	cancel()
	n := <-sent
	flush(t, p)

	times := map[string]int{}
	for _, r := range readAll(t, cfg, nil, event.TopicProductViews) {
		times[string(r.Value)]++
	}
	for i := range n {
		if times[fmt.Sprint(i)] != 1 {
			t.Errorf("record %d of %d is %d times in the log", i, n, times[fmt.Sprint(i)])
		}
	}
	if c := p.Counts()[event.TopicProductViews]; c.Acked != c.Produced || c.Failed != 0 {
		t.Errorf("counts: %+v", c)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// refuse makes the broker answer the next n produce requests (-1: all of them) with
// code and store nothing.
func (v virtual) refuse(n int, code int16) {
	v.cluster.ControlKey(int16(kmsg.Produce), func(request kmsg.Request) (kmsg.Response, error, bool) {
		if n == 0 {
			v.cluster.DropControl()
			return nil, nil, false
		}
		v.cluster.KeepControl()
		n--
		req := request.(*kmsg.ProduceRequest)
		resp := req.ResponseKind().(*kmsg.ProduceResponse)
		for _, topic := range req.Topics {
			rt := kmsg.ProduceResponseTopic{Topic: topic.Topic, TopicID: topic.TopicID}
			for _, p := range topic.Partitions {
				rp := kmsg.NewProduceResponseTopicPartition()
				rp.Partition, rp.ErrorCode = p.Partition, code
				rt.Partitions = append(rt.Partitions, rp)
			}
			resp.Topics = append(resp.Topics, rt)
		}
		return resp, nil, true
	})
}

func TestRefusedRecordsAreSentAgainUntilTheyAreTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVirtual(t)
		defer v.cluster.Close()
		p := newProducer(t, v.cfg, kafka.Live, v.dial)
		v.refuse(5, kerr.UnknownServerError.Code)
		send(t, p, event.TopicTransactions, 500)

		times := map[string]int{}
		for _, r := range readAll(t, v.cfg, []kgo.Opt{v.dial}, event.TopicTransactions) {
			times[fmt.Sprintf("%s=%s@%s", r.Key, r.Value, event.TimeOf(r.Timestamp))]++
		}
		for i := range 500 {
			if k := fmt.Sprintf("k%d=v%d@%s", i, i, testTime(i)); times[k] != 1 {
				t.Errorf("%s is %d times in the log", k, times[k])
			}
		}
		c := p.Counts()[event.TopicTransactions]
		if c.Retried == 0 {
			t.Error("no record was counted as sent anew")
		}
		c.Retried = 0
		if diff := cmp.Diff(kafka.Counts{Produced: 500, Acked: 500}, c); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
		if err := p.Err(); err != nil {
			t.Error(err)
		}
		closeAll(t, p)
	})
}

// closeAll ends what would outlive the bubble.
func closeAll(t *testing.T, producers ...*kafka.Producer) {
	t.Helper()
	for _, p := range producers {
		p.Close()
	}
}

func TestRecordsThatTheBrokerNeverTakesAreGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVirtual(t)
		defer v.cluster.Close()
		p := newProducer(t, v.cfg, kafka.Live, v.dial)
		v.refuse(1, kerr.MessageTooLarge.Code)
		if err := p.Send(t.Context(), event.TopicAlerts, "k", []byte("v"), 0); err != nil {
			t.Fatal(err)
		}
		if err := p.Flush(t.Context()); !errors.Is(err, kerr.MessageTooLarge) || !strings.Contains(err.Error(), event.TopicAlerts) {
			t.Errorf("flush: %v", err)
		}
		if diff := cmp.Diff(kafka.Counts{Produced: 1, Failed: 1}, p.Counts()[event.TopicAlerts]); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
		closeAll(t, p)
	})
}

func TestFlushSaysWhyRecordsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVirtual(t)
		defer v.cluster.Close()
		p := newProducer(t, v.cfg, kafka.Live, v.dial)
		v.refuse(-1, kerr.UnknownServerError.Code)
		if err := p.Send(t.Context(), event.TopicAlerts, "k", []byte("v"), 0); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		err := p.Flush(ctx)
		if !errors.Is(err, kerr.UnknownServerError) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		closeAll(t, p)
		c := p.Counts()[event.TopicAlerts]
		if c.Failed != 1 || c.Acked != 0 {
			t.Errorf("after Close: %+v", c)
		}
		if c.Retried < 700 || c.Retried > 800 { // at most every 5 s
			t.Errorf("sent %d times in an hour", c.Retried)
		}
	})
}

func TestSendBlocksWhileTooMuchWaitsAndEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVirtual(t)
		defer v.cluster.Close()
		p := newProducer(t, v.cfg, kafka.Live, v.dial)
		v.refuse(-1, kerr.UnknownServerError.Code)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		value := make([]byte, 100_000)
		n := 0
		for n < 10_000 {
			if err := p.Send(ctx, event.TopicTransactions, "k", value, 0); err != nil {
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
				break
			}
			n++
		}
		if n < 500 || n > 700 {
			t.Errorf("%d records of 100 kB were queued, want about 64 MB", n)
		}
		closeAll(t, p)
		if c := p.Counts()[event.TopicTransactions]; c.Failed != int64(n) {
			t.Errorf("%d queued, %+v", n, c)
		}
		if err := p.Send(t.Context(), event.TopicTransactions, "k", value, 0); !errors.Is(err, kafka.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	})
}

func TestARecordOutlivesTheContextThatSentIt(t *testing.T) {
	onEveryLog(t, func(t *testing.T, cfg kafka.Config) {
		p := newProducer(t, cfg, kafka.Bulk)
		ctx, cancel := context.WithCancel(t.Context())
		if err := p.Send(ctx, event.TopicAlerts, "k", []byte("v"), 0); err != nil {
			t.Fatal(err)
		}
		cancel()
		flush(t, p)
		if n := len(readAll(t, cfg, nil, event.TopicAlerts)); n != 1 {
			t.Errorf("%d records, want 1", n)
		}
	})
}
