import type { Data, Query } from '../../../lib/api/client';

export type Letters = Data<'/api/v1/ops/dead-letters'>;
type Asked = Query<'/api/v1/ops/dead-letters'>;
export type Reason = NonNullable<Asked['reason']>;
export type Topic = NonNullable<Asked['topic']>;

/** Why a record is refused, for people. */
export const reasons: Record<Reason, string> = {
  bad_json: 'Not one JSON object, or too deep',
  schema: 'A field has the wrong type, length or value, or is missing',
  missing_key: 'An id is missing, such as event_id or visitor_id',
  unknown_order: 'A refund that names no lines, of an order that was not known: it may be known now',
  bad_amount: 'An amount is negative or too large, or the sums do not agree',
  no_rate: 'There was no exchange rate: it may be there now',
  bad_timestamp: 'Before the year 2000, or more than 5 minutes after its arrival',
  oversized: 'Too many bytes or items',
  unknown_version: 'Of a schema version that this build does not know',
};

const topicNames: Record<Topic, true> = { transactions: true, product_views: true, cart_events: true, inventory_updates: true, products: true, customers: true };
export const topics = Object.keys(topicNames) as Topic[];

/** The value if it is one of those known, else undefined. */
export function reasonOf(text: string): Reason | undefined {
  return (Object.keys(reasons) as Reason[]).find((r) => r === text);
}
export function topicOf(text: string): Topic | undefined {
  return topics.find((t) => t === text);
}

/** How many letters a filter takes. */
export function countOf(letters: Letters | undefined, topic: Topic | undefined, reason: Reason | undefined): number {
  const taken = letters?.counts.filter((c) => (!topic || c.topic === topic) && (!reason || c.reason === reason)) ?? [];
  return taken.reduce((sum, c) => sum + c.letters, 0);
}

const hour = 3_600_000; // milliseconds
export const shownHours = 48;

/** The letters of each of the hours until now, those without any too, by reason. */
export function byHour(letters: Letters, now: string): { starts: string[]; reasons: { reason: string; counts: number[] }[] } {
  const last = Math.floor(Date.parse(now) / hour);
  const starts = Array.from({ length: shownHours }, (_, i) => new Date((last - shownHours + 1 + i) * hour).toISOString());
  const counts = new Map<string, number[]>();
  for (const { start, reason, letters: n } of letters.hours) {
    const at = shownHours - 1 - last + Date.parse(start) / hour;
    const of = counts.get(reason) ?? starts.map(() => 0);
    if (at >= 0 && at < shownHours) of[at] = n;
    counts.set(reason, of);
  }
  return { starts, reasons: [...counts].map(([reason, counts]) => ({ reason, counts })) };
}

/** The message that a letter was, in the browser of topics. */
export function messageOf(letter: { topic: string; partition: number; offset: number }): Record<string, string> {
  return { topic: letter.topic, seek: 'offset', partition: String(letter.partition), offset: String(letter.offset) };
}
