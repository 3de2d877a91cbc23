import type { Data } from '../../lib/api/client';
import { countryName, formatOf } from '../../lib/format/format';

type Message = Data<'/api/v1/ops/topics/{topic}/messages'>['messages'][number];

/** The topics whose events are shown, and what an event of each is called. */
export const kinds = [
  { topic: 'transactions', label: 'Orders' },
  { topic: 'product_views', label: 'Views' },
  { topic: 'cart_events', label: 'Carts' },
  { topic: 'inventory_updates', label: 'Stock' },
] as const;
export type Topic = (typeof kinds)[number]['topic'];

/** One event as the ticker shows it. */
export interface Tick {
  id: string; // of the record in the log
  partition: number;
  offset: number;
  at: string;
  topic: Topic;
  text: string;
  place: string; // the country, if the event names one
}

const most = 200; // rows

/** Puts new ticks to those that are shown, newest first. */
export function merge(shown: Tick[], more: Tick[]): Tick[] {
  const known = new Set(shown.map((t) => t.id));
  const fresh = more.filter((t) => !known.has(t.id));
  if (fresh.length === 0) return shown;
  return [...fresh, ...shown].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)).slice(0, most);
}

/** What a record of the log says. */
export function tickOf(topic: Topic, m: Message): Tick {
  return { id: `${topic}/${m.partition}/${m.offset}`, partition: m.partition, offset: m.offset, at: m.timestamp, topic, ...said(topic, m.value) };
}

/** Reads an event; what is in the log may be broken in any way. */
function said(topic: Topic, value: string | null): Pick<Tick, 'text' | 'place'> {
  try {
    const e = JSON.parse(value ?? '') as Fields;
    return { text: texts[topic](e), place: e.country ? countryName(e.country) : '' };
  } catch {
    return { text: 'A record that is no event', place: '' };
  }
}

interface Fields {
  country?: string;
  status?: string;
  items?: { quantity?: number }[];
  total_minor?: number;
  currency?: string;
  product_id?: string;
  category?: string;
  action?: string;
  quantity?: number;
  delta?: number;
  reason?: string;
}

const texts: Record<Topic, (e: Fields) => string> = {
  transactions: (e) => {
    const units = (e.items ?? []).reduce((sum, item) => sum + (item.quantity ?? 0), 0);
    return `Order ${e.status ?? ''}: ${money(e)}, ${units} ${units === 1 ? 'unit' : 'units'}`;
  },
  product_views: (e) => `Viewed ${e.product_id ?? 'a product'}${e.category ? `, ${e.category}` : ''}`,
  cart_events: (e) => `Cart: ${e.action ?? ''}${e.product_id ? ` ${e.quantity ?? ''} × ${e.product_id}` : ''}`,
  inventory_updates: (e) => `${e.product_id ?? 'A product'}: ${signed.format(e.delta ?? 0)} in stock, ${e.reason ?? ''}`,
};

const signed = new Intl.NumberFormat('en-US', { signDisplay: 'exceptZero' });

/** The amount of an order in its own currency. Corrupt events may name none. */
function money({ total_minor, currency }: Fields): string {
  if (typeof total_minor !== 'number' || !/^[A-Z]{3}$/.test(currency ?? '')) return 'no amount';
  return formatOf({ currency: currency ?? '', time_zone: 'UTC' }).full('money', total_minor);
}
