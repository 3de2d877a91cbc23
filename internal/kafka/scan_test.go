package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/testenv/process"
)

// fill puts n records into each of two partitions of transactions, in batches of
// a few records, with values 0 to n-1.
func fill(t *testing.T, cfg kafka.Config, n int, extra ...kgo.Opt) {
	t.Helper()
	client := newClient(t, cfg, append([]kgo.Opt{kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0)}, extra...)...)
	for i := range n {
		for p := range int32(2) {
			client.Produce(t.Context(), &kgo.Record{Topic: event.TopicTransactions, Partition: p, Value: fmt.Append(nil, i)}, nil)
		}
		if i%7 == 0 {
			if err := client.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func transactions(p0, p1 int64) kafka.Offsets {
	return kafka.Offsets{event.TopicTransactions: {0: p0, 1: p1}}
}

// span lists the values from up to, not including, to.
func span(from, to int) []string {
	values := []string{}
	for i := from; i < to; i++ {
		values = append(values, fmt.Sprint(i))
	}
	return values
}

func TestScanReadsExactlyWhatIsAskedFor(t *testing.T) {
	onEveryLog(t, func(t *testing.T, cfg kafka.Config) {
		fill(t, cfg, 100)
		tests := map[string]struct {
			from, to kafka.Offsets
			want     map[int32][]string
		}{
			"everything":        {nil, transactions(100, 100), map[int32][]string{0: span(0, 100), 1: span(0, 100)}},
			"a part of each":    {transactions(10, 93), transactions(13, 100), map[int32][]string{0: span(10, 13), 1: span(93, 100)}},
			"one record":        {transactions(50, 0), transactions(51, 0), map[int32][]string{0: span(50, 51)}},
			"nothing":           {transactions(50, 100), transactions(50, 100), map[int32][]string{}},
			"from above to":     {transactions(60, 100), transactions(50, 100), map[int32][]string{}},
			"no partition":      {nil, nil, map[int32][]string{}},
			"one only, from 0":  {nil, kafka.Offsets{event.TopicTransactions: {1: 3}}, map[int32][]string{1: span(0, 3)}},
			"the last one only": {transactions(99, 100), transactions(100, 100), map[int32][]string{0: span(99, 100)}},
		}
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				got := map[int32][]string{}
				err := kafka.Scan(t.Context(), cfg, test.from, test.to, func(r *kgo.Record) error {
					got[r.Partition] = append(got[r.Partition], string(r.Value))
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("values (-want +got):\n%s", diff)
				}
			})
		}
	})
}

func TestScanRefusesWhatTheLogDoesNotHold(t *testing.T) {
	onEveryLog(t, func(t *testing.T, cfg kafka.Config) {
		fill(t, cfg, 20)
		trim(t, cfg, 5)
		tests := map[string]struct {
			from, to kafka.Offsets
			want     error
		}{
			"trimmed":                {transactions(4, 0), kafka.Offsets{event.TopicTransactions: {0: 10}}, kafka.ErrTrimmed},
			"from the start is fine": {transactions(5, 0), kafka.Offsets{event.TopicTransactions: {0: 10}}, nil},
			"beyond the end":         {transactions(5, 0), kafka.Offsets{event.TopicTransactions: {0: 21}}, kafka.ErrBeyondEnd},
		}
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				err := kafka.Scan(t.Context(), cfg, test.from, test.to, func(*kgo.Record) error { return nil })
				if !errors.Is(err, test.want) {
					t.Errorf("got %v, want %v", err, test.want)
				}
			})
		}
		if err := kafka.Scan(t.Context(), cfg, nil, kafka.Offsets{event.TopicAlerts: {7: 1}}, nil); err == nil {
			t.Error("a partition that is not there was read")
		}
	})
}

// trim deletes what lies below to in partition 0 of transactions.
func trim(t *testing.T, cfg kafka.Config, to int64, extra ...kgo.Opt) {
	t.Helper()
	offsets := kadm.Offsets{}
	offsets.Add(kadm.Offset{Topic: event.TopicTransactions, Partition: 0, At: to})
	if _, err := admin(t, cfg, extra...).DeleteRecords(t.Context(), offsets); err != nil {
		t.Fatal(err)
	}
}

func TestScanEndsWithTheErrorOfItsFunctionOrContext(t *testing.T) {
	onEveryLog(t, func(t *testing.T, cfg kafka.Config) {
		fill(t, cfg, 20)
		want := errors.New("stop")
		calls := 0
		err := kafka.Scan(t.Context(), cfg, nil, transactions(20, 20), func(*kgo.Record) error { calls++; return want })
		if !errors.Is(err, want) || calls != 1 {
			t.Errorf("got %v after %d calls", err, calls)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := kafka.Scan(ctx, cfg, nil, transactions(20, 20), func(*kgo.Record) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	})
}

func TestScanEndsAtAControlRecord(t *testing.T) {
	onEveryLog(t, func(t *testing.T, cfg kafka.Config) {
		client := newClient(t, cfg, kgo.TransactionalID("tx"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		client.Produce(t.Context(), &kgo.Record{Topic: event.TopicTransactions, Value: []byte("0")}, nil)
		if err := client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := client.EndTransaction(t.Context(), kgo.TryCommit); err != nil {
			t.Fatal(err)
		}
		awaitControlRecord(t, cfg)
		got := readAll(t, cfg, nil, event.TopicTransactions)
		if len(got) != 1 || string(got[0].Value) != "0" {
			t.Errorf("got %d records, want the one that is not a control record", len(got))
		}
	})
}

// awaitControlRecord waits until the first record of transactions has a control
// record after it: Apache Kafka writes that after it has confirmed the commit.
func awaitControlRecord(t *testing.T, cfg kafka.Config) {
	t.Helper()
	process.Eventually(t, "the log has a control record", func() bool {
		ends, err := kafka.LogEnds(t.Context(), cfg, event.TopicTransactions)
		if err != nil {
			t.Fatal(err)
		}
		return ends[event.TopicTransactions][0] == 2
	})
}

func TestScanGivesUpWhenTheBrokerFallsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVirtual(t)
		p := newProducer(t, v.cfg, kafka.Live, v.dial)
		for range 100 { // several fetches of 2 MB
			if err := p.Send(t.Context(), event.TopicAlerts, "", make([]byte, 100_000), 0); err != nil {
				t.Fatal(err)
			}
		}
		flush(t, p)
		closeAll(t, p)
		begin := time.Now()
		n := 0
		err := kafka.Scan(t.Context(), v.cfg, nil, kafka.Offsets{event.TopicAlerts: {0: 100}}, func(*kgo.Record) error {
			n++
			v.cluster.Close()
			return nil
		}, v.dial)
		if err == nil || !strings.Contains(err.Error(), event.TopicAlerts+"[0]") {
			t.Errorf("got %v after %d records", err, n)
		}
		if took := time.Since(begin); took < 30*time.Second || took > time.Minute {
			t.Errorf("took %s", took)
		}
	})
}

func TestRecordAtFindsWhatIsThereAndNothingElse(t *testing.T) {
	onEveryLog(t, func(t *testing.T, cfg kafka.Config) {
		fill(t, cfg, 100)
		trim(t, cfg, 10)
		at := func(p int32, o int64) kafka.At {
			return kafka.At{Topic: event.TopicTransactions, Partition: p, Offset: o}
		}
		asked := []kafka.At{
			at(0, 9), at(0, 10), at(0, 99), at(0, 100), at(0, 50), at(1, 0), at(1, 1<<40), at(1, -1), at(2, 0), at(99, 0),
			{Topic: event.TopicAlerts, Offset: 0},
		}
		found, err := kafka.RecordAt(t.Context(), cfg, asked)
		if err != nil {
			t.Fatal(err)
		}
		got := map[kafka.At]string{}
		for a, r := range found {
			got[a] = string(r.Value)
		}
		want := map[kafka.At]string{at(0, 10): "10", at(0, 99): "99", at(0, 50): "50", at(1, 0): "0"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
		if found, err := kafka.RecordAt(t.Context(), cfg, nil); err != nil || len(found) != 0 {
			t.Errorf("nothing asked for: %v, %v", found, err)
		}
	})
}

func TestStartsAndEndsAreThoseOfTheLog(t *testing.T) {
	onEveryLog(t, func(t *testing.T, cfg kafka.Config) {
		fill(t, cfg, 30)
		trim(t, cfg, 12)
		starts, err := kafka.LogStarts(t.Context(), cfg, event.TopicTransactions, event.TopicAlerts)
		if err != nil {
			t.Fatal(err)
		}
		ends, err := kafka.LogEnds(t.Context(), cfg, event.TopicTransactions, event.TopicAlerts)
		if err != nil {
			t.Fatal(err)
		}
		want := kafka.Offsets{event.TopicTransactions: {0: 12, 1: 0, 2: 0, 3: 0}, event.TopicAlerts: {0: 0}}
		if diff := cmp.Diff(want, starts); diff != "" {
			t.Errorf("starts (-want +got):\n%s", diff)
		}
		want = kafka.Offsets{event.TopicTransactions: {0: 30, 1: 30, 2: 0, 3: 0}, event.TopicAlerts: {0: 0}}
		if diff := cmp.Diff(want, ends); diff != "" {
			t.Errorf("ends (-want +got):\n%s", diff)
		}
		if _, err := kafka.LogEnds(t.Context(), cfg, "no_such_topic"); err == nil {
			t.Error("a topic that is not there has ends")
		}
		list, err := kafka.ListTopics(t.Context(), cfg)
		i := slices.IndexFunc(list, func(i kafka.TopicInfo) bool { return i.Topic == event.TopicTransactions })
		if err != nil || list[i].Records != 18+30 {
			t.Errorf("list: %v, %v", list, err)
		}
	})
}
