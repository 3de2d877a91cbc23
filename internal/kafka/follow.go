package kafka

import "github.com/twmb/franz-go/pkg/kgo"

// Follow reads the partitions of from, each from its offset on, without end and
// without a consumer group. Offsets are never reset: one that the log does not
// have is an error of the fetch. Markers of transactions are handed over too.
func Follow(cfg Config, from Offsets, extra ...kgo.Opt) (*kgo.Client, error) {
	partitions := map[string]map[int32]kgo.Offset{}
	for topic, offsets := range from {
		for p, offset := range offsets {
			if partitions[topic] == nil {
				partitions[topic] = map[int32]kgo.Offset{}
			}
			partitions[topic][p] = kgo.NewOffset().At(offset)
		}
	}
	return cfg.client(append([]kgo.Opt{
		kgo.ConsumePartitions(partitions),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.KeepControlRecords(),
		kgo.FetchMaxPartitionBytes(fetchPartitionBytes),
		kgo.FetchMaxBytes(fetchBytes),
	}, extra...)...)
}
