package kafka_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
)

// TestABatchThatGrowsBeyondItsBoundIsRefused reads one that compresses more than
// any events do.
func TestABatchThatGrowsBeyondItsBoundIsRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		megabytes int
		refused   bool
	}{
		"thirty times what a topic accepts": {30, false},
		"forty times what a topic accepts":  {40, true},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVirtual(t)
			defer v.cluster.Close()
			bomber, err := kgo.NewClient(kgo.SeedBrokers(v.cfg.Brokers...), v.dial, kgo.ProducerBatchCompression(kgo.ZstdCompression()),
				kgo.ProducerBatchMaxBytes(64<<20), kgo.BrokerMaxWriteBytes(128<<20), kgo.RecordPartitioner(kgo.ManualPartitioner()))
			if err != nil {
				t.Fatal(err)
			}
			defer bomber.Close()
			bomb := &kgo.Record{Topic: event.TopicProductViews, Value: make([]byte, tt.megabytes<<20)}
			if err := bomber.ProduceSync(t.Context(), bomb).FirstErr(); err != nil {
				t.Fatal(err)
			}
			read := 0
			to := kafka.Offsets{event.TopicProductViews: {0: 1}}
			err = kafka.Scan(t.Context(), v.cfg, nil, to, func(r *kgo.Record) error { read += len(r.Value); return nil }, v.dial)
			if got := errors.Is(err, kgo.ErrMaxDecompress); got != tt.refused || (err != nil) != tt.refused {
				t.Errorf("%d bytes were read, error %v; refused should be %t", read, err, tt.refused)
			}
		})
	}
}

// lines are the messages of a log of JSON lines, with how many were omitted.
func lines(t *testing.T, log *bytes.Buffer) (messages []string, omitted int) {
	t.Helper()
	for line := range strings.Lines(log.String()) {
		var entry struct {
			Level, Msg string
			Omitted    int
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		messages = append(messages, entry.Level+" "+entry.Msg)
		omitted += entry.Omitted
	}
	return messages, omitted
}

func TestWhatAClientWarnsOfReachesTheLogOnceInAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		cfg := kafka.Config{Brokers: []string{"127.0.0.1:1"}, Log: slog.New(slog.NewJSONHandler(&log, nil))}
		refuse := kgo.Dialer(func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("refused") })
		member, err := kafka.NewGroup(cfg, "g", []string{event.TopicProductViews}, kafka.GroupHooks{}, refuse)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(95 * time.Second) // of the bubble's clock
		member.Close()
		synctest.Wait()
		messages, omitted := lines(t, &log)
		opened := 0
		for _, m := range messages {
			if strings.HasPrefix(m, "WARN kafka client: unable to open connection to broker") {
				opened++
			}
		}
		if opened < 2 || opened > 4 || omitted == 0 {
			t.Errorf("%d messages in 95 s, %d omitted: %q", opened, omitted, messages)
		}
	})
}

func TestAClientIsSilentWhileAllIsWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVirtual(t)
		var log bytes.Buffer
		v.cfg.Log = slog.New(slog.NewJSONHandler(&log, nil))
		p := newProducer(t, v.cfg, kafka.Live, v.dial)
		send(t, p, event.TopicProductViews, 100)
		for range 2 { // the second makes the group change
			member, err := kafka.NewGroup(v.cfg, "g", []string{event.TopicProductViews}, kafka.GroupHooks{}, v.dial)
			if err != nil {
				t.Fatal(err)
			}
			defer member.CloseAllowingRebalance()
			member.PollFetches(t.Context())
			member.AllowRebalance()
			time.Sleep(10 * time.Second) // of the bubble's clock
		}
		p.Close()
		if log.Len() > 0 {
			t.Errorf("the log has:\n%s", &log)
		}
		t.Cleanup(v.cluster.Close)
	})
}
