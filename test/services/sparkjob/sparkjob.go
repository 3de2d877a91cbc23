// Package sparkjob builds the streaming job of deploy/spark and runs it on a Spark of its
// own, in one process, for tests and for `make services`. It is no deployment: two cores, a
// small heap, and a directory that goes with it.
package sparkjob

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"globalmart/test/services/host"
)

// Options say what to run and where.
type Options struct {
	Cache      string // directory for the job, and for its own directories
	SparkCache string // directory for Spark

	// Settings are those of the job: GLOBALMART_KAFKA, GLOBALMART_STORE and so on.
	Settings []string
	Args     []string // further ones, as --drain
	Memory   string   // heap; "" = 1g
	Brief    bool     // it will run for a minute or so: that is not worth compiling well
}

// cores and partitions are the size of a run.
const (
	cores      = 2
	partitions = 2
	memory     = "1g"
)

// Command returns what runs the job with its files in dir, the checkpoint among them. It
// becomes the Java process. Address is where its UI is.
func Command(ctx context.Context, o Options, dir, address string) (*exec.Cmd, error) {
	b, err := build(ctx, o)
	if err != nil {
		return nil, err
	}
	jars, err := filepath.Glob(filepath.Join(b.dir, "jars", "*.jar"))
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"conf", "local", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o750); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "conf", "log4j2.properties"), []byte(logging), 0o600); err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	heap := memory
	if o.Memory != "" {
		heap = o.Memory
	}
	java := "-Djava.io.tmpdir=" + filepath.Join(dir, "tmp") + " -XX:-UsePerfData"
	if o.Brief {
		java += " -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
	}
	args := []string{"--master", fmt.Sprintf("local[%d]", cores), "--driver-memory", heap, "--class", "globalmart.spark.Job", "--jars", strings.Join(jars, ",")}
	for name, value := range map[string]string{
		"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
		"spark.ui.port": port, "spark.port.maxRetries": "1", // another UI than that which was named is none
		"spark.local.dir": filepath.Join(dir, "local"), "spark.sql.shuffle.partitions": strconv.Itoa(partitions),
		"spark.driver.extraJavaOptions": java,
	} {
		args = append(args, "--conf", name+"="+value)
	}
	args = append(args, filepath.Join(b.dir, "globalmart-spark.jar"), "--checkpoint", filepath.Join(dir, "checkpoint"))
	cmd := exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(b.home, "bin", "spark-submit"), append(args, o.Args...)...) // it outlives its start
	cmd.Dir = dir
	cmd.Env = append([]string{
		"SPARK_HOME=" + b.home, "SPARK_CONF_DIR=" + filepath.Join(dir, "conf"), "SPARK_LOCAL_IP=127.0.0.1",
		"SPARK_LAUNCHER_OPTS=-XX:TieredStopAtLevel=1 -XX:-UsePerfData", "HOME=" + dir, "LC_ALL=C.UTF-8",
	}, o.Settings...)
	for _, name := range []string{"PATH", "JAVA_HOME"} {
		if value := os.Getenv(name); value != "" {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	return cmd, nil
}

const logging = `rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss.SSS} %p %c{1}: %m%n%ex
`

// Job is a running job.
type Job struct {
	UI     string // host:port of Spark's web interface
	Output string // file of what it says
	PID    int

	dir     string
	service *host.Service
}

// Start builds the job if need be, and starts it; it returns when its UI answers. The job
// dies with this process. It waits by itself for topics and tables.
func Start(ctx context.Context, o Options) (*Job, error) {
	j, err := host.WithFreePorts(func() (*Job, error) { return start(ctx, o) })
	if err != nil {
		return nil, fmt.Errorf("sparkjob: %w", err)
	}
	return j, nil
}

func start(ctx context.Context, o Options) (*Job, error) {
	dir, err := host.NewDir(filepath.Join(o.Cache, "run"), "")
	if err != nil {
		return nil, err
	}
	j := &Job{dir: dir, Output: filepath.Join(dir, "output.log")}
	if err := j.start(ctx, o); err != nil {
		return nil, errors.Join(err, j.Stop())
	}
	return j, nil
}

func (j *Job) start(ctx context.Context, o Options) error {
	ports, err := host.FreePorts(ctx, 1)
	if err != nil {
		return err
	}
	j.UI = ports[0]
	cmd, err := Command(ctx, o, j.dir, j.UI)
	if err != nil {
		return err
	}
	if j.service, err = host.Launch(cmd, j.Output); err != nil {
		return err
	}
	j.PID = j.service.PID()
	if err := j.service.Await(ctx, j.ping); err != nil {
		return fmt.Errorf("the job: %w", err)
	}
	return nil
}

// ping asks for a page of the UI.
func (j *Job) ping(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+j.UI+"/jobs/", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the UI answers %s", resp.Status)
	}
	return nil
}

// Wait returns when ctx ends, or with an error when the job has ended by itself.
func (j *Job) Wait(ctx context.Context) error { return j.service.Wait(ctx) }

// Stop ends the job and removes its directory, with the checkpoint.
func (j *Job) Stop() error {
	j.service.End(syscall.SIGTERM)
	if err := os.RemoveAll(j.dir); err != nil {
		return fmt.Errorf("sparkjob: remove directory: %w", err)
	}
	return nil
}
