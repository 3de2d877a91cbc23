package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// replayingTask is a task that has to replay the given numbers of records, by
// topic, of which the newest snapshot knows none.
func replayingTask(replay map[string]int64) *task[*probeRows] {
	t := newTask(taskID(0), testHorizon, Fold[*probeRows](newProbe()), newProbeRows, make(chan struct{}, 1))
	for _, in := range t.inputs {
		in.committed.Next = replay[in.topic]
		in.replay = replay[in.topic] > 0
	}
	return t
}

// garbage returns n records of size bytes from offset from on.
func garbage(topic string, from, n, size int) []*kgo.Record {
	value := []byte(strings.Repeat("x", size))
	records := make([]*kgo.Record, n)
	for i := range records {
		records[i] = &kgo.Record{Topic: topic, Offset: int64(from + i), Value: value, Timestamp: rigStart.Std()}
	}
	return records
}

// TestAReplayOfMoreThanATaskMayHoldEnds replays more dead letters than may wait
// for a commit: there is none during a replay.
func TestAReplayOfMoreThanATaskMayHoldEnds(t *testing.T) {
	const n, size = 40, 400_000
	if n*size <= maxPendingDead {
		t.Fatal("the replay is too short for this test")
	}
	views := event.TopicProductViews
	task := replayingTask(map[string]int64{views: n})
	task.offer(views, garbage(views, 0, n+1, size), n+1)
	if err := fold(task); err != nil {
		t.Fatal(err)
	}
	if task.replaying() || task.input(views).next != n+1 {
		t.Fatalf("stuck at offset %d of %d", task.input(views).next, n+1)
	}
	s, ok := task.seal(false, 1)
	if !ok {
		t.Fatal("nothing to commit")
	}
	want := []store.Span{{Topic: views, From: n, To: s.commit.Spans[0].To, Counts: store.Counts{Dead: 1}}}
	if diff := cmp.Diff(want, s.commit.Spans); diff != "" {
		t.Errorf("spans after the replay (-want +got):\n%s", diff)
	}
	if len(s.commit.DeadLetters) != 1 || s.commit.DeadLetters[0].Offset != n {
		t.Errorf("%d dead letters, want the one that is new", len(s.commit.DeadLetters))
	}
}

// TestAReplayOfManyRecordsEnds is longer than what may be folded ahead of the
// committer.
func TestAReplayOfManyRecordsEnds(t *testing.T) {
	const n = maxPending + 1
	views := event.TopicProductViews
	task := replayingTask(map[string]int64{views: n})
	for from := 0; from < n; from += 50_000 {
		task.offer(views, garbage(views, from, min(50_000, n-from), 1), n)
		if err := fold(task); err != nil {
			t.Fatal(err)
		}
	}
	if task.replaying() || task.pending != 0 {
		t.Errorf("stuck at offset %d of %d, with %d records pending", task.input(views).next, n, task.pending)
	}
}

// fakeClient notes which topics are paused.
type fakeClient struct{ paused []string }

func (c *fakeClient) PauseFetchPartitions(p map[string][]int32) map[string][]int32 {
	for topic := range p {
		c.paused = append(c.paused, topic)
	}
	return nil
}

func (c *fakeClient) ResumeFetchPartitions(p map[string][]int32) {
	c.paused = slices.DeleteFunc(c.paused, func(topic string) bool { return p[topic] != nil })
}

// TestABacklogBesideAReplayDoesNotStopTheReading has a long backlog on a topic with
// nothing to replay: it waits for the replay of another one, which has to be read.
func TestABacklogBesideAReplayDoesNotStopTheReading(t *testing.T) {
	views, carts, orders := event.TopicProductViews, event.TopicCartEvents, event.TopicTransactions
	task := replayingTask(map[string]int64{carts: 2, orders: 1})
	var client fakeClient
	expect := func(crowded bool, paused ...string) {
		t.Helper()
		task.hold(&client)
		if got := task.crowded(); got != crowded {
			t.Errorf("crowded: %t, want %t", got, crowded)
		}
		if diff := cmp.Diff(paused, slices.Sorted(slices.Values(client.paused))); diff != "" {
			t.Errorf("paused (-want +got):\n%s", diff)
		}
	}
	expect(false, views)
	task.offer(views, garbage(views, 0, maxQueued+1, 1), maxQueued+1) // fetched before it was paused
	expect(false, views)
	task.offer(orders, garbage(orders, 0, 1, 1), 1)
	if err := fold(task); err != nil {
		t.Fatal(err)
	}
	expect(false, views, orders) // sorted: product_views, transactions
	task.offer(carts, garbage(carts, 0, 1, 1), 2)
	if err := fold(task); err != nil {
		t.Fatal(err)
	}
	task.offer(carts, garbage(carts, 1, 1, 1), 2)
	if err := fold(task); err != nil {
		t.Fatal(err)
	}
	expect(false)
	if n := task.queued(); n != 0 {
		t.Errorf("%d records are still queued", n)
	}
	task.offer(views, garbage(views, maxQueued+1, maxQueued+1, 1), 2*maxQueued+2)
	expect(true)
}

func TestATaskThatIsClosedIsFetchedAgainByItsNextAssignment(t *testing.T) {
	task := replayingTask(map[string]int64{event.TopicCartEvents: 2})
	var client fakeClient
	task.hold(&client)
	if len(client.paused) != 2 {
		t.Errorf("paused: %v", client.paused)
	}
	task.close()
	task.hold(&client)
	if len(client.paused) != 0 {
		t.Errorf("still paused: %v", client.paused)
	}
}

// TestAWorkerReplaysBesideALongBacklog is the same on a broker: a worker is killed
// early, and the others topics' backlog is far longer than what may be queued.
func TestAWorkerReplaysBesideALongBacklog(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		s := r.open()
		r.sendShop(1, 0, 3000)
		l := &spy{Ledger: s}
		w := start(t, r.config(l))
		r.drain(s)
		kill(w, l)
		var records []*kgo.Record
		for i := range 3 * maxQueued {
			at := rigStart + event.Time(i)
			value := testEvent(event.TopicProductViews, fmt.Sprint("view-", i), 1, 0, at)
			records = append(records, &kgo.Record{Topic: event.TopicProductViews, Key: []byte("v1"), Value: value, Timestamp: at.Std()})
		}
		client, err := kgo.NewClient(kgo.SeedBrokers(r.kafka.Brokers...))
		r.must(err)
		defer client.Close()
		r.must(client.ProduceSync(t.Context(), records...).FirstErr())
		w = start(t, r.config(s))
		r.drain(s)
		w.stop()
		r.checkResults(s)
	})
}
