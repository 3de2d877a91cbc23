// Package spark runs a real Apache Spark for tests: a standalone master, a worker with
// one executor, and a Thrift server that is their application, each a Java process, on
// free loopback ports, with a directory of their own that goes with them. It needs Java
// 17 and, the first time, Python with pip, which gets Spark into a cache. It is no
// deployment: one machine, small heaps, no password, tables that nobody keeps.
package spark

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/beltran/gohive"

	"globalmart/test/services/host"
)

// Options say where to run.
type Options struct {
	Cache string // directory for Spark, and for the clusters' own directories
	// Alone is a Thrift server that computes by itself, in one process: there is no master
	// and no worker.
	Alone bool
}

// Endpoints are where a cluster is.
type Endpoints struct {
	Version string `json:"version"`
	Thrift  string `json:"thrift"` // host:port, plain text, authentication NONE: any user and password
	Master  string `json:"master"` // spark://host:port, or local[n] for one that is alone
	PID     int    `json:"pid"`    // of the Thrift server, which plans the statements
	Worker  int    `json:"worker"` // process of the worker, which has the executor's as a child; 0 = none
}

// URL is where the batch finds the cluster.
func (e Endpoints) URL() string { return "spark://" + e.Thrift }

// Cluster is a running cluster.
type Cluster struct {
	Endpoints
	File string // the endpoints as JSON

	dir                    string
	home                   string
	master, worker, server *host.Service // nil until it was started
}

// Start gets Spark if it is missing, and starts a cluster; it returns when a statement
// was run by the executor. The cluster dies with this process.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	home, err := Fetch(ctx, o)
	if err != nil {
		return nil, err
	}
	c, err := host.WithFreePorts(func() (*Cluster, error) { return start(ctx, o, home) })
	if err != nil {
		return nil, fmt.Errorf("spark: %w", err)
	}
	return c, nil
}

func start(ctx context.Context, o Options, home string) (*Cluster, error) {
	dir, err := host.NewDir(filepath.Join(o.Cache, "run"), "")
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir, home: home, File: filepath.Join(dir, "endpoints.json")}
	if err := c.start(ctx, o.Alone); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context, alone bool) (err error) {
	ports, err := host.FreePorts(ctx, 2)
	if err != nil {
		return err
	}
	c.Endpoints = Endpoints{Version: Version, Master: "spark://" + ports[0], Thrift: ports[1]}
	if alone {
		c.Master = fmt.Sprintf("local[%d]", cores)
	}
	if err := c.configure(); err != nil {
		return err
	}
	if !alone {
		if err := c.startWorker(ctx, ports[0]); err != nil {
			return err
		}
	}
	return c.Restart(ctx)
}

// startWorker starts a master at an address, and a worker.
func (c *Cluster) startWorker(ctx context.Context, address string) (err error) {
	if c.master, err = c.launch("master", daemonMemory, "spark-class", "org.apache.spark.deploy.master.Master",
		"--host", "127.0.0.1", "--port", portOf(address), "--webui-port", "0"); err != nil {
		return err
	}
	if err := c.master.Await(ctx, dial(address)); err != nil {
		return fmt.Errorf("the master: %w", err)
	}
	if c.worker, err = c.launch("worker", daemonMemory, "spark-class", "org.apache.spark.deploy.worker.Worker",
		"--host", "127.0.0.1", "--webui-port", "0", "--cores", strconv.Itoa(cores), "--memory", workerMemory, "--work-dir", c.in("work"), c.Master); err != nil {
		return err
	}
	c.Worker = c.worker.PID()
	return nil
}

// Restart starts the Thrift server again where it was, after Kill.
func (c *Cluster) Restart(ctx context.Context) (err error) {
	if c.server, err = c.launch("server", driverMemory, "spark-submit", "--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2", "spark-internal"); err != nil {
		return err
	}
	c.PID = c.server.PID()
	if err := c.server.Await(ctx, c.ping); err != nil {
		return fmt.Errorf("the Thrift server: %w", err)
	}
	return host.WriteEndpoints(c.File, c.Endpoints)
}

func (c *Cluster) in(name string) string { return filepath.Join(c.dir, name) }

func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address) // FreePorts made it
	return port
}

// launch starts one of Spark's programs, which become the Java process that they start,
// with a heap of so much memory.
func (c *Cluster) launch(name, memory, program string, args ...string) (*host.Service, error) {
	cmd := exec.Command(filepath.Join(c.home, "bin", program), args...)              //nolint:noctx // it outlives the context of its start; Stop ends it
	cmd.Dir, cmd.Env = c.dir, append(c.environment(), "SPARK_DAEMON_MEMORY="+memory) // which a Thrift server, too, takes its heap from
	return host.Launch(cmd, c.in(name+".log"))
}

// dial returns what succeeds when somebody listens on an address.
func dial(address string) func(context.Context) error {
	return func(ctx context.Context) error {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		return conn.Close()
	}
}

// answerTime is how long the server may take for its first answers: it may be starting.
const answerTime = time.Minute

// ping has the executor count.
func (c *Cluster) ping(ctx context.Context) error {
	if err := dial(c.Thrift)(ctx); err != nil {
		return err
	}
	port, err := strconv.Atoi(portOf(c.Thrift))
	if err != nil {
		return err
	}
	config := gohive.NewConnectConfiguration()
	config.Username, config.ConnectTimeout, config.SocketTimeout = "test", answerTime, answerTime
	conn, err := gohive.Connect("127.0.0.1", port, "NONE", config)
	if err != nil {
		return err
	}
	cursor := conn.Cursor()
	cursor.Exec(ctx, "select count(*) from range(0, 8, 1, "+strconv.Itoa(cores)+")")
	return errors.Join(cursor.Err, conn.Close())
}

// Alive reports whether the Thrift server's process runs.
func (c *Cluster) Alive() bool { return c.server.Alive() }

// Kill ends the Thrift server at once, with the sessions and what they compute.
func (c *Cluster) Kill() {
	c.server.End(syscall.SIGKILL)
	c.server = nil
}

// Stop ends the cluster and removes its directory.
func (c *Cluster) Stop() error {
	var ended sync.WaitGroup
	for _, s := range []*host.Service{c.server, c.worker, c.master} {
		if s != nil {
			ended.Go(func() {
				s.End(syscall.SIGTERM)
				endGroup(s.PID()) // what it left: a worker its executor
			})
		}
	}
	ended.Wait()
	if err := os.RemoveAll(c.dir); err != nil {
		return fmt.Errorf("spark: remove directory: %w", err)
	}
	return nil
}

// groupTime is how long killed processes may take to be gone.
const groupTime = 30 * time.Second

// endGroup kills the processes of a group and waits until they are gone.
func endGroup(group int) {
	for until := time.Now().Add(groupTime); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		if err := syscall.Kill(-group, syscall.SIGKILL); err != nil {
			return // none is left
		}
	}
}

// environment is what the programs read: nothing of the user's, but where Java is.
func (c *Cluster) environment() []string {
	env := []string{
		"SPARK_HOME=" + c.home, "SPARK_CONF_DIR=" + c.in("conf"), "SPARK_LOCAL_IP=127.0.0.1", "SPARK_LOCAL_DIRS=" + c.in("local"),
		// The master and the worker compute nothing. A Thrift server, which has these options,
		// too, does: with one tier Java keeps 48 MB for compiled code, and what Spark generates
		// for the jobs fills them, which ends the server.
		"SPARK_DAEMON_JAVA_OPTS=-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m " + c.javaOptions(),
		"SPARK_LAUNCHER_OPTS=-XX:TieredStopAtLevel=1 -XX:-UsePerfData", "HOME=" + c.dir, "LC_ALL=C.UTF-8",
	}
	for _, name := range []string{"PATH", "JAVA_HOME"} {
		if value := os.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// javaOptions are those of every process.
func (c *Cluster) javaOptions() string {
	return "-Djava.io.tmpdir=" + c.in("tmp") + " -XX:-UsePerfData -XX:+UseSerialGC -Xss4m"
}
