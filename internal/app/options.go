package app

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"globalmart/internal/telemetry"
)

// Rate is how fast shoppers act: a number of events a second (0 = nobody comes),
// "business" (the shop's orders a day, in its rhythm) or "max" (as fast as it goes).
type Rate struct {
	PerSecond float64 // mean; of no meaning if Business or Max is set
	Business  bool
	Max       bool
}

// maxPerSecond bounds what one process may be asked for.
const maxPerSecond = 1e7

// UnmarshalText implements [encoding.TextUnmarshaler].
func (r *Rate) UnmarshalText(text []byte) error {
	switch string(text) {
	case "business":
		*r = Rate{Business: true}
		return nil
	case "max":
		*r = Rate{Max: true}
		return nil
	}
	n, err := strconv.ParseFloat(string(text), 64)
	if err != nil || math.IsNaN(n) || n < 0 || n > maxPerSecond {
		return fmt.Errorf("%q: want events a second from 0 to %d, business or max", text, int(maxPerSecond))
	}
	*r = Rate{PerSecond: n}
	return nil
}

// String returns what UnmarshalText reads.
func (r Rate) String() string {
	switch {
	case r.Business:
		return "business"
	case r.Max:
		return "max"
	}
	return strconv.FormatFloat(r.PerSecond, 'f', -1, 64)
}

// Faults are the probabilities of what the generator does wrong on purpose.
type Faults struct {
	Anomalies  float64 // per order
	Late       float64 // per event, as the rest
	Duplicates float64
	Corrupt    float64
}

// UpOptions are those of `globalmart up`.
type UpOptions struct {
	Data           string
	Rate           Rate
	For            time.Duration // 0 = until it is stopped
	Seed           uint64
	History        Days // before the first live day, written beside the rest; 0 = none
	HistoryOrders  int  // a day
	Faults         Faults
	Listen         string // API, host:port
	KafkaListen    string
	Store          string // live tables: sqlite:PATH or postgres://…; "" = those of the data directory
	OperatorListen string
	SnapshotEvery  time.Duration // least time between two snapshots of a task, above 0
	LakeRollAfter  time.Duration // age at which a file of the lake is finished; 0 = the lake's default
	Trim           TrimOptions
	Access         APIAccess
	Collector      CollectorOptions
	Cache          CacheOptions     // of the API's answers
	Engine         EngineOptions    // of the batch jobs
	Warehouse      telemetry.Secret // a directory, or the URL of a MongoDB; "" = that of the data directory
	Alerts         AlertOptions
}

// GenerateOptions are those of `globalmart generate`.
type GenerateOptions struct {
	Source Source
	Rate   Rate
	For    time.Duration // 0 = until it is stopped
	Seed   uint64
	Start  time.Time // zero = now, in real time
	Count  int64     // events in virtual time; 0 = live
	Faults Faults
	Truth  string // file for the labels of the faults; "" = none
	// Catalogue sends the products and first stocks that the log lacks, too, beside live
	// events.
	Catalogue bool

	OperatorListen string // where metrics are served; "" = nowhere
}

// ImportOptions are those of `globalmart import`.
type ImportOptions struct {
	Source   Source
	File     string
	LakeOnly bool   // straight to the lake, without the log
	Lake     string // directory; "" = that of the data directory
}

// StreamOptions are those of `globalmart stream`.
type StreamOptions struct {
	Source         Source
	OperatorListen string
	SnapshotEvery  time.Duration // least time between two snapshots of a task, above 0
	Alerts         AlertOptions
}

// APIOptions are those of `globalmart api`.
type APIOptions struct {
	Source         Source
	Listen         string
	OperatorListen string
	Access         APIAccess
	Collector      CollectorOptions // of what takes events, where the log is known
	Cache          CacheOptions     // of the answers
	Warehouse      telemetry.Secret // a directory, or the URL of a MongoDB; "" = that of the data directory
}

// BrokerOptions are those of `globalmart broker`.
type BrokerOptions struct {
	Data        string
	KafkaListen string
}

// TopicsOptions are those of `globalmart topics create` and `topics list`.
type TopicsOptions struct {
	Source      Source
	Partitions  int // of the co-partitioned topics, for create; 0 = 4 embedded, 12 on a cluster
	Replication int // for create; 0 = 1 embedded, 3 on a cluster
}

// HealthOptions are those of `globalmart health`.
type HealthOptions struct {
	Source    Source
	Operator  string           // host:port of the metrics of one process, which alone is checked; "" = everything that is named
	API       string           // host:port; "" = the running one of the data directory, if there is one
	Cache     CacheOptions     // no URL, "memory" and "none" are not asked
	Warehouse telemetry.Secret // a directory is not asked
	Engine    telemetry.Secret // "" and "duckdb" are not asked
	Timeout   time.Duration    // for each component
}

// VerifyOptions are those of `globalmart verify`.
type VerifyOptions struct {
	Lake      string           // directory; "" = that of the data directory, if it has one
	Warehouse telemetry.Secret // a directory, or the URL of a MongoDB, whose files are read; "" = that of the data directory, if the lake is
	Deep      bool             // read every row of the lake
	Source    Source
	API       string // host:port; "" = the running one of the data directory, if there is one
	APIKey    telemetry.Secret
}

// BenchOptions are those of `globalmart bench stream` and `bench generate`.
type BenchOptions struct {
	Events     int64
	Start      string // virtual time of the first one; "" = benchStart
	Seed       uint64
	Duplicates float64
	Dir        string // work directory; "" = a temporary one, removed afterwards
	Kafka      string // "embedded", or host:port,… of a cluster without topics of ours
	Access     Access // how to get into that cluster
	BrokerPID  int    // its process on this machine; 0 = not known
	Profile    string // directory for profiles of bench stream; "" = none
	Store      string // of bench stream: sqlite:PATH or postgres://…, empty; "" = SQLite in Dir
	StorePID   int    // first process of that server on this machine; 0 = not known
}
