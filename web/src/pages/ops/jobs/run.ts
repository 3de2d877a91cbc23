import type { Data } from '../../../lib/api/client';
import type { Tone } from '../../../lib/ui/tone';

export type Run = Data<'/api/v1/ops/runs'>['runs'][number];
export type Job = Data<'/api/v1/ops/jobs'>['jobs'][number]['job'];

const names: Record<Job, true> = { etl: true, rfm: true, products: true, cohorts: true, trends: true };
export const jobNames = Object.keys(names) as Job[];

/** How good the state of a run is. */
export const tones: Record<Run['status'], Tone> = { running: 'busy', done: 'good', failed: 'bad', stopped: 'warn' };

/** How long runs of a job take, seconds: the median of those that are done; undefined without one. */
export function usual(runs: Run[], job: string): number | undefined {
  const done = runs.filter((r) => r.job === job && r.status === 'done').map((r) => r.seconds).sort((a, b) => a - b);
  const middle = Math.floor(done.length / 2);
  const [high, low] = [done[middle], done[middle - 1]];
  return high !== undefined && low !== undefined && done.length % 2 === 0 ? (high + low) / 2 : high;
}
