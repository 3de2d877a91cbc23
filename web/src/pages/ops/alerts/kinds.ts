import type { Data, Query } from '../../../lib/api/client';
import type { Kind as Form } from '../../../lib/format/format';
import type { Tone } from '../../../lib/ui/tone';

type Asked = Query<'/api/v1/monitoring/alerts'>;
export type Alert = Data<'/api/v1/monitoring/alerts'>['alerts'][number];
export type Kind = Alert['kind'];
export type Level = NonNullable<Asked['level']>;

/** The kinds of alerts, the form of their figures, and their levels with what each means. */
export const kinds: Record<Kind, { label: string; value: string; form: Form; levels: Partial<Record<Level, string>> }> = {
  stock: {
    label: 'Stock', value: 'Units on hand', form: 'count',
    levels: { low: 'at or below the reorder point', critical: 'gone before a delivery can come', out: 'none left', oversold: 'more was sold than there was' },
  },
  carts: { label: 'Carts', value: 'At risk', form: 'money', levels: { at_risk: 'much money is in abandoned carts' } },
  orders: {
    label: 'Orders', value: 'Orders a minute', form: 'count',
    levels: { high: 'far more than usual', low: 'far fewer than usual', zero: 'no order comes in' },
  },
  finding: { label: 'Unusual orders', value: 'Findings', form: 'count', levels: { new: 'an order that should be looked at' } },
};

const tones: Record<Level, Tone> = { low: 'warn', critical: 'bad', out: 'bad', oversold: 'bad', at_risk: 'warn', high: 'busy', zero: 'bad', new: 'busy' };

/** How bad a level is. */
export function toneOf(level: string): Tone {
  return (tones as Record<string, Tone>)[level] ?? 'quiet';
}

/** The level in words. */
export function levelText(level: string): string {
  return level.replaceAll('_', ' ');
}

/** The value if it is one of those known, else undefined. */
export function kindOf(text: string): Kind | undefined {
  return (Object.keys(kinds) as Kind[]).find((k) => k === text);
}
export function levelOf(text: string, kind: Kind | undefined): Level | undefined {
  return levelsOf(kind).find((l) => l === text);
}

/** The levels that an alert of a kind, or of any, can have. */
export function levelsOf(kind: Kind | undefined): Level[] {
  const of = kind ? [kinds[kind]] : Object.values(kinds);
  return [...new Set(of.flatMap((k) => Object.keys(k.levels) as Level[]))];
}

/** How far back, by its name in the address; milliseconds. */
export const sinces: Record<string, { label: string; back: number }> = {
  '1h': { label: 'Last hour', back: 3_600_000 },
  '24h': { label: 'Last 24 hours', back: 86_400_000 },
  '7d': { label: 'Last 7 days', back: 604_800_000 },
};

/** The moment that a name of `sinces` means at now, cut to the minute: '' = from the first one. */
export function momentOf(since: string, now: number): string {
  const back = sinces[since]?.back;
  if (back === undefined) return '';
  const minute = 60_000;
  return new Date(Math.floor((now - back) / minute) * minute).toISOString();
}
