package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
)

// Stream is how the stream workers do, together.
type Stream struct {
	Ready      bool           `json:"ready" doc:"Every worker owns its tasks, has replayed what it must, and the store takes its commits."`
	Trouble    *string        `json:"trouble" doc:"Why the store takes no commits of one of them; null if it does."`
	Workers    []StreamWorker `json:"workers" nullable:"false"`
	Topics     []StreamTopic  `json:"topics" nullable:"false"`
	Latency    *StreamLatency `json:"latency,omitempty" doc:"From the arrival of an event until it is counted, of the events since the start, of the slowest worker; absent before the first."`
	Commits    int64          `json:"commits" doc:"Since the workers started, as the following."`
	Snapshots  int64          `json:"snapshots"`
	Rebalances int64          `json:"rebalances" doc:"Times that tasks were assigned, the first one among them."`
	Fenced     int64          `json:"fenced" doc:"Tasks that were lost to another worker."`
	Tasks      []StreamTask   `json:"tasks" nullable:"false"`
}

// StreamWorker is one process that counts events.
type StreamWorker struct {
	Worker    string         `json:"worker" doc:"Its machine, process and a word of its own."`
	SeenAt    time.Time      `json:"seen_at" doc:"When it said so: up to two seconds ago, or more if it hangs; after 15 it counts as gone."`
	Ready     bool           `json:"ready"`
	Trouble   *string        `json:"trouble" doc:"Why the store takes none of its commits; null if it does."`
	Tasks     int            `json:"tasks" doc:"That it owns."`
	PerSecond *float64       `json:"per_second" doc:"Records that it counted; null at its first report."`
	Behind    int64          `json:"behind" doc:"Records of its partitions that are not counted yet."`
	Latency   *StreamLatency `json:"latency,omitempty" doc:"As that of all; absent before its first event."`
}

// StreamTopic is what became of the records of a topic since the workers started.
type StreamTopic struct {
	Topic     string   `json:"topic"`
	Applied   int64    `json:"applied"`
	Duplicate int64    `json:"duplicate"`
	Dead      int64    `json:"dead" doc:"See /api/v1/ops/dead-letters."`
	TooOld    int64    `json:"too_old" doc:"In the lake, and repaired by the batch jobs."`
	Behind    int64    `json:"behind" doc:"Records of the log that are not counted yet."`
	PerSecond *float64 `json:"per_second" doc:"Records that were counted, since somebody looked before; null at the first look."`
}

// StreamLatency are quantiles, milliseconds.
type StreamLatency struct {
	P50MS float64 `json:"p50_ms"`
	P95MS float64 `json:"p95_ms"`
	P99MS float64 `json:"p99_ms"`
}

// StreamTask is one partition of one family of processors: shopping is sales,
// sessions, carts and anomalies; reference is stock, products and customers.
type StreamTask struct {
	Worker             string     `json:"worker" doc:"That owns it."`
	Family             string     `json:"family" enum:"shopping,reference"`
	Partition          int32      `json:"partition"`
	Epoch              int64      `json:"epoch" doc:"Rises each time that somebody takes it."`
	Replaying          bool       `json:"replaying" doc:"Its state is being restored from the log."`
	Queued             int        `json:"queued" doc:"Records that were fetched and not folded."`
	Watermark          *time.Time `json:"watermark" doc:"Its clock: what happened before is told from what is still to come; null before the first record."`
	Behind             int64      `json:"behind" doc:"Records of the log that are not counted yet."`
	StateBytes         int64      `json:"state_bytes" doc:"Of its newest snapshot."`
	SnapshotAgeSeconds float64    `json:"snapshot_age_seconds" doc:"What a restart has to replay; 0 if nothing was counted since."`
}

// exampleWorker is the name of a process in examples.
const exampleWorker = "shop-1/4711/K3VQ2TJ4"

func (a *API) addProcessors() {
	op := huma.Operation{
		OperationID: "ops-processors", Method: http.MethodGet, Path: "/api/v1/ops/processors",
		Summary:     "The stream processors: rates, latency, lag, state",
		Description: "Of all stream workers of the installation; each says every two seconds how it does. Their metrics are on their operator ports.",
	}
	rate, at := 100.1, a.local(exampleNow-240)
	operate(a, op, Stream{
		Ready: true, Workers: []StreamWorker{{Worker: exampleWorker, SeenAt: a.local(exampleNow), Ready: true, Tasks: 8, PerSecond: &rate, Behind: 1, Latency: &StreamLatency{2.1, 6.4, 9.8}}},
		Topics:  []StreamTopic{{Topic: event.TopicTransactions, Applied: 91_002, Duplicate: 410, Dead: 12, TooOld: 3, Behind: 1, PerSecond: &rate}},
		Latency: &StreamLatency{2.1, 6.4, 9.8}, Commits: 182_441, Snapshots: 96, Rebalances: 1,
		Tasks: []StreamTask{{Worker: exampleWorker, Family: "shopping", Partition: 0, Epoch: 7, Watermark: &at, StateBytes: 4_811_204, SnapshotAgeSeconds: 21.4}},
	}, func(ctx context.Context, _ *struct{}) (seen[Stream], error) {
		if a.deps.Operations.Stream == nil {
			return seen[Stream]{}, unknownHere("the stream", ofThePlatform)
		}
		stream, err := a.deps.Operations.Stream(ctx)
		for i := range stream.Workers {
			stream.Workers[i].SeenAt = stream.Workers[i].SeenAt.In(a.zone)
		}
		for i := range stream.Tasks {
			if at := stream.Tasks[i].Watermark; at != nil {
				local := at.In(a.zone)
				stream.Tasks[i].Watermark = &local
			}
		}
		return seen[Stream]{data: stream}, err
	})
}
