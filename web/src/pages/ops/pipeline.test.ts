import { describe, expect, test } from 'vitest';
import { Format } from '../../lib/format/format';
import { layoutOf, lineOf } from './layout';
import { edges, nodes, type Part, type Seen } from './pipeline';

const format = new Format('USD', 'UTC');
const topic = (topic: string, records_per_second: number | null) => ({ topic, records: 1_000, records_per_second, partitions: 4, bytes: 1, retention_ms: null, retention_bytes: null, groups: [] });
const counted = { topic: 'transactions', applied: 10, duplicate: 1, dead: 2, too_old: 0, behind: 1_500, per_second: 99.5 };
const stream = { ready: true, trouble: null, workers: [], topics: [counted], latency: { p50_ms: 2, p95_ms: 12, p99_ms: 20 }, commits: 1, snapshots: 0, rebalances: 1, fenced: 0, tasks: [] };
const run = { id: 1, job: 'etl' as const, date: '2026-03-02', status: 'done' as const, by: 'hand' as const, due: null, attempt: 1, started: '', finished: '', seconds: 4, rows_in: 12_000, rows_out: 3_000, bytes: 1, engine: 'duckdb', owner: 'x', error: null };
const whole: Seen = {
  health: { status: 'degraded', version: '1.2.3', components: [
    { name: 'store', status: 'ok' }, { name: 'lake', status: 'degraded', detail: 'no space left on device' }, { name: 'batch', status: 'ok', detail: 'done for 2026-03-02' },
  ] },
  topics: [topic('transactions', 60), topic('product_views', 40.5), topic('dead_letters', 7)],
  stream,
  jobs: [{ job: 'etl', needs: [], next: null, newest: run, done: run }],
};
const node = (seen: Seen, part: Part) => nodes(seen, format).find((n) => n.part === part);
const edge = (seen: Seen, from: Part, to: Part) => edges(seen, format).find((e) => e.from === from && e.to === to);

describe('the picture of the pipeline', () => {
  test('each part is as the platform says', () => {
    expect(nodes(whole, format).map((n) => `${n.title}: ${n.tone}, ${n.state}, ${n.note}`)).toEqual([
      'Shoppers: good, active, 100.5/s',
      'Log: good, 3 topics, 3,000 records',
      'Stream: good, running, p95 12 ms',
      'Live tables: good, ok, ',
      'Lake: warn, degraded, no space left on device',
      'Batch: good, waiting, done for Mon, Mar 2',
      'Warehouse: good, ok, days before Mon, Mar 2',
      'API: good, answers, version 1.2.3',
    ]);
  });

  test('edges carry rates and lag, and what is late is marked', () => {
    expect(edge(whole, 'shoppers', 'log')).toMatchObject({ rate: '100.5/s', idle: false });
    expect(edge(whole, 'log', 'stream')).toMatchObject({ rate: '99.5/s', lag: '1,500 behind', late: true });
    const prompt = { ...stream, topics: [{ ...counted, behind: 1_000 }] };
    expect(edge({ ...whole, stream: prompt }, 'log', 'stream')).toMatchObject({ lag: '1,000 behind', late: false });
    expect(edge(whole, 'stream', 'store')).toMatchObject({ lag: '12 ms to count' });
    expect(edge(whole, 'lake', 'batch')).toMatchObject({ rate: '12K rows', idle: true });
    const lake = { name: 'lake', status: 'ok' as const, detail: '12,000 records in 3 files, 1,234 behind' };
    const behind: Seen = { health: { status: 'ok', version: '', components: [lake] } };
    expect(edge(behind, 'log', 'lake')).toMatchObject({ lag: '1,234 behind' });
    expect(node(behind, 'lake')).toMatchObject({ note: '12,000 records in 3 files' });
  });

  test('trouble and work under way show', () => {
    expect(node({ ...whole, stream: { ...stream, trouble: 'the disk is full' } }, 'stream')).toMatchObject({ tone: 'bad', note: 'the disk is full' });
    expect(node({ ...whole, stream: { ...stream, ready: false } }, 'stream')).toMatchObject({ tone: 'warn', state: 'starting' });
    const busy: Seen = { ...whole, jobs: [{ job: 'rfm', needs: [], next: null, newest: { ...run, job: 'rfm', status: 'running' } }] };
    expect(node(busy, 'batch')).toMatchObject({ tone: 'busy', note: 'rfm' });
    expect(edge(busy, 'batch', 'warehouse')?.idle).toBe(false);
    expect(node(busy, 'warehouse')).toMatchObject({ state: 'empty' });
    expect(node({ ...whole, topics: [topic('transactions', 0)] }, 'shoppers')).toMatchObject({ tone: 'quiet', state: 'silent' });
  });

  test('what is not known is said to be so', () => {
    expect(nodes({}, format).map((n) => n.state)).toEqual(Array.from({ length: 8 }, () => 'not known'));
    expect(edges({}, format).every((e) => !e.late && e.lag === '')).toBe(true);
  });
});

describe('the layout', () => {
  test.each([1_400, 900, 700, 320])('in %d px nothing overlaps or leaves the picture', (width) => {
    const { at, size, height } = layoutOf(width);
    const boxes = Object.values(at);
    for (const [i, a] of boxes.entries()) {
      expect(a.x).toBeGreaterThanOrEqual(0);
      expect(a.x + size.width).toBeLessThanOrEqual(width + 0.01);
      expect(a.y + size.height).toBeLessThanOrEqual(height);
      for (const b of boxes.slice(i + 1)) expect(Math.abs(a.x - b.x) >= size.width || Math.abs(a.y - b.y) >= size.height).toBe(true);
    }
  });

  test('lines go from left to right in a wide one, and down in a narrow one', () => {
    const [wide, tall] = [layoutOf(1_200), layoutOf(360)];
    expect(lineOf(wide, 'shoppers', 'log').middle.x).toBeGreaterThan(wide.size.width);
    expect(['stream', 'lake'].map((to) => lineOf(tall, 'log', to as Part).room)).toEqual(['left', 'right']);
    expect(lineOf(tall, 'shoppers', 'log').middle).toMatchObject({ x: 180, y: tall.size.height + 23 });
  });
});
