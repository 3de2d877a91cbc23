package app

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"globalmart/internal/alert"
	"globalmart/internal/engine"
	"globalmart/internal/kafka"
	"globalmart/internal/store"
	"globalmart/internal/telemetry"
)

// docs/operations.md lists every metric; a test keeps it so.

// watch collects what a worker tells while it runs: per commit, never per event but for
// those that come twice.
type watch struct {
	latency *telemetry.Latency
	records prometheus.Histogram // of a commit
	seconds prometheus.Histogram

	duplicates perSource
}

func newWatch() *watch {
	return &watch{
		latency: telemetry.NewLatency(),
		records: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "globalmart_stream_commit_records", Help: "Records of one commit, over all tasks.",
			Buckets: prometheus.ExponentialBuckets(1, 4, 10), // up to 262144
		}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "globalmart_stream_commit_seconds", Help: "Time of one commit: from handing it to the store until it is durable.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 15), // up to 8 s
		}),
	}
}

// committed notes one commit.
func (w *watch) committed(t engine.Transaction) {
	w.records.Observe(float64(t.Records))
	w.seconds.Observe(t.Took.Seconds())
}

// collectors are the metrics of the worker that w watches and status tells of.
func (w *watch) collectors(status func() engine.Status) []prometheus.Collector {
	return []prometheus.Collector{
		streamCollector{status},
		w.records, w.seconds,
		w.latency.Collector("globalmart_stream_latency_seconds", "Arrival (record timestamp) to durable result, of what shoppers did."),
	}
}

// The metrics of a worker's status.
var (
	streamRecords     = prometheus.NewDesc("globalmart_stream_records_total", "Records made durable, by what became of them: applied, duplicate, dead or too_old.", []string{"topic", "disposition"}, nil)
	streamBehind      = prometheus.NewDesc("globalmart_stream_behind_records", "Records in the log, of the partitions of this worker, that are not durable yet.", []string{"topic"}, nil)
	streamReady       = prometheus.NewDesc("globalmart_stream_ready", "1 while the worker has its tasks, replays nothing, and the store takes commits.", nil, nil)
	streamStoreUp     = prometheus.NewDesc("globalmart_stream_store_up", "0 while the store takes no commits.", nil, nil)
	streamTasks       = prometheus.NewDesc("globalmart_stream_tasks", "Tasks that this worker owns.", nil, nil)
	streamCommits     = prometheus.NewDesc("globalmart_stream_commits_total", "Commits of single tasks; several make one transaction.", nil, nil)
	streamFenced      = prometheus.NewDesc("globalmart_stream_fenced_tasks_total", "Commits refused because another worker had taken the task over.", nil, nil)
	streamRebalances  = prometheus.NewDesc("globalmart_stream_rebalances_total", "Times that the group gave this worker its tasks, the first one among them.", nil, nil)
	streamSnapshots   = prometheus.NewDesc("globalmart_stream_snapshots_total", "Snapshots written.", nil, nil)
	streamSnapshotAge = prometheus.NewDesc("globalmart_stream_snapshot_age_seconds", "Age of a task's newest snapshot, or time since it was taken over; 0 while the snapshot holds everything.", []string{"task"}, nil)
	streamSnapshot    = prometheus.NewDesc("globalmart_stream_snapshot_bytes", "Size of a task's newest snapshot, without the parts that later ones share; 0 without one.", []string{"task"}, nil)
)

// streamCollector shows a worker's status, which it asks for once a scrape.
type streamCollector struct{ status func() engine.Status }

// Describe implements [prometheus.Collector].
func (streamCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		streamRecords, streamBehind, streamReady, streamStoreUp, streamTasks, streamCommits, streamFenced, streamRebalances, streamSnapshots, streamSnapshotAge, streamSnapshot,
	} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (c streamCollector) Collect(ch chan<- prometheus.Metric) {
	s := c.status()
	counter := func(d *prometheus.Desc, n int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for _, topic := range engineTopics() { // also those of which nothing has come yet
		n := s.ByTopic[topic]
		counter(streamRecords, n.Applied, topic, "applied")
		counter(streamRecords, n.Duplicate, topic, "duplicate")
		counter(streamRecords, n.Dead, topic, "dead")
		counter(streamRecords, n.TooOld, topic, "too_old")
		gauge(streamBehind, float64(s.Behind[topic]), topic)
	}
	gauge(streamReady, oneIf(s.Ready))
	gauge(streamStoreUp, oneIf(s.StoreError == nil))
	gauge(streamTasks, float64(len(s.Tasks)))
	counter(streamCommits, s.Commits)
	counter(streamFenced, s.Fenced)
	counter(streamRebalances, s.Rebalances)
	counter(streamSnapshots, s.Snapshots)
	for _, t := range s.Tasks {
		gauge(streamSnapshotAge, t.SnapshotAge.Seconds(), t.ID.String())
		gauge(streamSnapshot, float64(t.SnapshotBytes), t.ID.String())
	}
}

// oneIf is a condition as a metric.
func oneIf(ok bool) float64 {
	if ok {
		return 1
	}
	return 0
}

// The metrics of alerts.
var (
	alertsOpen    = prometheus.NewDesc("globalmart_alerts_open", "Open alerts, by kind: stock, carts, orders or finding. Only where this process is the one at work.", []string{"kind"}, nil)
	alertsLeading = prometheus.NewDesc("globalmart_alerts_leading", "1 while this process is the one that opens and closes alerts.", nil, nil)
)

// alertCollector shows an evaluator's status.
type alertCollector struct{ status func() alert.Status }

// Describe implements [prometheus.Collector].
func (alertCollector) Describe(ch chan<- *prometheus.Desc) { ch <- alertsOpen; ch <- alertsLeading }

// Collect implements [prometheus.Collector].
func (c alertCollector) Collect(ch chan<- prometheus.Metric) {
	s := c.status()
	ch <- prometheus.MustNewConstMetric(alertsLeading, prometheus.GaugeValue, oneIf(s.Leading))
	if !s.Leading {
		return
	}
	for _, kind := range []store.AlertKind{store.AlertStock, store.AlertCarts, store.AlertOrders, store.AlertFinding} {
		ch <- prometheus.MustNewConstMetric(alertsOpen, prometheus.GaugeValue, float64(s.Open[kind]), string(kind))
	}
}

// feedEvents is the metric of a feed.
var feedEvents = prometheus.NewDesc("globalmart_generate_events_total", "Events of simulated shoppers that are durable in the log, by topic.", []string{"topic"}, nil)

// feedCollector shows what a feed has sent.
type feedCollector struct {
	counts func() map[string]kafka.Counts
}

// Describe implements [prometheus.Collector].
func (feedCollector) Describe(ch chan<- *prometheus.Desc) { ch <- feedEvents }

// Collect implements [prometheus.Collector].
func (c feedCollector) Collect(ch chan<- prometheus.Metric) {
	for topic, n := range c.counts() {
		ch <- prometheus.MustNewConstMetric(feedEvents, prometheus.CounterValue, float64(n.Acked), topic)
	}
}

// upMetrics are the metrics of a whole platform.
func upMetrics(w *watch, stream func() engine.Status, lake *lakeWriter, trim *trimmer, alerts func() alert.Status, more ...prometheus.Collector) []prometheus.Collector {
	return slices.Concat(w.collectors(stream), lake.metrics(), trim.metrics(), []prometheus.Collector{alertCollector{alerts}}, more)
}
