package kafka

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Observer looks at the topics and the consumer groups of a cluster over one
// connection that it keeps. It changes nothing and is safe for concurrent use.
type Observer struct {
	cfg    Config
	client *kgo.Client
	extra  []kgo.Opt
	rates  Rates
}

// NewObserver returns an observer of cfg's cluster. It connects to nobody yet. The
// caller closes it.
func NewObserver(cfg Config, extra ...kgo.Opt) (*Observer, error) {
	client, err := cfg.client(extra...)
	if err != nil {
		return nil, err
	}
	return &Observer{cfg: cfg, client: client, extra: extra}, nil
}

// Close closes the connection.
func (o *Observer) Close() { o.client.Close() }

// TopicState is a topic as the brokers describe it.
type TopicState struct {
	Topic          string
	Partitions     []PartitionState
	RetentionMS    int64    // how long records are kept; -1 = for ever
	RetentionBytes int64    // of a partition; -1 = any
	PerSecond      *float64 // records written, since an earlier look; nil at the first one
}

// PartitionState is one partition. Its records are those of [Start, End).
type PartitionState struct {
	Partition int32
	Leader    int32 // node id; -1 = none
	Replicas  int
	InSync    int
	Start     int64
	End       int64
	Bytes     int64 // on the disk of one replica; -1 = the broker does not say
}

// Records is how many records the topic holds.
func (t *TopicState) Records() (n int64) {
	for i := range t.Partitions {
		n += t.Partitions[i].End - t.Partitions[i].Start
	}
	return n
}

// Bytes is the size of one copy of the topic, or -1 where a broker does not say.
func (t *TopicState) Bytes() (n int64) {
	for i := range t.Partitions {
		if t.Partitions[i].Bytes < 0 {
			return -1
		}
		n += t.Partitions[i].Bytes
	}
	return n
}

// Topics describes the platform's topics that exist, by name.
func (o *Observer) Topics(ctx context.Context) ([]TopicState, error) {
	admin := kadm.NewClient(o.client)
	details, err := topicDetails(ctx, admin)
	if err != nil {
		return nil, err
	}
	var list []TopicState
	var names []string
	for _, d := range details.Sorted() {
		if d.Err == nil { // else it does not exist
			list = append(list, topicState(d))
			names = append(names, d.Topic)
		}
	}
	if len(list) == 0 {
		return nil, nil // asking for the offsets of no topic means all of them
	}
	starts, err := Starts(ctx, o.client, names...)
	if err != nil {
		return nil, err
	}
	ends, err := Ends(ctx, o.client, names...)
	if err != nil {
		return nil, err
	}
	sizes := diskSizes(ctx, admin)
	retention, err := retentions(ctx, admin, names)
	if err != nil {
		return nil, err
	}
	perSecond := o.rates.Since(time.Now(), sums(ends))
	for i := range list {
		t := &list[i]
		for j := range t.Partitions {
			p := &t.Partitions[j]
			p.Start, p.End, p.Bytes = starts[t.Topic][p.Partition], ends[t.Topic][p.Partition], -1
			if n, known := sizes[partition{t.Topic, p.Partition}]; known {
				p.Bytes = n
			}
		}
		t.RetentionMS, t.RetentionBytes = retention[t.Topic][retentionMS], retention[t.Topic][retentionBytes]
		if rate, known := perSecond[t.Topic]; known {
			t.PerSecond = &rate
		}
	}
	return list, nil
}

func topicState(d kadm.TopicDetail) TopicState {
	t := TopicState{Topic: d.Topic}
	for _, p := range d.Partitions.Sorted() {
		t.Partitions = append(t.Partitions, PartitionState{Partition: p.Partition, Leader: p.Leader, Replicas: len(p.Replicas), InSync: len(p.ISR)})
	}
	return t
}

// diskSizes is what one replica of each partition takes; nothing where the cluster
// does not say.
func diskSizes(ctx context.Context, admin *kadm.Client) map[partition]int64 {
	sizes := map[partition]int64{}
	logDirs, err := admin.DescribeAllLogDirs(ctx, nil)
	if err != nil {
		return sizes // it may not be allowed, and the rest is of use without it
	}
	logDirs.Each(func(d kadm.DescribedLogDir) {
		d.Topics.Each(func(p kadm.DescribedLogDirPartition) {
			at := partition{p.Topic, p.Partition}
			sizes[at] = max(sizes[at], p.Size)
		})
	})
	return sizes
}

const (
	retentionMS    = "retention.ms"
	retentionBytes = "retention.bytes"
)

// retentions are the limits of each topic, by setting. One that the cluster does not
// let us read is 0.
func retentions(ctx context.Context, admin *kadm.Client, topics []string) (map[string]map[string]int64, error) {
	described, err := admin.DescribeTopicConfigs(ctx, topics...)
	if err != nil {
		return nil, fmt.Errorf("kafka: describe topics: %w", err)
	}
	limits := map[string]map[string]int64{}
	for _, d := range described {
		limits[d.Name] = map[string]int64{}
		for _, c := range d.Configs {
			if n, err := strconv.ParseInt(c.MaybeValue(), 10, 64); err == nil && (c.Key == retentionMS || c.Key == retentionBytes) {
				limits[d.Name][c.Key] = n
			}
		}
	}
	return limits, nil
}

// GroupState is a consumer group.
type GroupState struct {
	Group      string
	State      string // as Kafka calls it: Stable, Empty, PreparingRebalance, ...
	Protocol   string // how partitions are shared out
	Members    []GroupMember
	Partitions []GroupPartition // that it has committed offsets of, by topic and partition
}

// GroupMember is a process of a group.
type GroupMember struct {
	ID       string
	ClientID string
	Host     string
}

// GroupPartition is how far a group is in one partition.
type GroupPartition struct {
	Topic     string
	Partition int32
	Committed int64
	End       int64
	Lag       int64  // records; -1 = not known
	MemberID  string // "" = nobody reads it
}

// Lag is how many records the group has yet to read, as far as that is known.
func (g *GroupState) Lag() (n int64) {
	for i := range g.Partitions {
		n += max(0, g.Partitions[i].Lag)
	}
	return n
}

// Groups describes every consumer group of the cluster, by name.
func (o *Observer) Groups(ctx context.Context) ([]GroupState, error) {
	admin := kadm.NewClient(o.client)
	listed, err := admin.ListGroups(ctx)
	if err != nil {
		return nil, fmt.Errorf("kafka: list groups: %w", err)
	}
	if len(listed) == 0 {
		return nil, nil // asking for no group means all of them
	}
	lags, err := admin.Lag(ctx, listed.Groups()...)
	if err != nil {
		return nil, fmt.Errorf("kafka: lag of groups: %w", err)
	}
	var groups []GroupState
	for _, l := range lags.Sorted() {
		if err := l.Error(); err != nil {
			return nil, fmt.Errorf("kafka: lag of group %s: %w", l.Group, err)
		}
		groups = append(groups, groupState(&l))
	}
	return groups, nil
}

func groupState(l *kadm.DescribedGroupLag) GroupState {
	g := GroupState{Group: l.Group, State: l.State, Protocol: l.Protocol}
	for _, m := range l.Members {
		g.Members = append(g.Members, GroupMember{ID: m.MemberID, ClientID: m.ClientID, Host: m.ClientHost})
	}
	for _, p := range l.Lag.Sorted() {
		if p.Commit.At < 0 {
			continue // it is assigned, and nothing was committed of it
		}
		at := GroupPartition{Topic: p.Topic, Partition: p.Partition, Committed: p.Commit.At, End: p.End.Offset, Lag: p.Lag}
		if p.Member != nil {
			at.MemberID = p.Member.MemberID
		}
		g.Partitions = append(g.Partitions, at)
	}
	slices.SortFunc(g.Partitions, func(a, b GroupPartition) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return g
}

// sums adds up the offsets of each topic.
func sums(offsets Offsets) map[string]int64 {
	sum := map[string]int64{}
	for topic, partitions := range offsets {
		for n := range maps.Values(partitions) {
			sum[topic] += n
		}
	}
	return sum
}

// shortestLook is the least time that a rate is taken over.
const shortestLook = time.Second

// Rates tells how fast counts grow between two looks at them. The zero value is ready, and
// it is safe for concurrent use.
type Rates struct {
	mu     sync.Mutex
	at     time.Time
	counts map[string]int64
	last   map[string]float64
}

// Since returns the growth a second of each count since an earlier look; of looks
// that follow each other closely, the later ones repeat the rates of the first.
func (r *Rates) Since(now time.Time, counts map[string]int64) map[string]float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	passed := now.Sub(r.at)
	if r.counts != nil && passed < shortestLook {
		return r.last
	}
	if r.counts != nil {
		last := map[string]float64{}
		for name, n := range counts {
			if before, known := r.counts[name]; known {
				last[name] = float64(max(0, n-before)) / passed.Seconds()
			}
		}
		r.last = last
	}
	r.at, r.counts = now, counts
	return r.last
}
