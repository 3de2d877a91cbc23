package sqlite_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

func TestReplayNeedsNameThePositionAndEveryKeptSnapshot(t *testing.T) {
	s := open(t, migrated(t))
	task := store.TaskID{Family: store.Shopping, Partition: 3}
	claim, err := s.Claim(t.Context(), task, "owner")
	if err != nil {
		t.Fatal(err)
	}
	needs := func() map[string]store.ReplayNeed {
		t.Helper()
		all, err := s.ReplayNeeds(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		byTopic := map[string]store.ReplayNeed{}
		for _, n := range all {
			byTopic[n.Topic] = n
		}
		if len(all) != len(byTopic) {
			t.Errorf("a topic came twice: %+v", all)
		}
		return byTopic
	}
	want := map[string]store.ReplayNeed{}
	for _, topic := range store.Shopping.Topics() {
		want[topic] = store.ReplayNeed{Topic: topic, Partition: 3}
	}
	if diff := cmp.Diff(want, needs()); diff != "" {
		t.Errorf("claimed (-want +got):\n%s", diff)
	}
	const read = event.TopicTransactions
	for i, next := range []int64{10, 20, 30} {
		from := int64(i) * 10
		_, err := s.Commit(t.Context(), []store.Commit[*store.Changes]{{
			Task: task, Epoch: claim.Epoch, Changes: store.NewChanges(),
			Spans: []store.Span{{Topic: read, From: from, To: store.Position{Next: next}, Counts: store.Counts{Applied: 10}}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.PutSnapshot(t.Context(), task, claim.Epoch, store.Snapshot{Generation: int64(i + 1), Offsets: map[string]int64{read: next - 1}}); err != nil {
			t.Fatal(err)
		}
	}
	want[read] = store.ReplayNeed{Topic: read, Partition: 3, Committed: 30, Snapshots: []int64{19, 29}}
	for _, topic := range store.Shopping.Topics() {
		if topic != read {
			want[topic] = store.ReplayNeed{Topic: topic, Partition: 3, Snapshots: []int64{0, 0}}
		}
	}
	if diff := cmp.Diff(want, needs()); diff != "" {
		t.Errorf("with snapshots (-want +got):\n%s", diff)
	}
}
