package store

// ReplayNeed is what the store knows of a topic-partition that says from where on
// the log may be read again.
type ReplayNeed struct {
	Topic     string
	Partition int32
	Committed int64   // first offset not applied; 0 = never read
	Snapshots []int64 // next offset of each kept snapshot; 0 for one that does not name the topic
}
