package kafka

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Fetch sizes: larger ones cost up to four times the CPU, because the records of
// a fetch no longer fit the caches.
const (
	fetchPartitionBytes = 2 << 20
	fetchBytes          = 8 << 20
)

// GroupHooks are the callbacks of a group consumer. The client calls them from
// the goroutine that manages the group, one at a time, with heartbeats going on
// beside it; they hold a rebalance up and must end within its timeout (60 s).
//
// After an assignment AdjustOffsets is called with every assigned partition and
// returns where each is read from; no record of them is fetched before it
// returns. Its context ends when the assignment is revoked again. After an error
// the client gives the assignment up and joins anew.
type GroupHooks struct {
	AdjustOffsets func(context.Context, map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error)
	OnRevoked     func(context.Context, *kgo.Client, map[string][]int32)
	OnLost        func(context.Context, *kgo.Client, map[string][]int32)
}

// NewGroup returns a member of a consumer group over topics. Partitions are
// assigned by ranges, eagerly: topics with equal partition counts come
// co-partitioned. Offsets are never committed or reset by the client: the store
// has them, and an offset that the log no longer holds is an error of the fetch.
// The caller polls with rebalances blocked, and allows them in between.
func NewGroup(cfg Config, group string, topics []string, hooks GroupHooks, extra ...kgo.Opt) (*kgo.Client, error) {
	opts := []kgo.Opt{
		kgo.ConsumerGroup(group),
		kgo.ConsumeTopics(topics...),
		kgo.Balancers(kgo.RangeBalancer()),
		kgo.SessionTimeout(10 * time.Second),
		kgo.HeartbeatInterval(2 * time.Second),
		kgo.BlockRebalanceOnPoll(),
		kgo.DisableAutoCommit(),
		kgo.RequireStableFetchOffsets(),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.FetchMaxPartitionBytes(fetchPartitionBytes),
		kgo.FetchMaxBytes(fetchBytes),
		kgo.FetchMaxWait(500 * time.Millisecond),
		kgo.AdjustFetchOffsetsFn(hooks.AdjustOffsets),
		kgo.OnPartitionsRevoked(hooks.OnRevoked),
		kgo.OnPartitionsLost(hooks.OnLost),
		kgo.ProducerLinger(0),
	}
	return cfg.client(append(opts, extra...)...)
}
