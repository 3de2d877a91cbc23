package spark

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The size of a cluster. An executor has some memory beside its heap, which the worker's
// has to have room for.
const (
	cores          = 2
	workerMemory   = "2g"
	executorMemory = "1g"
	driverMemory   = "1g"
	daemonMemory   = "256m"
)

// configure makes the directories and writes the settings. What is not here is Spark's
// default.
func (c *Cluster) configure() error {
	for _, name := range []string{"conf", "local", "tmp", "work"} {
		if err := os.Mkdir(c.in(name), 0o750); err != nil {
			return fmt.Errorf("make directory: %w", err)
		}
	}
	settings := []string{
		"spark.master " + c.Master,
		"spark.app.name globalmart-test",
		"spark.executor.memory " + executorMemory,
		fmt.Sprintf("spark.cores.max %d", cores),
		"spark.driver.host 127.0.0.1",
		"spark.driver.bindAddress 127.0.0.1",
		"spark.driver.extraJavaOptions " + c.javaOptions(),
		"spark.executor.extraJavaOptions " + c.javaOptions(),
		"spark.ui.enabled false",
		"spark.sql.warehouse.dir " + c.in("warehouse"),
		// Nobody makes a table: views and functions are a session's own.
		"spark.sql.catalogImplementation in-memory",
		"spark.hadoop.hive.server2.thrift.bind.host 127.0.0.1",
		"spark.hadoop.hive.server2.thrift.port " + portOf(c.Thrift),
		"spark.hadoop.hive.exec.scratchdir " + c.in("tmp/hive"),
		"spark.hadoop.hive.exec.local.scratchdir " + c.in("tmp/hive"),
		// Small data on a small machine: the time goes into tasks, and into compiling what runs once.
		fmt.Sprintf("spark.sql.shuffle.partitions %d", cores),
		fmt.Sprintf("spark.default.parallelism %d", cores),
		"spark.shuffle.compress false",
		"spark.cleaner.periodicGC.interval 5min",
	}
	log := []string{
		"rootLogger.level = warn",
		"rootLogger.appenderRef.console.ref = console",
		"appender.console.type = Console",
		"appender.console.name = console",
		"appender.console.target = SYSTEM_ERR",
		"appender.console.layout.type = PatternLayout",
		"appender.console.layout.pattern = %d{HH:mm:ss.SSS} %p %c{1}: %m%n%ex",
	}
	for name, lines := range map[string][]string{"spark-defaults.conf": settings, "log4j2.properties": log} {
		if err := os.WriteFile(filepath.Join(c.in("conf"), name), []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			return fmt.Errorf("write settings: %w", err)
		}
	}
	return nil
}
