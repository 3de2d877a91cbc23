package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
)

// observed is an observer of a log of two partitions with 100 records each: record i of
// partition p has key p-i, value i and a time 2i+p seconds after testTime(0).
func observed(t *testing.T, cfg kafka.Config) *kafka.Observer {
	t.Helper()
	client := newClient(t, cfg, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	for i := range 100 {
		for p := range int32(2) {
			client.Produce(t.Context(), &kgo.Record{
				Topic: event.TopicTransactions, Partition: p, Key: fmt.Appendf(nil, "%d-%d", p, i), Value: fmt.Append(nil, i),
				Timestamp: testTime(1000 * (2*i + int(p))).Std(),
			}, nil)
		}
	}
	if err := client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	o, err := kafka.NewObserver(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	return o
}

func keysOf(records []*kgo.Record) []string {
	keys := []string{}
	for _, r := range records {
		keys = append(keys, string(r.Key))
	}
	return keys
}

func TestMessagesAreFoundWhereTheyAreLookedFor(t *testing.T) {
	onEveryLog(t, func(t *testing.T, cfg kafka.Config) {
		o := observed(t, cfg)
		one := int32(1)
		for name, tc := range map[string]struct {
			q    kafka.MessageQuery
			want []string
		}{
			"the newest":               {kafka.MessageQuery{From: kafka.SeekLatest, Limit: 3}, []string{"1-99", "0-99", "1-98"}},
			"the newest of one":        {kafka.MessageQuery{From: kafka.SeekLatest, Partition: &one, Limit: 2}, []string{"1-99", "1-98"}},
			"the first":                {kafka.MessageQuery{From: kafka.SeekEarliest, Limit: 3}, []string{"0-0", "1-0", "0-1"}},
			"from an offset":           {kafka.MessageQuery{From: kafka.SeekOffset, Offset: 98, Limit: 10}, []string{"0-98", "1-98", "0-99", "1-99"}},
			"from a time":              {kafka.MessageQuery{From: kafka.SeekTime, Time: testTime(195_500).Std(), Limit: 2}, []string{"0-98", "1-98"}},
			"from after the end":       {kafka.MessageQuery{From: kafka.SeekTime, Time: testTime(900_000).Std(), Limit: 2}, []string{}},
			"by key":                   {kafka.MessageQuery{From: kafka.SeekEarliest, Key: "1-42", Limit: 10}, []string{"1-42"}},
			"by value":                 {kafka.MessageQuery{From: kafka.SeekEarliest, Value: "9", Partition: &one, Limit: 3}, []string{"1-9", "1-19", "1-29"}},
			"the newest by value":      {kafka.MessageQuery{From: kafka.SeekLatest, Value: "7", Limit: 3}, []string{"1-97", "0-97", "1-87"}},
			"by value that nobody has": {kafka.MessageQuery{From: kafka.SeekLatest, Value: "x", Limit: 3}, []string{}},
		} {
			t.Run(name, func(t *testing.T) {
				tc.q.Topic = event.TopicTransactions
				got, err := o.Messages(t.Context(), tc.q)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, keysOf(got.Records)); diff != "" {
					t.Errorf("messages (-want +got):\n%s", diff)
				}
				if got.Partial {
					t.Error("partial, of 200 records")
				}
			})
		}
	})
}

func TestPagesOfMessagesHoldEachOnce(t *testing.T) {
	onEveryLog(t, func(t *testing.T, cfg kafka.Config) {
		o := observed(t, cfg)
		seen := map[string]int{}
		q := kafka.MessageQuery{Topic: event.TopicTransactions, From: kafka.SeekEarliest, Limit: 7}
		for pages := 0; ; pages++ {
			got, err := o.Messages(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range keysOf(got.Records) {
				seen[key]++
			}
			if got.Next == nil {
				break
			}
			if pages > 200 {
				t.Fatal("there is always a next page")
			}
			q.After = got.Next
		}
		if len(seen) != 200 {
			t.Errorf("%d messages, want 200", len(seen))
		}
		for key, n := range seen {
			if n != 1 {
				t.Errorf("%s was shown %d times", key, n)
			}
		}
	})
}

func TestMessagesOfWhatIsNotThere(t *testing.T) {
	onEveryLog(t, func(t *testing.T, cfg kafka.Config) {
		o := observed(t, cfg)
		none := int32(99)
		for name, q := range map[string]kafka.MessageQuery{
			"no topic":     {Topic: "nothing"},
			"no partition": {Topic: event.TopicTransactions, Partition: &none},
		} {
			q.From, q.Limit = kafka.SeekLatest, 1
			if _, err := o.Messages(t.Context(), q); !errors.Is(err, kafka.ErrNoTopic) {
				t.Errorf("%s: %v, want %v", name, err, kafka.ErrNoTopic)
			}
		}
	})
}

func TestTopicsAndGroupsAreDescribed(t *testing.T) {
	onEveryLog(t, func(t *testing.T, cfg kafka.Config) {
		o := observed(t, cfg)
		reader := newClient(t, cfg, kgo.ConsumerGroup("readers"), kgo.ConsumeTopics(event.TopicTransactions),
			kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit())
		for read := 0; read < 200; {
			fetches := reader.PollFetches(t.Context())
			if err := fetches.Err(); err != nil {
				t.Fatal(err)
			}
			read += fetches.NumRecords()
		}
		commit := map[string]map[int32]kgo.EpochOffset{event.TopicTransactions: {0: {Epoch: -1, Offset: 90}, 1: {Epoch: -1, Offset: 100}}}
		var failed error
		reader.CommitOffsetsSync(t.Context(), commit, func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, _ *kmsg.OffsetCommitResponse, err error) {
			failed = err
		})
		if failed != nil {
			t.Fatal(failed)
		}

		topics, err := o.Topics(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i := range topics {
			top := &topics[i]
			if top.RetentionMS != -1 {
				t.Errorf("%s: kept for %d ms, want for ever", top.Topic, top.RetentionMS)
			}
			if top.Topic == event.TopicTransactions && (top.Records() != 200 || len(top.Partitions) != testPartitions || top.Bytes() <= 0) {
				t.Errorf("%s: %d records in %d partitions, %d bytes", top.Topic, top.Records(), len(top.Partitions), top.Bytes())
			}
		}
		groups, err := o.Groups(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var found *kafka.GroupState
		for i := range groups {
			if groups[i].Group == "readers" {
				found = &groups[i]
			}
		}
		if found == nil || found.Lag() != 10 || len(found.Members) != 1 || len(found.Partitions) != 2 {
			t.Errorf("group %+v, want one member and a lag of 10 in two partitions", found)
		}
	})
}

func TestRatesNeedTime(t *testing.T) {
	var r kafka.Rates
	at := time.Unix(1_700_000_000, 0)
	if got := r.Since(at, map[string]int64{"a": 5}); got != nil {
		t.Errorf("rates %v at the first look", got)
	}
	if got := r.Since(at.Add(2*time.Second), map[string]int64{"a": 25, "b": 3}); got["a"] != 10 || len(got) != 1 {
		t.Errorf("rates %v, want a = 10 alone", got)
	}
	if got := r.Since(at.Add(2*time.Second+time.Millisecond), map[string]int64{"a": 1_000_000}); got["a"] != 10 {
		t.Errorf("rates %v a millisecond later, want the ones before", got)
	}
}

func TestATopicIsFollowedFromWhereItEnded(t *testing.T) {
	onEveryLog(t, func(t *testing.T, cfg kafka.Config) {
		o := observed(t, cfg)
		q := kafka.MessageQuery{Topic: event.TopicTransactions, From: kafka.SeekLatest, Key: "0-", Limit: 2}
		seen, err := o.Messages(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if seen.Ends[0] != 100 || seen.Ends[1] != 100 {
			t.Fatalf("the log ends at %v", seen.Ends)
		}
		ctx, stop := context.WithCancel(t.Context())
		q.After = map[int32]int64{0: 98, 1: 100}
		var got []string
		produced := false
		err = o.Tail(ctx, q, func(tailed kafka.Tailed) error {
			got = append(got, keysOf(tailed.Records)...)
			if !produced {
				produced = true
				client := newClient(t, cfg, kgo.RecordPartitioner(kgo.ManualPartitioner()))
				for p := range int32(2) {
					client.Produce(t.Context(), &kgo.Record{Topic: event.TopicTransactions, Partition: p, Key: fmt.Appendf(nil, "%d-new", p)}, nil)
				}
				return client.Flush(t.Context())
			}
			if tailed.Next[0] == 101 {
				stop()
			}
			return nil
		})
		if diff := cmp.Diff([]string{"0-98", "0-99", "0-new"}, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		failed := errors.New("enough")
		if err := o.Tail(t.Context(), q, func(kafka.Tailed) error { return failed }); !errors.Is(err, failed) {
			t.Errorf("%v, want %v", err, failed)
		}
	})
}

func TestOffsetsAreMovedWhileNobodyReads(t *testing.T) {
	onEveryLog(t, func(t *testing.T, cfg kafka.Config) {
		observed(t, cfg)
		read := func() *kgo.Client {
			client := newClient(t, cfg, kgo.ConsumerGroup("readers"), kgo.ConsumeTopics(event.TopicTransactions), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit())
			if err := client.PollFetches(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
			return client
		}
		move := func(q kafka.OffsetQuery) ([]kafka.Moved, error) {
			q.Group, q.Topic = "readers", event.TopicTransactions
			return kafka.MoveOffsets(t.Context(), cfg, q)
		}
		reader := read()
		if err := reader.CommitUncommittedOffsets(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := move(kafka.OffsetQuery{To: kafka.SeekEarliest}); !errors.Is(err, kafka.ErrGroupInUse) {
			t.Errorf("while it reads: %v, want %v", err, kafka.ErrGroupInUse)
		}
		reader.Close()
		for _, tc := range []struct {
			q    kafka.OffsetQuery
			want int64 // where both partitions go on
		}{
			{kafka.OffsetQuery{To: kafka.SeekOffset, Offset: 42}, 42},
			{kafka.OffsetQuery{To: kafka.SeekLatest, DryRun: true}, 100},
			{kafka.OffsetQuery{To: kafka.SeekOffset, Offset: 1000}, 100},
			{kafka.OffsetQuery{To: kafka.SeekEarliest}, 0},
			{kafka.OffsetQuery{To: kafka.SeekTime, Time: testTime(100_000).Std()}, 50},
		} {
			moved, err := move(tc.q)
			if err != nil || len(moved) == 0 {
				t.Fatalf("%+v: %v, %v", tc.q, moved, err)
			}
			for _, m := range moved {
				if m.Next != tc.want {
					t.Errorf("%+v: partition %d goes on at %d, want %d", tc.q, m.Partition, m.Next, tc.want)
				}
			}
			again, err := move(kafka.OffsetQuery{To: kafka.SeekEarliest, DryRun: true})
			if err != nil || !tc.q.DryRun && again[0].Before != tc.want || tc.q.DryRun && again[0].Before == tc.want {
				t.Errorf("%+v: afterwards it is at %+v: %v", tc.q, again, err)
			}
		}
		if _, err := kafka.MoveOffsets(t.Context(), cfg, kafka.OffsetQuery{Group: "nobody", Topic: event.TopicTransactions, To: kafka.SeekEarliest}); !errors.Is(err, kafka.ErrNoGroup) {
			t.Errorf("a group that is not there: %v, want %v", err, kafka.ErrNoGroup)
		}
	})
}
