package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"globalmart/internal/app"
	"globalmart/internal/telemetry"
)

// source are the flags of commands that need the log and the live tables.
type source struct {
	Data        string   `default:"data" placeholder:"DIR" help:"Data directory of the embedded profile (${default})."`
	Kafka       string   `default:"embedded" placeholder:"BROKERS" help:"\"embedded\": the broker of the data directory, started if it is not running; or host:port,... of a cluster (${default})."`
	KafkaListen loopback `default:"127.0.0.1:0" placeholder:"ADDR" help:"Where an embedded broker that this command starts listens; port 0 picks a free one (${default})."`
	liveTables
	access `group:"Access to a Kafka cluster:"`
}

func (s source) options() app.Source {
	return app.Source{Data: s.Data, Kafka: s.Kafka, Access: s.access.options(), KafkaListen: string(s.KafkaListen), Store: s.Store}
}

// access are the flags for getting into a Kafka cluster.
type access struct {
	KafkaTLS          bool             `name:"kafka-tls" help:"Encrypt the connections to the cluster; the flags of certificates imply it."`
	KafkaCA           string           `name:"kafka-ca" placeholder:"FILE" help:"Authorities to trust, in PEM; those of the system if not given."`
	KafkaCert         string           `name:"kafka-cert" placeholder:"FILE" help:"Client certificate, in PEM, for clusters that ask for one."`
	KafkaKey          string           `name:"kafka-key" placeholder:"FILE" help:"Key of the client certificate, in PEM."`
	KafkaServerName   string           `placeholder:"NAME" help:"Name that the brokers' certificates must have; the host of each broker if not given."`
	KafkaSASL         kafkaMechanism   `name:"kafka-sasl" placeholder:"MECHANISM" help:"How to log in: scram-sha-512 (if only a user is given), scram-sha-256 or plain."`
	KafkaUser         string           `placeholder:"NAME" help:"User to log in as."`
	KafkaPassword     telemetry.Secret `placeholder:"PASSWORD" help:"Its password; better in GLOBALMART_KAFKA_PASSWORD, which no list of processes shows."`
	KafkaPasswordFile string           `placeholder:"FILE" help:"File that holds the password, instead."`
}

func (a access) options() app.Access {
	return app.Access{
		TLS: a.KafkaTLS, CA: a.KafkaCA, Cert: a.KafkaCert, Key: a.KafkaKey, ServerName: a.KafkaServerName,
		Mechanism: string(a.KafkaSASL), User: a.KafkaUser, Password: a.KafkaPassword, PasswordFile: a.KafkaPasswordFile,
	}
}

// kafkaMechanism is a way to log in, however it is capitalised: Kafka's own
// settings write SCRAM-SHA-512.
type kafkaMechanism string

// UnmarshalText implements [encoding.TextUnmarshaler].
func (m *kafkaMechanism) UnmarshalText(text []byte) error {
	switch lower := strings.ToLower(string(text)); lower {
	case "plain", "scram-sha-256", "scram-sha-512":
		*m = kafkaMechanism(lower)
		return nil
	}
	return fmt.Errorf("%q: want plain, scram-sha-256 or scram-sha-512", text)
}

// faults are the flags of what the generator does wrong on purpose.
type faults struct {
	Anomalies  float64 `default:"0.002" placeholder:"P" help:"Share of orders of unusual value or quantity, or in bursts (${default})."`
	Late       float64 `default:"0" placeholder:"P" help:"Share of events sent after later ones (${default})."`
	Duplicates float64 `default:"0" placeholder:"P" help:"Share of events sent twice (${default})."`
	Corrupt    float64 `default:"0" placeholder:"P" help:"Share of events that no reader may take (${default})."`
}

func (f faults) options() app.Faults {
	return app.Faults{Anomalies: f.Anomalies, Late: f.Late, Duplicates: f.Duplicates, Corrupt: f.Corrupt}
}

// check reports every share that is none. Kong calls Validate of a command
// only, not of what is embedded in it.
func (f faults) check() error {
	return errors.Join(
		probability("anomalies", f.Anomalies),
		probability("late", f.Late),
		probability("duplicates", f.Duplicates),
		probability("corrupt", f.Corrupt),
	)
}

// operator is the flag of processes that run for long.
type operator struct {
	OperatorListen address `default:"127.0.0.1:9464" placeholder:"ADDR" help:"Where /metrics and /debug/pprof are served; port 0 picks a free one (${default})."`
}

// quietOperator is the same flag of commands that often run beside another one: they
// serve no metrics unless told to.
type quietOperator struct {
	OperatorListen address `placeholder:"ADDR" help:"Where /metrics and /debug/pprof are served; nowhere if not given."`
}

// snapshots is the flag of processes that run a stream worker. It is for tests:
// nobody needs to choose it.
type snapshots struct {
	SnapshotEvery time.Duration `default:"1m" hidden:"" help:"Least time between two snapshots of a task (${default})."`
}

// storage are the flags of how a platform keeps its log and its lake. They are for
// tests: nobody needs to choose them.
type storage struct {
	lakeFiles
	TrimEvery time.Duration `default:"10s" hidden:"" help:"Time between two rounds of trimming the log (${default})."`
	TrimTo    int64         `default:"67108864" placeholder:"BYTES" hidden:"" help:"What is kept of a partition of the log that others no longer need; a quarter of it of the smaller topics (${default})."`
}

func (s storage) check() error {
	if s.TrimEvery <= 0 || s.TrimTo <= 0 {
		return errors.New("--trim-every, --trim-to: want more than 0")
	}
	return s.lakeFiles.check()
}

// lakeFiles is the flag of processes that write the lake, for tests as well.
type lakeFiles struct {
	LakeRollAfter time.Duration `default:"5m" hidden:"" help:"Age at which a file of the lake is finished (${default})."`
}

func (l lakeFiles) check() error {
	if l.LakeRollAfter <= 0 {
		return fmt.Errorf("--lake-roll-after: %s: want more than 0", l.LakeRollAfter)
	}
	return nil
}

func (s snapshots) check() error {
	if s.SnapshotEvery <= 0 {
		return fmt.Errorf("--snapshot-every: %s: want more than 0", s.SnapshotEvery)
	}
	return nil
}

// apiKey is the flag of commands that serve or ask the API.
type apiKey struct {
	APIKey telemetry.Secret `name:"api-key" default:"globalmart-api-key-2024" placeholder:"KEY" help:"Key of the API. The default is for development and public."`
}

// liveTables is the flag of commands that need live tables.
type liveTables struct {
	Store string `placeholder:"URL" help:"Live tables: sqlite:PATH or postgres://...; those of the data directory if not given."`
}

// served are the flags of commands that serve the API.
type served struct {
	apiKey
	DevKey      bool     `name:"dev-key" help:"Take the development key, which is public, also where the API listens beyond this machine."`
	Quota       int      `default:"60000" placeholder:"N" help:"Requests a minute that one key may make (${default})."`
	AllowOrigin []string `placeholder:"ORIGIN" help:"Origins whose pages may call the API from a browser, each scheme://host[:port], with commas between. Such a page sends a key in the header X-API-Key: whoever opens it can read that key."`
}

func (s served) options() app.APIAccess {
	return app.APIAccess{Key: s.APIKey, Development: s.DevKey, Quota: s.Quota, Origins: s.AllowOrigin}
}

func (s served) check() error {
	errs := []error{s.apiKey.check(), between("quota", s.Quota, 1, app.MaxQuota)}
	for _, o := range s.AllowOrigin {
		if err := app.CheckOrigin(o); err != nil {
			errs = append(errs, fmt.Errorf("--allow-origin: %w", err))
		}
	}
	return errors.Join(errs...)
}

// marts is the flag of commands that make or read the warehouse.
type marts struct {
	Warehouse telemetry.Secret `place:"" placeholder:"DIR|URL" help:"The warehouse: a directory, or the MongoDB that it is served from, mongodb://HOST:27017/DATABASE; with a password better in GLOBALMART_WAREHOUSE, which no list of processes shows. That of the data directory if not given."`
}

// answers is the flag of commands that serve the API.
type answers struct {
	Cache   telemetry.Secret `place:"" default:"memory" placeholder:"memory|none|URL" help:"Where answers are kept: in memory (the default), nowhere (none), or in a Redis that several processes share, redis://HOST:6379 or rediss: with TLS; with a password better in GLOBALMART_CACHE, which no list of processes shows."`
	CacheCA string           `name:"cache-ca" placeholder:"FILE" help:"Authorities to trust with rediss:, in PEM; those of the system if not given."`
}

func (a answers) cacheOptions() app.CacheOptions {
	return app.CacheOptions{URL: a.Cache, CA: a.CacheCA}
}

// engine is the flag of commands that run the batch jobs.
type engine struct {
	Engine       telemetry.Secret `place:"" default:"duckdb" placeholder:"duckdb|URL" help:"What runs the batch jobs: DuckDB in this process (the default), or a Spark through its Thrift server, spark://HOST:10000; with a password better in GLOBALMART_ENGINE, which no list of processes shows."`
	EngineMemory int              `default:"640" placeholder:"MIB" help:"Memory in MiB that DuckDB keeps for the jobs (${default}); the process takes about half as much beside it. More for millions of customers."`
}

func (e engine) engineOptions() app.EngineOptions {
	return app.EngineOptions{URL: e.Engine, Memory: int64(e.EngineMemory) << 20}
}

// check refuses a memory in which nothing runs.
func (e engine) check() error { return between("engine-memory", e.EngineMemory, 128, 1<<20) }

// check refuses an empty key, which would let nobody in.
func (k apiKey) check() error {
	if k.APIKey == "" {
		return errors.New("--api-key: it is empty: want a key")
	}
	return nil
}
