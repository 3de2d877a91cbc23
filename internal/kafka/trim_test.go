package kafka_test

import (
	"testing"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
)

func TestDeletedRecordsAreGoneAndTheRestIsAsItWas(t *testing.T) {
	b := start(t, t.TempDir(), "127.0.0.1:0")
	cfg := configOf(b)
	createTopics(t, cfg)
	p := newProducer(t, cfg, kafka.Live)
	const topic, batches = event.TopicProducts, 10
	for range batches {
		send(t, p, topic, 40)
	}
	topics := []string{topic, event.TopicCustomers}
	before, err := kafka.Extents(t.Context(), cfg, topics)
	if err != nil {
		t.Fatal(err)
	}
	to := kafka.Offsets{topic: {}}
	var records int64
	for p, e := range before[topic] {
		records += e.End - e.Start
		if e.Start != 0 || e.Bytes == 0 {
			t.Errorf("partition %d: %+v, want some bytes from offset 0 on", p, e)
		}
		to[topic][p] = e.End - 1
	}
	if records != batches*40 || len(before[topic]) != testPartitions {
		t.Errorf("%d records in %d partitions, want %d in %d", records, len(before[topic]), batches*40, testPartitions)
	}
	if err := kafka.DeleteBefore(t.Context(), cfg, to); err != nil {
		t.Fatal(err)
	}
	after, err := kafka.Extents(t.Context(), cfg, topics)
	if err != nil {
		t.Fatal(err)
	}
	for p, e := range after[topic] {
		was := before[topic][p]
		if e.Start != was.End-1 || e.End != was.End || e.Bytes == 0 || e.Bytes > was.Bytes/2 {
			t.Errorf("partition %d: %+v, it was %+v and should have kept the last record", p, e, was)
		}
	}
	if left := readAll(t, cfg, nil, topic); len(left) != testPartitions {
		t.Errorf("%d records are left, want %d", len(left), testPartitions)
	}
	for p, e := range after[event.TopicCustomers] {
		if e != (kafka.Extent{}) {
			t.Errorf("partition %d of a topic without records: %+v", p, e)
		}
	}
	if err := kafka.DeleteBefore(t.Context(), cfg, kafka.Offsets{topic: {0: 1 << 40}}); err == nil {
		t.Error("records were deleted that there are not")
	}
}
