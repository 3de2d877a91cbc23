package sim

import (
	"fmt"
	"os"
	"path/filepath"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// ports are where the brokers listen.
var ports = []int{9092, 9093}

// brokers are a cluster with its log on disk, on a network without a wire.
type brokers struct {
	network *kfake.VirtualNetwork
	dir     string // of all generations
	current int    // the generation that runs: each crash leaves a copy to the next
	cluster *kfake.Cluster
}

// start starts the brokers on what is in their directory.
func (b *brokers) start() (err error) {
	b.cluster, err = kfake.NewCluster(
		kfake.Ports(ports...), kfake.ListenFn(b.network.Listen), kfake.DataDir(b.data()),
		kfake.BrokerConfigs(map[string]string{"log.retention.ms": "-1", "log.retention.bytes": "-1"}),
	)
	return err
}

func (b *brokers) data() string { return filepath.Join(b.dir, fmt.Sprint(b.current)) }

func (b *brokers) stop() {
	if b.cluster != nil {
		b.cluster.Close()
		b.cluster = nil
	}
}

// crash ends the brokers as kill -9 does: what is on disk at that moment is what
// the next start finds. Nobody may be connected any more.
func (b *brokers) crash() error {
	synctest.Wait() // what was asked for before is done
	old := b.data()
	b.current++
	if err := os.CopyFS(b.data(), os.DirFS(old)); err != nil {
		return err
	}
	b.stop() // which writes to the old directory
	return os.RemoveAll(old)
}

// move makes another broker the leader of a partition.
func (b *brokers) move(topic string, partition int32) error {
	other := (b.cluster.LeaderFor(topic, partition) + 1) % int32(len(ports))
	return b.cluster.MoveTopicPartition(topic, partition, other)
}

// refusals are errors that a broker gives while it is starting, electing or busy,
// all of which pass.
var refusals = []struct {
	key kmsg.Key
	err *kerr.Error
}{
	{kmsg.Produce, kerr.NotLeaderForPartition},
	{kmsg.Produce, kerr.RequestTimedOut}, // it was written
	{kmsg.Produce, kerr.NotEnoughReplicas},
	{kmsg.Produce, kerr.NotEnoughReplicasAfterAppend}, // it was written
	{kmsg.Produce, kerr.UnknownServerError},           // which no client retries by itself
	{kmsg.Fetch, kerr.NotLeaderForPartition},
	{kmsg.Fetch, kerr.KafkaStorageError},
	{kmsg.ListOffsets, kerr.NotLeaderForPartition},
	{kmsg.JoinGroup, kerr.CoordinatorLoadInProgress},
	{kmsg.JoinGroup, kerr.CoordinatorNotAvailable},
	{kmsg.SyncGroup, kerr.RebalanceInProgress},
	{kmsg.Heartbeat, kerr.CoordinatorNotAvailable},
	{kmsg.Heartbeat, kerr.NotCoordinator},
	{kmsg.Heartbeat, kerr.UnknownMemberID},
	{kmsg.OffsetFetch, kerr.CoordinatorLoadInProgress},
	{kmsg.OffsetFetch, kerr.NotCoordinator},
}

// refuse answers the next n requests of a kind with an error, for d at most, and
// returns what says how many it was in the end.
func (b *brokers) refuse(kind, n int, d time.Duration) (hits func() int) {
	r := refusals[kind]
	h := b.cluster.Fault(
		kfake.Fault{Keys: []kmsg.Key{r.key}, Err: r.err, Count: n, TopLevel: false},
		kfake.Fault{Keys: []kmsg.Key{r.key}, Err: r.err, Count: n, TopLevel: true},
	)
	time.AfterFunc(d, h.Remove)
	return h.Hits
}
