package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Fetch sizes: larger ones cost up to four times the CPU, because the records of
// a fetch no longer fit the caches.
const (
	fetchPartitionBytes = 1 << 20
	fetchBytes          = 4 << 20
)

// Group timings. A member that dies is replaced after the session timeout; one
// that is slow to give its partitions up is thrown out after the rebalance
// timeout.
const (
	sessionTimeout   = 10 * time.Second
	heartbeatEvery   = 2 * time.Second
	rebalanceTimeout = 60 * time.Second
)

// GroupHooks are the callbacks of a group member. No two of them run at the same
// time, though each runs in a goroutine of its own. What follows was read in
// franz-go v1.22.3 (consumer_group.go: manage, setupAssignedAndHeartbeat,
// heartbeat, revoke, fetchOffsets, manageFailWait, leave) and is held by
// group_test.go.
//
// One session of an eager member goes as follows.
//
//  1. Join and sync. Nothing is assigned, fetched or called meanwhile.
//  2. Heartbeats begin, in a goroutine that does nothing else.
//  3. AdjustOffsets is called with every assigned partition, in the goroutine that
//     fetched the group's offsets; it is not called if nothing was assigned (more
//     members than partitions). Heartbeats go on however long it takes, so the
//     session timeout does not limit it, and a poll may run beside it: no record
//     of the assignment is fetched before it returns.
//  4. Fetching begins at the offsets it returned. It must return every partition
//     it was given; an epoch of -1 (WithEpoch) keeps the client from comparing
//     leader epochs that it did not see itself.
//  5. When another member comes or goes, a heartbeat says so. The client waits
//     until the poller allows rebalances; then ends the context of AdjustOffsets
//     and waits for it to return; then drops what is fetched; then calls OnRevoked
//     with everything, in a goroutine of its own. Heartbeats still go on. Steps 1
//     to 5 must not take longer than the rebalance timeout (60 s) from the
//     heartbeat on, or the member is thrown out.
//
// If AdjustOffsets returns an error, or a heartbeat fails for good (the member was
// thrown out, the broker is gone), the client waits until the poller allows
// rebalances, calls OnLost with everything, drops what is fetched, hands
// *kgo.ErrGroupSession to the next poll, and joins anew after a backoff that grows
// to a few seconds. [SessionLost] tells that error from those of the log.
//
// If the client is closed, the context of AdjustOffsets ends, then OnRevoked is
// called with everything, then the member leaves the group. Close waits for all
// three; it must not be called from a callback.
type GroupHooks struct {
	// OnAssigned is called once a session has begun, before AdjustOffsets, with
	// what is assigned, also if that is nothing.
	OnAssigned    func(context.Context, *kgo.Client, map[string][]int32)
	AdjustOffsets func(context.Context, map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error)
	OnRevoked     func(context.Context, *kgo.Client, map[string][]int32)
	OnLost        func(context.Context, *kgo.Client, map[string][]int32)
}

// NewGroup returns a member of a consumer group over topics. Partitions are
// assigned by ranges, eagerly: topics with equal partition counts come
// co-partitioned. Members are dynamic: one that is closed is replaced at once, one
// that dies after 10 s. Offsets are never committed or reset by the client: the
// store has them, and an offset that the log no longer holds is an error of the
// fetch. No topic is created by asking for it. The markers of transactions are
// fetched like records (kgo.RecordAttrs.IsControl).
//
// The caller polls with rebalances blocked, and calls AllowRebalance after each
// poll, also one that returned nothing but an error.
func NewGroup(cfg Config, group string, topics []string, hooks GroupHooks, extra ...kgo.Opt) (*kgo.Client, error) {
	opts := []kgo.Opt{
		kgo.ConsumerGroup(group),
		kgo.ConsumeTopics(topics...),
		kgo.Balancers(kgo.RangeBalancer()),
		kgo.SessionTimeout(sessionTimeout),
		kgo.HeartbeatInterval(heartbeatEvery),
		kgo.RebalanceTimeout(rebalanceTimeout),
		kgo.BlockRebalanceOnPoll(),
		kgo.DisableAutoCommit(),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.FetchMinBytes(1),
		kgo.FetchMaxWait(500 * time.Millisecond),
		kgo.FetchMaxPartitionBytes(fetchPartitionBytes),
		kgo.FetchMaxBytes(fetchBytes),
		kgo.FetchIsolationLevel(kgo.ReadUncommitted()),
		kgo.KeepControlRecords(), // a partition may end with one, and its end must be seen
		kgo.ProducerLinger(0),
	}
	if hooks.OnAssigned != nil {
		opts = append(opts, kgo.OnPartitionsAssigned(hooks.OnAssigned))
	}
	if hooks.AdjustOffsets != nil {
		opts = append(opts, kgo.AdjustFetchOffsetsFn(guard(hooks.AdjustOffsets)))
	}
	if hooks.OnRevoked != nil {
		opts = append(opts, kgo.OnPartitionsRevoked(hooks.OnRevoked))
	}
	if hooks.OnLost != nil {
		opts = append(opts, kgo.OnPartitionsLost(hooks.OnLost))
	}
	return cfg.client(append(opts, extra...)...)
}

// SessionLost reports whether err, of a poll, says that the member was thrown out
// of its group or could not join it. The client joins anew by itself; every other
// error of a poll but context.Canceled and kgo.ErrClientClosed is one of the log,
// and comes again with every poll, without any pause: stop on it.
func SessionLost(err error) bool {
	_, ok := errors.AsType[*kgo.ErrGroupSession](err)
	return ok
}

// guard closes two traps of AdjustFetchOffsetsFn. An error that is
// context.Canceled ends the member's group management for good, silently, because
// the client takes it for its own closing: so it is kept from any error that the
// callback's own context did not cause. And a partition that is missing from the
// answer is never fetched.
func guard(adjust func(context.Context, map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error)) func(context.Context, map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	return func(ctx context.Context, assigned map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
		want := map[string][]int32{}
		for topic, partitions := range assigned {
			for p := range partitions {
				want[topic] = append(want[topic], p)
			}
		}
		adjusted, err := adjust(ctx, assigned)
		if err != nil {
			if ctx.Err() == nil && errors.Is(err, context.Canceled) {
				err = fmt.Errorf("kafka: adjust offsets: %v", err) //nolint:errorlint // the chain is cut on purpose
			}
			return nil, err
		}
		for topic, partitions := range want {
			slices.Sort(partitions)
			for _, p := range partitions {
				if _, ok := adjusted[topic][p]; !ok {
					return nil, fmt.Errorf("kafka: adjust offsets: %s[%d] was assigned and got no offset", topic, p)
				}
			}
		}
		return adjusted, nil
	}
}
