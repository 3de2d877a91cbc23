package app

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"globalmart/internal/api"
	"globalmart/internal/cache"
	"globalmart/internal/datadir"
	"globalmart/internal/fault"
	"globalmart/internal/kafka"
	"globalmart/internal/kafka/embedded"
	"globalmart/internal/lake/lookup/duck"
	"globalmart/internal/rules"
	"globalmart/internal/warehouse/cached"
	"globalmart/internal/warehouse/mongodb"
	"globalmart/internal/warehouse/parquet"
)

// Source says where the log and the live tables are.
type Source struct {
	Data        string // data directory of the embedded profile
	Kafka       string // "embedded", or host:port,…
	Access      Access // how to get into that cluster
	KafkaListen string // where an embedded broker that this command starts listens
	Store       string // sqlite:PATH or postgres://…; empty: the store of the data directory
}

// embeddedKafka is the value of Source.Kafka that means the broker of the data
// directory.
const embeddedKafka = "embedded"

// embeddedPartitions is the partition count of the embedded broker's topics.
const embeddedPartitions = 4

// platform is an open log and the rules that give its numbers their meaning.
type platform struct {
	env    Env
	src    Source
	rules  rules.Rules
	kafka  kafka.Config
	dir    *datadir.Dir     // nil unless this process owns the data directory
	broker *embedded.Broker // nil unless this process runs it
	run    datadir.Run      // what run.json says
	name   string           // see self

	warehouse cached.Source      // nil unless openWarehouse opened it: one of the next two
	files     *parquet.Reader    // that answers from the files, or nil
	mongodb   *mongodb.Warehouse // or nil
	// closeMongoDB ends the connections of mongodb; nil without it.
	closeMongoDB func() error
	lookup       *duck.Reader // of the lake; nil unless openWarehouse opened it
	cache        cache.Cache  // nil unless openCache opened it

	observer   *kafka.Observer // nil unless observe opened it
	operations *api.Operations // of the API; nil = it has none
	elsewhere  *elsewhere      // what other processes of the platform run; nil unless this one is only an API
}

// open connects to the log of src: the brokers it names; the broker of the `up`
// that runs on its data directory; or a broker started here, for which the
// directory is taken. fresh, if not nil, gives the rules of a directory that has
// no log yet.
func open(ctx context.Context, env Env, src Source, command string, fresh *rules.Rules) (*platform, error) {
	p := &platform{env: env, src: src}
	run, err := p.find(command)
	switch {
	case err != nil:
		return nil, err
	case src.Kafka != embeddedKafka:
		if err := p.ping(ctx, pingTime); err != nil {
			return nil, err
		}
		return p, p.loadRules()
	case run.Kafka != "":
		p.run = run
		return p, p.loadRules()
	}
	return openOwn(ctx, env, src, command, fresh)
}

// openOwn takes the data directory of src for this process, and starts its broker.
func openOwn(ctx context.Context, env Env, src Source, command string, fresh *rules.Rules) (*platform, error) {
	p := &platform{env: env, src: src}
	if err := p.own(ctx, command, fresh); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// own takes the data directory and starts its broker. That its port is free is
// found out first: a port in use leaves no trace on the disk.
func (p *platform) own(ctx context.Context, command string, fresh *rules.Rules) error {
	port, err := listen(ctx, "embedded broker", p.src.KafkaListen, "--kafka-listen")
	if err != nil {
		return err
	}
	_ = port.Close() // nothing was sent over it
	dir, err := datadir.Open(p.src.Data)
	if err != nil {
		return err
	}
	p.dir = dir
	if stale, ok := dir.Stale(); ok {
		p.env.Log.WarnContext(ctx, "the last process did not stop cleanly; going on where it was", "pid", stale.PID, "command", stale.Command)
	}
	if fresh != nil {
		if err := p.writeRules(fresh); err != nil {
			return err
		}
	}
	if err := p.loadRules(); err != nil {
		return err
	}
	p.broker, err = embedded.Start(ctx, embedded.Options{DataDir: dir.Kafka(), Addr: p.src.KafkaListen, SyncWrites: true, Log: p.env.Log})
	if err != nil {
		return brokerFault(p.src, err)
	}
	if p.kafka, err = p.src.embedded(p.broker.Addr(), command); err != nil {
		return err
	}
	p.kafka.Log = p.env.Log
	p.run = datadir.Run{Command: command, Version: p.env.Version, Kafka: p.broker.Addr()}
	if err := dir.Publish(p.run); err != nil {
		return err
	}
	return p.ensureTopics(ctx)
}

// writeRules gives a directory that holds nothing yet its rules.
func (p *platform) writeRules(r *rules.Rules) error {
	path := p.dir.Rules()
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if begun(p.dir.Layout) {
		return nil
	}
	text, err := r.YAML()
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return fault.New(fault.Failed, "cannot write the rules", err, "check that the data directory is writable and the disk not full")
	}
	return nil
}

func (p *platform) loadRules() (err error) {
	p.rules, err = rulesFor(p.src, nil)
	return err
}

// rulesFor are the rules that hold for src, also before it exists: those of its
// data directory; fresh, if that is not nil and the directory holds nothing yet; else
// the built-in ones.
func rulesFor(src Source, fresh *rules.Rules) (rules.Rules, error) {
	data := datadir.Layout(src.Data)
	text, err := os.ReadFile(data.Rules())
	switch {
	case err == nil:
		r, err := rules.Parse(text)
		if err != nil {
			return r, fault.New(fault.Usage, "the rules in "+data.Rules()+" are not valid", err, "correct the file; what it leaves out keeps its default")
		}
		return r, nil
	case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR):
		return rules.Rules{}, fault.New(fault.Usage, "cannot read the rules", err, "make "+data.Rules()+" readable")
	}
	if fresh != nil && src.Kafka == embeddedKafka && !begun(data) {
		return *fresh, nil
	}
	return rules.Default(), nil
}

func (p *platform) ensureTopics(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := kafka.CreateTopics(ctx, p.kafka, kafka.TopicPlan{Partitions: p.partitions()}); err != nil {
		return p.kafkaFault(err)
	}
	return nil
}

// pingTime is how long a broker may take to answer at all, also a busy one.
const pingTime = 10 * time.Second

// ping fails clearly if there is no broker within limit.
func (p *platform) ping(ctx context.Context, limit time.Duration) error {
	if err := kafka.Ping(ctx, p.kafka, limit); err != nil {
		return p.kafkaFault(err)
	}
	return nil
}

// makeFolder makes the folder of the live tables.
func makeFolder(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fault.New(fault.Failed, "cannot make the directory of the live tables", err, "name one that can be made with --data or --store sqlite:PATH")
	}
	return nil
}

// close stops what this process started.
func (p *platform) close() {
	if p.cache != nil {
		if err := p.cache.Close(); err != nil { // it holds copies only
			p.env.Log.Warn("the cache", "error", err)
		}
	}
	if p.lookup != nil {
		if err := p.lookup.Close(); err != nil {
			p.env.Log.Warn("cannot close the reader of the lake", "error", err)
		}
	}
	if p.observer != nil {
		p.observer.Close()
	}
	p.closeWarehouse()
	if p.broker != nil {
		if err := p.broker.Close(); err != nil { // no record is lost by it
			p.env.Log.Warn("the next start of the embedded broker takes longer", "error", err)
		}
	}
	if p.dir != nil {
		if err := p.dir.Close(); err != nil {
			p.env.Log.Error("data directory", "error", err)
		}
	}
}

// listen opens a loopback port.
func listen(ctx context.Context, what, addr, flag string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, listenFault(what, addr, flag, err)
	}
	return l, nil
}
