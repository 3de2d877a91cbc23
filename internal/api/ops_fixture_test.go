package api

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/store"
	"globalmart/internal/warehouse"
)

// fakeOperations is a system that stands still. What was asked of it is kept.
type fakeOperations struct {
	err      error // of everything
	letters  []store.DeadLetter
	refused  []error // of Redrive
	messages kafka.Messages
	runs     []store.JobRun
	verify   VerifyRun

	asked      kafka.MessageQuery
	rows       warehouse.RowsQuery
	redriven   [][]byte // values, nil as it was
	ran        []string
	moved      []kafka.OffsetQuery
	tailed     chan kafka.MessageQuery
	ended      chan struct{}     // one for each of tailed that ends
	come       chan kafka.Tailed // to those who follow a topic
	hoursSince event.Time
}

func newFakeOperations() *fakeOperations {
	letter := store.DeadLetter{
		Topic: event.TopicTransactions, Partition: 1, Offset: 7, Time: exampleNow - minuteMS, Reason: event.BadJSON, Detail: "want an object", Key: []byte("v-1"), Value: []byte("{\xff"),
	}
	return &fakeOperations{
		tailed:  make(chan kafka.MessageQuery, 9),
		ended:   make(chan struct{}, 9),
		come:    make(chan kafka.Tailed),
		letters: []store.DeadLetter{letter},
		messages: kafka.Messages{
			Records: []*kgo.Record{
				{Partition: 1, Offset: 7, Timestamp: testNow, Key: []byte("v-1"), Value: []byte(`{"a":1}`), Headers: []kgo.RecordHeader{{Key: "redriven", Value: []byte("x")}}},
				{Partition: 0, Offset: 9, Timestamp: testNow, Value: []byte{0xff, 0xfe}},
			},
			Scanned: 2, Ends: map[int32]int64{0: 10, 1: 8}, Next: map[int32]int64{0: 10, 1: 8},
		},
		runs: []store.JobRun{{
			ID: 42, Job: "rfm", Date: "2026-03-02", Attempt: 1, Owner: "here", Status: store.JobDone, Started: exampleNow - hourMS, Finished: exampleNow - hourMS + 1500, RowsIn: 10, RowsOut: 5, Engine: "duckdb",
			Stages: []store.JobStage{{Table: "mart_rfm", Made: 1, Changed: 1, Rows: 5, Bytes: 100, Seconds: 0.5, Began: 0.1, Ended: 0.6}},
		}},
	}
}

func (f *fakeOperations) deps() *Operations {
	return &Operations{
		Log: f, Letters: f, Redrive: f, Jobs: f, Tables: f,
		Stream: func(context.Context) (Stream, error) {
			return Stream{Ready: true, Workers: []StreamWorker{}, Topics: []StreamTopic{}, Tasks: []StreamTask{}}, f.err
		},
		Sources: func(context.Context) ([]Source, error) {
			at := testNow
			return []Source{{ID: "abc", Name: "web shop", Accepted: 7, Other: 2, Rejected: []RejectedPart{{"bad_amount", 1}}, LastSeen: &at}}, f.err
		},
		RunJob: func(_ context.Context, job string) (string, error) {
			f.ran = append(f.ran, job)
			return "2026-03-02", f.err
		},
		MoveOffsets: f.moveOffsets,
		Verify:      func(context.Context) (VerifyRun, error) { return f.verify, f.err },
		RunVerify:   func(context.Context) error { f.verify = VerifyRun{Started: testNow}; return f.err },
	}
}

func (f *fakeOperations) Topics(context.Context) ([]kafka.TopicState, error) {
	return []kafka.TopicState{{Topic: event.TopicTransactions, RetentionMS: -1, RetentionBytes: 1 << 30, Partitions: []kafka.PartitionState{
		{Partition: 0, Leader: 0, Replicas: 1, InSync: 1, Start: 3, End: 10, Bytes: 700}, {Partition: 1, Leader: -1, Replicas: 1, Start: 0, End: 8, Bytes: -1},
	}}}, f.err
}

func (f *fakeOperations) Groups(context.Context) ([]kafka.GroupState, error) {
	return []kafka.GroupState{{Group: "globalmart-stream", State: "Stable", Protocol: "range", Members: []kafka.GroupMember{{ID: "m", ClientID: "c", Host: "h"}}, Partitions: []kafka.GroupPartition{
		{Topic: event.TopicTransactions, Partition: 0, Committed: 8, End: 10, Lag: 2, MemberID: "m"}, {Topic: event.TopicTransactions, Partition: 1, Committed: 5, End: 8, Lag: 3},
	}}}, f.err
}

func (f *fakeOperations) Messages(_ context.Context, q kafka.MessageQuery) (kafka.Messages, error) {
	f.asked = q
	if q.Topic != event.TopicTransactions || q.Partition != nil && *q.Partition > 1 {
		return kafka.Messages{}, kafka.ErrNoTopic
	}
	return f.messages, f.err
}

func (f *fakeOperations) Tail(ctx context.Context, q kafka.MessageQuery, fn func(kafka.Tailed) error) error {
	f.tailed <- q
	defer func() { f.ended <- struct{}{} }()
	for {
		select {
		case t := <-f.come:
			if err := fn(t); err != nil {
				return err
			}
		case <-ctx.Done():
			return f.err
		}
	}
}

func (f *fakeOperations) moveOffsets(_ context.Context, q kafka.OffsetQuery) ([]kafka.Moved, error) {
	f.moved = append(f.moved, q)
	return []kafka.Moved{{Partition: 0, Before: 8, Next: 3}}, f.err
}

func (f *fakeOperations) DeadLetterList(_ context.Context, q store.DeadLetterQuery) ([]store.DeadLetter, error) {
	var found []store.DeadLetter
	for _, d := range f.letters {
		if q.Reason == "" || q.Reason == d.Reason {
			found = append(found, d)
		}
	}
	return found, f.err
}

func (f *fakeOperations) DeadLetter(_ context.Context, topic string, partition int32, offset int64) (store.DeadLetter, error) {
	for _, d := range f.letters {
		if d.Topic == topic && d.Partition == partition && d.Offset == offset {
			return d, nil
		}
	}
	return store.DeadLetter{}, store.ErrNotFound
}

func (f *fakeOperations) DeadLetterCounts(context.Context) ([]store.DeadLetterCount, error) {
	return []store.DeadLetterCount{{Topic: event.TopicTransactions, Reason: event.BadJSON, Letters: int64(len(f.letters))}}, f.err
}

func (f *fakeOperations) DeadLetterHours(_ context.Context, since event.Time) ([]store.DeadLetterHour, error) {
	f.hoursSince = since
	return []store.DeadLetterHour{{Start: since + hourMS, Reason: event.BadJSON, Letters: 3}}, f.err
}

func (f *fakeOperations) Redrive(_ context.Context, letters []store.DeadLetter, value []byte) ([]error, error) {
	refused := make([]error, len(letters))
	copy(refused, f.refused)
	for range letters {
		f.redriven = append(f.redriven, value)
	}
	return refused, f.err
}

func (f *fakeOperations) Jobs(context.Context) ([]JobState, error) {
	return []JobState{{Name: "rfm", Needs: []string{"etl"}, Next: testNow.Add(time.Hour), JobState: store.JobState{Newest: f.runs[0]}}, {Name: "trends"}}, f.err
}

func (f *fakeOperations) JobRuns(_ context.Context, q store.JobRunQuery) ([]store.JobRun, error) {
	var found []store.JobRun
	for _, r := range f.runs {
		if q.Before == 0 || r.ID < q.Before {
			found = append(found, r)
		}
	}
	return found, f.err
}

var fakeColumns = []warehouse.Column{{Name: "segment", Type: "varchar"}, {Name: "day", Type: "date"}, {Name: "customers", Type: "bigint"}}

func (f *fakeOperations) Tables(context.Context) (warehouse.Answer[warehouse.TableInfo], error) {
	return warehouse.Answer[warehouse.TableInfo]{State: exampleState, Rows: []warehouse.TableInfo{
		{Name: "mart_segment", Rows: 2, Bytes: 900, Files: 1, AsOf: exampleState.AsOf, Columns: fakeColumns},
	}}, f.err
}

func (f *fakeOperations) TableRows(_ context.Context, q warehouse.RowsQuery) (warehouse.TableRows, error) {
	f.rows = q
	switch {
	case q.Table != "mart_segment":
		return warehouse.TableRows{}, warehouse.ErrNoTable
	case q.Sort == "nothing":
		return warehouse.TableRows{}, &warehouse.QueryError{Sort: true, Value: q.Sort, Text: "no such column"}
	case len(q.Where) > 0 && q.Where[0].Column == "nothing":
		return warehouse.TableRows{}, &warehouse.QueryError{Value: "nothing:eq:1", Text: "no such column"}
	}
	return warehouse.TableRows{State: exampleState, Columns: fakeColumns, Rows: [][]any{
		{"Champions", time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), int64(5)}, {nil, nil, int64(0)}, {"b", nil, int64(-9_007_199_254_740_993)},
	}}, f.err
}
