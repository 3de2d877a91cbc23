import type { Data } from '../../lib/api/client';
import { duration, type Format } from '../../lib/format/format';
import type { Tone } from '../../lib/ui/tone';
import { totals } from './processors/stream';

/** What the picture is made of. What is not known yet, or not to this process, is undefined. */
export interface Seen {
  health?: Data<'/api/v1/ops/components'> | undefined;
  topics?: Data<'/api/v1/ops/topics'>['topics'] | undefined;
  stream?: Data<'/api/v1/ops/processors'> | undefined;
  jobs?: Data<'/api/v1/ops/jobs'>['jobs'] | undefined;
}

export type Part = 'shoppers' | 'log' | 'stream' | 'store' | 'lake' | 'batch' | 'warehouse' | 'api';

export interface Node {
  part: Part;
  title: string;
  tone: Tone;
  state: string; // in a word or two
  note: string; // more about it
  path: string; // of the page that shows more
}

export interface Edge {
  from: Part;
  to: Part;
  rate: string; // what goes along it
  lag: string; // how far its end is behind
  late: boolean;
  idle: boolean; // nothing goes along it now
}

/** What is written by the platform itself, and not by shoppers. */
const own = ['dead_letters', 'alerts'];
/** A stage that is further behind than this many records is late. */
const late = 1_000;

/** The parts of the platform and how each is, from the shoppers to the API. */
export function nodes(seen: Seen, format: Format): Node[] {
  const { health, topics, stream, jobs } = seen;
  const arriving = arrivals(topics);
  const records = topics?.reduce((sum, t) => sum + t.records, 0);
  const latency = stream?.latency;
  return [
    {
      part: 'shoppers', title: 'Shoppers', path: '/live',
      ...(arriving === null ? unknown : arriving > 0 ? { tone: 'good', state: 'active' } : { tone: 'quiet', state: 'silent' }),
      note: arriving === null ? '' : format.full('rate', arriving),
    },
    {
      part: 'log', title: 'Log', path: '/ops/topics',
      ...(topics ? { tone: 'good', state: `${format.full('count', topics.length)} topics` } : unknown),
      note: records === undefined ? '' : `${format.short('count', records)} records`,
    },
    {
      part: 'stream', title: 'Stream', path: '/ops/processors',
      ...(!stream ? unknown : stream.trouble ? { tone: 'bad', state: 'stopped' } : stream.ready ? { tone: 'good', state: 'running' } : { tone: 'warn', state: 'starting' }),
      note: stream?.trouble ?? (latency ? `p95 ${duration(latency.p95_ms)}` : ''),
    },
    { part: 'store', title: 'Live tables', path: '/live', ...componentOf(health, 'store', format) },
    { part: 'lake', title: 'Lake', path: '/ops/topics', ...lakeOf(health, format) },
    { part: 'batch', title: 'Batch', path: '/ops/jobs', ...batchOf(health, jobs, format) },
    { part: 'warehouse', title: 'Warehouse', path: '/ops/warehouse', ...warehouseOf(health, jobs, format) },
    {
      part: 'api', title: 'API', path: '/live',
      ...(health ? { tone: 'good', state: 'answers' } : unknown), note: health ? `version ${health.version}` : '',
    },
  ];
}

/** What goes between them. */
export function edges(seen: Seen, format: Format): Edge[] {
  const { topics, stream, jobs, health } = seen;
  const arriving = arrivals(topics);
  const counted = stream ? totals(stream) : undefined;
  const etl = jobs?.find((j) => j.job === 'etl')?.newest;
  const running = jobs?.some((j) => j.newest?.status === 'running') ?? false;
  const flow = (rate: number | null | undefined) => ({ rate: typeof rate === 'number' ? format.full('rate', rate) : '', idle: !rate });
  const still = { rate: '', lag: '', late: false, idle: false };
  const lakeLag = behindOf(health?.components.find((c) => c.name === 'lake')?.detail);
  return [
    { ...still, from: 'shoppers', to: 'log', ...flow(arriving) },
    {
      ...still, from: 'log', to: 'stream', ...flow(counted?.rate),
      lag: counted ? `${format.short('count', counted.behind)} behind` : '', late: (counted?.behind ?? 0) > late,
    },
    { ...still, from: 'log', to: 'lake', ...flow(arriving), lag: lakeLag === undefined ? '' : `${lakeLag} behind` },
    { ...still, from: 'stream', to: 'store', ...flow(counted?.rate), lag: stream?.latency ? `${duration(stream.latency.p95_ms)} to count` : '' },
    { ...still, from: 'store', to: 'api', rate: 'live', idle: !health },
    { ...still, from: 'lake', to: 'batch', rate: etl ? `${format.short('count', etl.rows_in)} rows` : '', lag: etl ? 'last run' : '', idle: !running },
    { ...still, from: 'batch', to: 'warehouse', rate: etl ? `${format.short('count', etl.rows_out)} rows` : '', lag: etl ? 'last run' : '', idle: !running },
    { ...still, from: 'warehouse', to: 'api', rate: 'past', idle: !health },
  ];
}

const unknown = { tone: 'quiet', state: 'not known' } as const;

/** Records a second that shoppers send; null until it was looked at twice. */
function arrivals(topics: Seen['topics']): number | null {
  const known = topics?.filter((t) => !own.includes(t.topic) && t.records_per_second !== null) ?? [];
  return known.length > 0 ? known.reduce((sum, t) => sum + (t.records_per_second ?? 0), 0) : null;
}

function componentOf(health: Seen['health'], name: string, format: Format): Pick<Node, 'tone' | 'state' | 'note'> {
  const c = health?.components.find((c) => c.name === name);
  if (!c) return { ...unknown, note: '' };
  const tones = { ok: 'good', degraded: 'warn', down: 'bad' } as const;
  return { tone: tones[c.status], state: c.status, note: format.said(c.detail ?? '') };
}

/** The lake, without how far it is behind, which stands at the line that leads to it. */
function lakeOf(health: Seen['health'], format: Format): Pick<Node, 'tone' | 'state' | 'note'> {
  const lake = componentOf(health, 'lake', format);
  return { ...lake, note: lake.note.replace(/, [\d,]+ behind/, '') };
}

function batchOf(health: Seen['health'], jobs: Seen['jobs'], format: Format): Pick<Node, 'tone' | 'state' | 'note'> {
  const running = jobs?.find((j) => j.newest?.status === 'running');
  const schedule = componentOf(health, 'batch', format);
  if (running && schedule.tone === 'good') return { tone: 'busy', state: 'running', note: running.job };
  return jobs || health ? { ...schedule, state: schedule.tone === 'good' ? 'waiting' : schedule.state } : schedule;
}

function warehouseOf(health: Seen['health'], jobs: Seen['jobs'], format: Format): Pick<Node, 'tone' | 'state' | 'note'> {
  const copy = componentOf(health, 'warehouse', format); // where it has one in a database
  if (copy.tone === 'warn' || copy.tone === 'bad') return copy;
  if (!jobs) return { ...unknown, note: '' };
  const done = jobs.find((j) => j.job === 'etl')?.done;
  return done ? { tone: 'good', state: 'ok', note: `days before ${format.full('day', done.date)}` } : { tone: 'quiet', state: 'empty', note: 'no run is done yet' };
}

/** How many records the lake is behind, as its component says it. */
function behindOf(detail: string | undefined): string | undefined {
  return detail === undefined ? undefined : (/([\d,]+) behind/.exec(detail)?.[1] ?? '0');
}
