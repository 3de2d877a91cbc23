package engine

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// noting is a fold that notes the record times of what it is given.
type noting struct {
	*probe
	times []event.Time
}

func (n *noting) Apply(e *event.Event, out *probeRows) {
	n.times = append(n.times, e.ReceivedAt)
	n.probe.Apply(e, out)
}

// notingTask is a task with nothing to replay, and what its fold notes.
func notingTask() (*task[*probeRows], *noting) {
	n := &noting{probe: newProbe()}
	return newTask(taskID(0), testHorizon, Fold[*probeRows](n), newProbeRows, make(chan struct{}, 1)), n
}

// record is one of the task's partition, of a visitor that is alone.
func record(topic string, offset int, at event.Time) *kgo.Record {
	return &kgo.Record{Topic: topic, Offset: int64(offset), Timestamp: at.Std(), Value: testEvent(topic, fmt.Sprint(topic, offset), offset, offset, at)}
}

// TestWhatIsFetchedFirstIsNotFoldedFirst has topics of any density, of which a fetch
// brings any part: however far one reaches, records are folded in the order of their
// times, as they are by a worker that was never behind.
func TestWhatIsFetchedFirstIsNotFoldedFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		task, noted := notingTask()
		log, ends := map[string][]*kgo.Record{}, map[string]map[int32]int64{}
		var want []event.Time
		for _, topic := range store.Shopping.Topics() {
			at := rigStart
			pause := rapid.IntRange(1, 40_000_000).Draw(t, "pause, ms")
			for i := range rapid.IntRange(0, 40).Draw(t, "records") {
				at += event.Time(rapid.IntRange(0, pause).Draw(t, "after"))
				log[topic] = append(log[topic], record(topic, i, at))
				want = append(want, at)
			}
			ends[topic] = map[int32]int64{0: int64(len(log[topic]))}
		}
		task.reach(ends)
		for left := len(want); left > 0; {
			topic := rapid.SampledFrom(store.Shopping.Topics()).Draw(t, "fetched")
			n := min(len(log[topic]), rapid.IntRange(1, 20).Draw(t, "of them"))
			if n > 0 {
				task.offer(topic, log[topic][:n], ends[topic][0])
				log[topic], left = log[topic][n:], left-n
			}
			if err := fold(task); err != nil {
				t.Fatal(err)
			}
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, noted.times); diff != "" {
			t.Errorf("times (-want +got):\n%s", diff)
		}
	})
}

// TestATopicThatCannotBeFetchedIsWaitedForAWhile has the leader of one partition away.
func TestATopicThatCannotBeFetchedIsWaitedForAWhile(t *testing.T) {
	views, carts := event.TopicProductViews, event.TopicCartEvents
	task, noted := notingTask()
	task.reach(map[string]map[int32]int64{carts: {0: 2}})
	task.offer(views, []*kgo.Record{record(views, 0, rigStart), record(views, 1, rigStart+2)}, 2)
	folded := func(step string, want int, polled time.Duration, given ...string) {
		t.Helper()
		if diff := cmp.Diff(given, task.forsake(polled)); diff != "" {
			t.Errorf("%s: given up (-want +got):\n%s", step, diff)
		}
		if err := fold(task); err != nil {
			t.Fatal(err)
		}
		if got := len(noted.times); got != want {
			t.Errorf("%s: %d folded, want %d", step, got, want)
		}
	}
	folded("at first", 0, 0)
	folded("nearly too long", 0, maxStarved-time.Second)
	folded("the worker did not poll", 0, 0)
	folded("too long", 2, time.Second, carts)
	task.offer(views, []*kgo.Record{record(views, 2, rigStart+4)}, 3)
	folded("given up already", 3, time.Hour)
	task.offer(carts, []*kgo.Record{record(carts, 0, rigStart+1)}, 2)
	task.offer(views, []*kgo.Record{record(views, 3, rigStart+6)}, 4)
	folded("it is back", 4, 0)
	task.offer(carts, []*kgo.Record{record(carts, 1, rigStart+5)}, 2)
	folded("all is there", 6, 0)
}

// TestATaskThatComesBackWaitsAnew was away for longer than a topic is waited for.
func TestATaskThatComesBackWaitsAnew(t *testing.T) {
	task, _ := notingTask()
	task.reach(map[string]map[int32]int64{event.TopicCartEvents: {0: 1}})
	task.forsake(maxStarved - time.Second)
	task.close()
	if !task.revive(store.Claim{PrevEpoch: task.epoch, Epoch: task.epoch + 1}) {
		t.Fatal("it does not come back")
	}
	if got := task.forsake(time.Second); got != nil {
		t.Errorf("given up at once: %v", got)
	}
}

// TestALogThatLostItsEndIsNotWaitedFor has fewer records than it had, as after the
// loss of its broker's disk.
func TestALogThatLostItsEndIsNotWaitedFor(t *testing.T) {
	views, carts := event.TopicProductViews, event.TopicCartEvents
	task, noted := notingTask()
	reach := func(end int64) { task.reach(map[string]map[int32]int64{carts: {0: end}}) }
	reach(9)
	task.offer(views, []*kgo.Record{record(views, 0, rigStart)}, 1)
	<-task.wake
	reach(0) // an answer that was under way
	if len(task.wake) != 0 || !task.waits() {
		t.Error("an old answer ends the wait")
	}
	task.forsake(maxStarved / 2)
	reach(0)
	<-task.wake
	if err := fold(task); err != nil {
		t.Fatal(err)
	}
	if len(noted.times) != 1 {
		t.Error("nothing is folded")
	}
}

// TestMoreIsReadWhileATopicIsWaitedFor has a topic that fills the queue before the
// first record of another one is fetched.
func TestMoreIsReadWhileATopicIsWaitedFor(t *testing.T) {
	views, carts := event.TopicProductViews, event.TopicCartEvents
	task, _ := notingTask()
	var client fakeClient
	task.reach(map[string]map[int32]int64{carts: {0: 1}})
	look := func(step string, queued int, crowded bool, paused ...string) {
		t.Helper()
		if err := fold(task); err != nil {
			t.Fatal(err)
		}
		task.hold(&client)
		if task.queued() != queued || task.crowded() != crowded {
			t.Errorf("%s: %d queued, crowded: %t, want %d and %t", step, task.queued(), task.crowded(), queued, crowded)
		}
		if diff := cmp.Diff(paused, slices.Sorted(slices.Values(client.paused))); diff != "" {
			t.Errorf("%s: paused (-want +got):\n%s", step, diff)
		}
	}
	task.offer(views, garbage(views, 0, maxQueued/2, 1), maxQueued+1)
	look("some", maxQueued/2, false)
	task.offer(views, garbage(views, maxQueued/2, maxQueued/2+1, 1), maxQueued+1)
	look("too many", maxQueued+1, false, views)
	task.pending = maxPending
	if !task.crowded() {
		t.Error("a task that is full reads more")
	}
	task.pending = 0
	task.offer(carts, garbage(carts, 0, 1, 1), 1)
	if !task.crowded() {
		t.Error("what can be folded away does not count")
	}
	look("all is there", 0, false)
}

// TestAMarkerAtTheEndIsNoBacklog has a topic that ends with what a producer of
// transactions leaves: the clock goes on, and nothing is behind.
func TestAMarkerAtTheEndIsNoBacklog(t *testing.T) {
	orders := event.TopicTransactions
	task, noted := notingTask()
	marker := &kgo.Record{Topic: orders, Offset: 1, Timestamp: rigStart.Std(), Attrs: kgo.NewRecordAttrs(kgo.RecordAttrsOpts{Transactional: true, Control: true})}
	task.offer(orders, []*kgo.Record{record(orders, 0, rigStart), marker}, 2)
	task.offer(event.TopicProductViews, []*kgo.Record{record(event.TopicProductViews, 0, rigStart+9)}, 1)
	if err := fold(task); err != nil {
		t.Fatal(err)
	}
	ends := map[string]map[int32]int64{orders: {0: 2}, event.TopicProductViews: {0: 1}}
	for _, step := range []struct{ now, want event.Time }{
		{rigStart + 60_000, 0},                 // of the third topic it is not known how far it reaches
		{rigStart + 70_000, rigStart + 70_000}, // it is
	} {
		if err := task.tick(step.now, ends); err != nil {
			t.Fatal(err)
		}
		if task.clock != step.want {
			t.Errorf("at %s the clock shows %s, want %s", step.now, task.clock, step.want)
		}
		ends[event.TopicCartEvents] = map[int32]int64{0: 0}
	}
	if len(noted.times) != 2 {
		t.Errorf("%d folded", len(noted.times))
	}
	if got := task.input(orders).settled(); got != 0 {
		t.Errorf("settled up to %d before the commit", got)
	}
	task.input(orders).committed.Next = 1
	if got := task.input(orders).settled(); got != 2 {
		t.Errorf("settled up to %d, want 2", got)
	}
}

// TestAProducerOfTransactionsIsReadToTheEnd is the same on a broker.
func TestAProducerOfTransactionsIsReadToTheEnd(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		client, err := kgo.NewClient(kgo.SeedBrokers(r.kafka.Brokers...), kgo.TransactionalID(t.Name()))
		r.must(err)
		defer client.Close()
		for i := range 3 {
			r.must(client.BeginTransaction())
			for _, topic := range store.Shopping.Topics() {
				r.must(client.ProduceSync(t.Context(), record(topic, i, rigStart+event.Time(i))).FirstErr())
			}
			r.must(client.EndTransaction(t.Context(), kgo.TryCommit))
		}
		s := r.open()
		w := start(t, r.config(s))
		eventually(t, "all is committed and nothing is behind", func() bool {
			behind := int64(0)
			for _, n := range w.Status().Behind {
				behind += n
			}
			return w.Reached(r.ends()) && behind == 0
		})
		w.stop()
		w = start(t, r.config(s)) // what was committed is found in the log again
		eventually(t, "ready", func() bool { return w.Status().Ready })
		w.stop()
	})
}
