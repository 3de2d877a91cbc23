// Alert rules, and the file of Grafana's provisioning that has them. Where deploy/prometheus/rules.yml has the same alarm, its
// limits, its wait and its severity are the same.
import * as alerting from '@grafana/grafana-foundation-sdk/alerting';
import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import * as expr from '@grafana/grafana-foundation-sdk/expr';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';

import { metrics, tables } from './kit.ts';
import { sql } from './panels.ts';

interface Alert {
  uid: string;
  title: string;
  severity: 'page' | 'ticket';
  wait: string; // that it must last before somebody is told
  source: { type: string; uid: string };
  question: cog.Builder<cog.Dataquery>; // its answer is one number, or one for each of some labels
  is: 'gt' | 'lt';
  limit: number;
  // Templates name the number as .Values.B: a text with a dollar is taken for a variable of the environment.
  summary: string;
  description: string;
}

const promql = (expression: string) => new prometheus.DataqueryBuilder().refId('A').datasource(metrics).expr(expression).instant();

const behind = 'sum(globalmart_stream_behind_records)';
const number = '{{ .Values.B.Value | humanize }}';

const alerts: Alert[] = [
  {
    uid: 'globalmart-stream-behind',
    title: 'The stream falls behind',
    severity: 'page',
    wait: '5m',
    source: metrics,
    question: promql(`${behind} and deriv(${behind}[5m:30s]) > 0`),
    is: 'gt',
    limit: 5000,
    summary: `${number} records are not durable yet, and it gets more`,
    description: 'Workers are slower than what comes in; start more of them (--scale stream=3), as many as there are partitions at most.',
  },
  {
    uid: 'globalmart-stream-stands-still',
    title: 'The stream stands still',
    severity: 'page',
    wait: '2m',
    source: metrics,
    question: promql(`(${behind} > 0 or absent(globalmart_stream_behind_records)) unless sum(increase(globalmart_stream_records_total[5m])) > 0`),
    is: 'gt',
    limit: 0,
    summary: 'events wait, and for five minutes none was worked through',
    description: 'The log keeps what comes. `docker compose logs stream` says what workers wait for, or why there is none.',
  },
  {
    uid: 'globalmart-stream-store',
    title: 'The store takes no commits',
    severity: 'page',
    wait: '1m',
    source: metrics,
    question: promql('globalmart_stream_store_up'),
    is: 'lt',
    limit: 1,
    summary: '{{ .Labels.instance }} cannot write the live tables',
    description: 'Nothing is lost, but nothing goes on. Look at PostgreSQL, then at the log of the stream worker.',
  },
  {
    uid: 'globalmart-dead-letters',
    title: 'Dead letters',
    severity: 'ticket',
    wait: '0s',
    source: metrics,
    question: promql('sum by (topic) (increase(globalmart_stream_records_total{disposition="dead"}[15m]))'),
    is: 'gt',
    limit: 0,
    summary: '{{ .Labels.topic }} has events that nobody can read',
    description: 'The page Dead letters shows them with the reason, and sends them again once they are mended.',
  },
  {
    uid: 'globalmart-batch',
    title: 'Batch jobs fail, or are overdue',
    severity: 'ticket',
    wait: '1h',
    source: tables,
    // The newest run of each job, as the scheduler looks at it; of the ETL, how long ago the last one was done, too.
    question: sql(`
      SELECT count(*) AS jobs FROM (
        SELECT DISTINCT ON (job) job, status, attempt,
          coalesce(max(finished) FILTER (WHERE status = 'done') OVER of_job, min(started) OVER of_job) AS done
        FROM job_run
        WINDOW of_job AS (PARTITION BY job)
        ORDER BY job, run_id DESC
      ) AS newest
      WHERE status = 'failed' OR (status = 'running' AND attempt > 1)
        OR (job = 'etl' AND done < (extract(epoch FROM now()) - 100000) * 1000)`),
    is: 'gt',
    limit: 0,
    summary: `${number} batch jobs failed the last time, or the last ETL is older than a day and a bit`,
    description: '`globalmart batch history` says why; they run again when they are due, or with `globalmart batch run`.',
  },
  {
    uid: 'globalmart-shop-critical',
    title: 'The shop needs somebody',
    severity: 'ticket',
    wait: '5m',
    source: tables,
    question: sql(`SELECT count(*) AS alerts FROM alert WHERE closed_at = 0 AND level IN ('critical', 'out', 'oversold', 'zero')`),
    is: 'gt',
    limit: 0,
    summary: `${number} alerts of the shop are open: stock that is critical, out or sold twice, or no orders where there should be some`,
    description: 'The page Alerts shows each, and what it rests on.',
  },
];

const expression = { type: '__expr__', uid: '__expr__' };

// A is the question, B its last number, and C whether that is beyond the limit.
function rule(a: Alert): alerting.Rule {
  const step = (refId: string, datasourceUid: string, model: cog.Builder<cog.Dataquery>) =>
    new alerting.QueryBuilder(refId).datasourceUid(datasourceUid).relativeTimeRange({ from: 600, to: 0 }).model(model);
  return new alerting.RuleBuilder(a.title)
    .uid(a.uid)
    .queries([
      step('A', a.source.uid, a.question),
      step('B', expression.uid, new expr.TypeReduceBuilder().refId('B').datasource(expression).expression('A').reducer('last')),
      step(
        'C',
        expression.uid,
        new expr.TypeThresholdBuilder()
          .refId('C')
          .datasource(expression)
          .expression('B')
          .conditions([{ evaluator: { type: a.is, params: [a.limit] } }]),
      ),
    ])
    .condition('C')
    .forDuration(a.wait)
    .noDataState('OK') // the other rules, and Prometheus, tell that a process is gone
    .execErrState('Error')
    .labels({ severity: a.severity })
    .annotations({ summary: a.summary, description: a.description })
    .build();
}

// The file names a group and its folder in other words than the API does, whose types the SDK has.
export function provisioned() {
  return {
    apiVersion: 1,
    groups: [
      {
        orgId: 1,
        name: 'GlobalMart',
        folder: 'GlobalMart',
        interval: '1m',
        rules: alerts.map(rule).map(({ uid, title, condition, data, noDataState, execErrState, for: wait, labels, annotations }) => ({
          uid,
          title,
          condition,
          data,
          noDataState,
          execErrState,
          for: wait,
          labels,
          annotations,
        })),
      },
    ],
  };
}
