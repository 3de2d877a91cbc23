import { expect, test } from 'vitest';
import { usual, type Job, type Run } from './run';

const run = (job: Job, status: Run['status'], seconds: number) => ({ job, status, seconds }) as Run;

test('what is usual is the median of the runs of the job that are done', () => {
  const runs = [run('etl', 'done', 40), run('etl', 'failed', 1), run('rfm', 'done', 5), run('etl', 'done', 10), run('etl', 'done', 30), run('etl', 'running', 900)];
  expect(usual(runs, 'etl')).toBe(30);
  expect(usual([...runs, run('etl', 'done', 20)], 'etl')).toBe(25);
  expect(usual(runs, 'rfm')).toBe(5);
  expect(usual(runs, 'trends')).toBeUndefined();
});
