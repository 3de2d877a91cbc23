package app

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"globalmart/internal/schedule"
	"globalmart/internal/store"
)

// jobWatch collects what batch jobs tell when they end.
type jobWatch struct {
	runs    *prometheus.CounterVec
	seconds *prometheus.HistogramVec
}

func newJobWatch() *jobWatch {
	w := &jobWatch{
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "globalmart_batch_runs_total", Help: "Runs of batch jobs that ended in this process, by how: done, failed or stopped.",
		}, []string{"job", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "globalmart_batch_run_seconds", Help: "How long runs of batch jobs took that are done.",
			Buckets: prometheus.ExponentialBuckets(0.125, 2, 16), // up to 4096 s
		}, []string{"job"}),
	}
	for _, job := range BatchJobs() { // also those that have not run yet
		for _, status := range []store.JobStatus{store.JobDone, store.JobFailed, store.JobStopped} {
			w.runs.WithLabelValues(job, string(status))
		}
		w.seconds.WithLabelValues(job)
	}
	return w
}

// ran notes a run that ended.
func (w *jobWatch) ran(r store.JobRun) {
	w.runs.WithLabelValues(r.Job, string(r.Status)).Inc()
	if r.Status == store.JobDone {
		w.seconds.WithLabelValues(r.Job).Observe(float64(r.Finished-r.Started) / 1000)
	}
}

// collectors are the metrics of batch jobs and of the scheduler that status tells of.
func (w *jobWatch) collectors(status func() schedule.Status) []prometheus.Collector {
	return []prometheus.Collector{w.runs, w.seconds, scheduleCollector{status}}
}

// The metrics of a scheduler.
var (
	scheduleLeading = prometheus.NewDesc("globalmart_schedule_leading", "1 while this process is the one that runs batch jobs when they are due.", nil, nil)
	batchAge        = prometheus.NewDesc("globalmart_batch_age_seconds", "Time since the last run of a job that is done, by job. Only where this process is the one at work.", []string{"job"}, nil)
	batchFailing    = prometheus.NewDesc("globalmart_batch_failing", "1 if the last run of a job failed, by job. Only where this process is the one at work.", []string{"job"}, nil)
	batchBehind     = prometheus.NewDesc("globalmart_batch_copies_behind", "1 if the last run could not bring a copy of the warehouse along. Only where this process is the one at work.", nil, nil)
)

// scheduleCollector shows a scheduler's status.
type scheduleCollector struct{ status func() schedule.Status }

// Describe implements [prometheus.Collector].
func (scheduleCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- scheduleLeading
	ch <- batchAge
	ch <- batchFailing
	ch <- batchBehind
}

// Collect implements [prometheus.Collector].
func (c scheduleCollector) Collect(ch chan<- prometheus.Metric) {
	s := c.status()
	ch <- prometheus.MustNewConstMetric(scheduleLeading, prometheus.GaugeValue, oneIf(s.Leading))
	if s.Leading {
		ch <- prometheus.MustNewConstMetric(batchBehind, prometheus.GaugeValue, oneIf(s.Behind() != nil))
	}
	for i := range s.Jobs {
		j := &s.Jobs[i]
		ch <- prometheus.MustNewConstMetric(batchFailing, prometheus.GaugeValue, oneIf(j.Failing()), j.Name)
		if j.Done.ID > 0 {
			ch <- prometheus.MustNewConstMetric(batchAge, prometheus.GaugeValue, time.Since(j.Done.Finished.Std()).Seconds(), j.Name)
		}
	}
}
