package engine

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/kafka"
)

// replaceLog puts an empty log in the place of the one that was read.
func (r *rig) replaceLog() {
	r.Helper()
	if r.broker == nil {
		r.must(kafka.DropTopics(r.Context(), r.kafka, nil))
		eventually(r, "the topics are gone", func() bool {
			list, err := kafka.ListTopics(r.Context(), r.kafka)
			r.must(err)
			return len(list) == 0
		})
		r.createTopics()
		return
	}
	r.must(r.broker.Close())
	r.dir = r.TempDir()
	r.startBroker("127.0.0.1:0")
}

// TestALogThatWentBackwardsIsRefused replaces the log under a store that has
// applied more, or something else.
func TestALogThatWentBackwardsIsRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		seed   uint64
		events int
		want   string
	}{
		"a shorter log":   {1, 500, "was applied"},
		"an empty log":    {1, 0, "ends at offset 0"},
		"a different log": {2, 9000, "holds another record"},
	} {
		t.Run(name, func(t *testing.T) {
			onEveryBroker(t, func(t *testing.T, r *rig) {
				r.sendShop(1, 0, 2000)
				s := r.open()
				w := start(t, r.config(s))
				r.drain(s)
				w.stop()
				before := r.booked(s)

				r.replaceLog()
				if tt.events > 0 {
					r.sendShop(tt.seed, 0, tt.events)
				}
				err := start(t, r.config(s)).wait()
				if !errors.Is(err, ErrLogRegressed) || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("the worker ended with %v, want %q and %v", err, tt.want, ErrLogRegressed)
				}
				if after := r.booked(s); before != after {
					t.Errorf("%d records are booked, %d before", after, before)
				}
			})
		})
	}
}

// booked returns the number of records that the store has a disposition of.
func (r *rig) booked(s rigStore) (n int64) {
	r.Helper()
	for _, c := range r.found(s, results{}).Counts {
		n += c.Total()
	}
	return n
}

// TestALogThatWasTrimmedAboveTheSnapshotIsRefused deletes records that a replay
// needs.
func TestALogThatWasTrimmedAboveTheSnapshotIsRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		snapshot bool // before the events that are applied last
		above    bool // trimmed above what was applied
	}{
		"below what was applied, with a snapshot":    {snapshot: true},
		"above what was applied, with a snapshot":    {snapshot: true, above: true},
		"above what was applied, without a snapshot": {above: true},
	} {
		t.Run(name, func(t *testing.T) {
			onEveryBroker(t, func(t *testing.T, r *rig) {
				s := r.open()
				if tt.snapshot {
					r.sendShop(1, 0, 1000)
					w := start(t, r.config(s))
					r.drain(s)
					w.stop()
				}
				r.sendShop(1, 1000, 2000)
				l := &spy{Ledger: s}
				w := start(t, r.config(l))
				r.drain(s)
				kill(w, l)
				before := r.booked(s)
				if tt.above {
					r.sendShop(1, 2000, 3000)
				}
				r.trim()
				err := start(t, r.config(s)).wait()
				if !errors.Is(err, ErrNotReplayable) {
					t.Errorf("the worker ended with %v, want %v", err, ErrNotReplayable)
				}
				if after := r.booked(s); before != after {
					t.Errorf("%d records are booked, %d before", after, before)
				}
			})
		})
	}
}

// TestALogThatIsTrimmedAboveTheReaderStopsTheWorker trims above what the worker
// reads next.
func TestALogThatIsTrimmedAboveTheReaderStopsTheWorker(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		s := r.open()
		cfg := r.config(s)
		network := &freezer{}
		cfg.KafkaOpts = append(cfg.KafkaOpts, kgo.Dialer(network.dial))
		w := start(t, cfg)
		eventually(t, "ready", func() bool { return w.Status().Ready })
		network.Lock()
		r.sendShop(1, 0, 500)    // a fetch that is under way may bring these
		r.sendShop(1, 500, 1000) // and not these
		r.trim()
		r.sendShop(1, 1000, 2000)
		network.Unlock()
		if err := w.wait(); !errors.Is(err, ErrOutOfRange) || !errors.Is(err, kerr.OffsetOutOfRange) {
			t.Errorf("the worker ended with %v, want %v", err, ErrOutOfRange)
		}
	})
}

// trim deletes every record that is in the log now.
func (r *rig) trim() {
	r.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(r.kafka.Brokers...))
	r.must(err)
	defer client.Close()
	to := kadm.Offsets{}
	for topic, partitions := range r.ends() {
		for p, end := range partitions {
			to.AddOffset(topic, p, end, -1)
		}
	}
	deleted, err := kadm.NewClient(client).DeleteRecords(r.Context(), to)
	r.must(err)
	r.must(deleted.Error())
}

// TestAnOwnerThatCommitsUntilTheClaimDoesNotMakeTheLogLookShort appends to the log
// and commits that after the worker has begun to take over.
func TestAnOwnerThatCommitsUntilTheClaimDoesNotMakeTheLogLookShort(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		r.sendShop(1, 0, 500)
		s := r.open()
		first := true
		l := &claimSpy{Ledger: s, claim: func() error {
			if first {
				first = false
				cfg := r.config(s)
				cfg.Group = "another"
				w := start(t, cfg)
				r.sendShop(1, 500, 1500)
				r.drain(s)
				w.stop()
			}
			return nil
		}}
		w := start(t, r.config(l))
		r.sendShop(1, 1500, 2000)
		r.drain(s)
		w.stop()
		r.checkResults(s)
	})
}

func TestTopicsThatAreNotCoPartitionedAreRefused(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		client, err := kgo.NewClient(kgo.SeedBrokers(r.kafka.Brokers...))
		r.must(err)
		defer client.Close()
		admin := kadm.NewClient(client)
		_, err = admin.UpdatePartitions(t.Context(), rigPartitions+1, "cart_events")
		r.must(err)
		eventually(r, "the broker knows of the partition", func() bool { return len(r.ends()["cart_events"]) > rigPartitions })
		err = start(t, r.config(r.open())).wait()
		if err == nil || !strings.Contains(err.Error(), "co-partitioned") {
			t.Errorf("the worker ended with %v, want an error about the partitions", err)
		}
	})
}

// TestALogThatDoesNotAnswerAtATakeoverIsTriedAgain cuts the worker off while it
// takes over.
func TestALogThatDoesNotAnswerAtATakeoverIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(testLog{}, 1).workers[0]
	w.cfg.Log = slog.New(slog.DiscardHandler)
	client, err := kgo.NewClient(kgo.SeedBrokers("127.0.0.1:1"))
	if err != nil {
		t.Fatal(err)
	}
	w.client = client
	close(w.opened)
	client.Close() // so that every request fails at once
	given := map[string]map[int32]kgo.Offset{}
	for _, topic := range topics() {
		given[topic] = map[int32]kgo.Offset{0: kgo.NewOffset()}
	}
	adjust := w.hooks(t.Context(), t.Context()).AdjustOffsets
	if _, err := adjust(context.Background(), given); !errors.Is(err, errLogAway) {
		t.Errorf("got %v, want %v", err, errLogAway)
	}
	if err := w.failed.get(); err != nil {
		t.Errorf("the worker stops: %v", err)
	}
}
