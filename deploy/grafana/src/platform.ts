import { type Page } from './kit.ts';
import { badAbove, badBelow, gauge, goodWhenOne, list, rates } from './panels.ts';

const quantiles = (metric: string, by = '') =>
  Object.fromEntries([0.5, 0.95, 0.99].map((q) => [`p${q * 100}`, `histogram_quantile(${q}, sum by (le${by}) (rate(${metric}_bucket[$__rate_interval])))`]));

export const platform: Page = {
  uid: 'globalmart-platform',
  title: 'Platform health',
  description: 'How the platform itself does: what each process says of itself to Prometheus, and the runs of the batch jobs.',
  since: 'now-1h',
  refresh: '10s',
  rows: [
    {
      height: 4,
      panels: [
        [gauge('Processes that answer', 'Of ours, in Prometheus.', { up: 'sum(up)' }, { thresholds: badBelow(6) }), 4],
        [gauge('Stream', '1 while a worker has its tasks and its store takes commits.', { ready: 'max(globalmart_stream_ready)' }, { thresholds: goodWhenOne }), 4],
        [gauge('Records behind', 'In the log and not durable in the live tables.', { behind: 'sum(globalmart_stream_behind_records)' }, { thresholds: badAbove(5000, 100000) }), 4],
        [gauge('Latency, p99', 'From the arrival of an event until its result is durable, of the last five minutes.', { p99: 'histogram_quantile(0.99, sum by (le) (rate(globalmart_stream_latency_seconds_bucket[5m])))' }, { unit: 's', thresholds: badAbove(0.5, 5) }), 4],
        [gauge('Lake', '1 while it can be written.', { up: 'min(globalmart_lake_up)' }, { thresholds: goodWhenOne }), 4],
        [gauge('Dead letters', 'Events that nobody could read, of the last day.', { dead: 'sum(increase(globalmart_stream_records_total{disposition="dead"}[1d]))' }, { decimals: 0, thresholds: badAbove(1, 1000) }), 4],
      ],
    },
    {
      title: 'Stream',
      height: 8,
      panels: [
        [rates('Records a second', 'Made durable, by topic, whatever became of them.', { '{{topic}}': 'sum by (topic) (rate(globalmart_stream_records_total[$__rate_interval]))' }), 8],
        [rates('Latency', 'From the arrival of an event until its result is durable.', quantiles('globalmart_stream_latency_seconds'), { unit: 's' }), 8],
        [rates('Behind', 'Records in the log that are not durable yet, by topic.', { '{{topic}}': 'sum by (topic) (globalmart_stream_behind_records)' }), 8],
      ],
    },
    {
      height: 8,
      panels: [
        [rates('Not applied', 'Records a second that were duplicates, too old or dead letters.', { '{{disposition}}': 'sum by (disposition) (rate(globalmart_stream_records_total{disposition!="applied"}[$__rate_interval]))' }), 6],
        [rates('Time of a commit', 'From handing it to the store until it is durable.', quantiles('globalmart_stream_commit_seconds'), { unit: 's' }), 6],
        [rates('Age of snapshots', 'The oldest of each worker: how much of the log a start reads again.', { '{{instance}}': 'max by (instance) (globalmart_stream_snapshot_age_seconds)' }, { unit: 's' }), 6],
        [rates('Tasks', 'That each worker owns; all of them together are constant.', { '{{instance}}': 'sum by (instance) (globalmart_stream_tasks)' }), 6],
      ],
    },
    {
      title: 'Lake and batch',
      height: 8,
      panels: [
        [rates('Lake', 'Records a second in finished files, and those of the log that no file has yet.', { 'records a second': 'sum(rate(globalmart_lake_records_total[$__rate_interval]))', behind: 'sum(globalmart_lake_behind_records)' }), 8],
        [rates('Age of the batch', 'Time since the last run that is done, by job.', { '{{job}}': 'max by (job) (globalmart_batch_age_seconds)' }, { unit: 's' }), 8],
        [
          list(
            'Runs of the batch jobs',
            'The newest first.',
            `SELECT to_timestamp(started / 1000.0) AS started, job, date, status, CASE WHEN finished > 0 THEN (finished - started) / 1000.0 END AS took, rows_out AS rows, engine, error
             FROM job_run ORDER BY run_id DESC LIMIT 50`,
            { started: 'dateTimeAsIso', took: 's' },
          ),
          8,
        ],
      ],
    },
    {
      title: 'API and collector',
      height: 8,
      panels: [
        [rates('Requests of the API', 'A second, by status.', { '{{status}}': 'sum by (status) (rate(globalmart_api_requests_total[$__rate_interval]))' }, { unit: 'reqps' }), 6],
        [rates('Time of a request', 'Live streams left out.', quantiles('globalmart_api_request_seconds'), { unit: 's' }), 6],
        [
          rates(
            'Answers that were kept',
            'Of those that could have been: in the memory of the process, and of the warehouse in the cache.',
            {
              'kept answers': 'sum(rate(globalmart_api_kept_hits_total[$__rate_interval])) / (sum(rate(globalmart_api_kept_hits_total[$__rate_interval])) + sum(rate(globalmart_api_kept_misses_total[$__rate_interval])))',
              cache: 'sum(rate(globalmart_cache_hits_total[$__rate_interval])) / (sum(rate(globalmart_cache_hits_total[$__rate_interval])) + sum(rate(globalmart_cache_misses_total[$__rate_interval])))',
            },
            { unit: 'percentunit' },
          ),
          6,
        ],
        [rates('Events of shops', 'That the collector took, a second, by what became of them.', { '{{outcome}}': 'sum by (outcome) (rate(globalmart_collect_events_total[$__rate_interval]))' }), 6],
      ],
    },
    {
      title: 'Processes',
      height: 8,
      panels: [
        [rates('Memory', 'Resident, of each process.', { '{{job}} {{instance}}': 'process_resident_memory_bytes' }, { unit: 'bytes' }), 8],
        [rates('CPU', 'Cores of each process.', { '{{job}} {{instance}}': 'rate(process_cpu_seconds_total[$__rate_interval])' }), 8],
        [rates('Goroutines', 'Of each process: a number that only rises is a leak.', { '{{job}} {{instance}}': 'go_goroutines' }), 8],
      ],
    },
    {
      height: 8,
      panels: [
        [rates("The shop's alerts", 'Open ones, by kind.', { '{{kind}}': 'max by (kind) (globalmart_alerts_open)' }), 12],
        [rates('Alarms', 'Alerts of Prometheus (deploy/prometheus/rules.yml) that are firing.', { '{{alertname}}': 'count by (alertname) (ALERTS{alertstate="firing"})' }, { noValue: 'none' }), 12],
      ],
    },
  ],
};
