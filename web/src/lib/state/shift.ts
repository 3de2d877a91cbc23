import { ranges, type Filter } from './filter';

/** A period as the URL has it. */
export type Period = Pick<Filter, 'range' | 'from' | 'to'>;

const [hour, day] = [3_600_000, 86_400_000]; // milliseconds

/**
 * The period as long as this one that ends where it begins (-1), or begins where it ends (1). Undefined where that
 * is still to come, or where the length is not known. zone is that of the shop, whose days these are.
 */
export function shifted(period: Period, by: -1 | 1, now: number, zone: string): Period | undefined {
  const at = period.range ? boundsOf(period.range, now, zone) : period;
  if (!at) return undefined;
  const next = moved(at, by, zone);
  if (next.from.length > 10 ? Date.parse(next.from) > now : next.from > instant(now, zone).slice(0, 10)) return undefined;
  // What a name stands for moves on with the clock: it is taken where there is one.
  const named = ranges.find(({ value }) => same(boundsOf(value, now, zone), next));
  return named ? { range: named.value, from: '', to: '' } : { range: '', ...next };
}

type Bounds = Pick<Filter, 'from' | 'to'>;

/** From when to when a range is: days, or instants of hours; of a month, quarter or year that is not over, all of it. */
function boundsOf(range: string, now: number, zone: string): Bounds | undefined {
  const today = instant(now, zone).slice(0, 10);
  const month = Number(today.slice(5, 7)) - 1;
  const months = (first: number, length: number) => ({ from: addMonths(today, first), to: addMonths(today, first + length) });
  const [, number, unit] = /^(\d+)(h|d|w|mo)$/.exec(range) ?? [];
  const n = Number(number);
  switch (unit ?? range) {
    case 'today': return { from: today, to: addDays(today, 1) };
    case 'yesterday': return { from: addDays(today, -1), to: today };
    case 'h': {
      const end = Math.floor(now / hour) * hour + hour;
      return { from: instant(end - n * hour, zone), to: instant(end, zone) };
    }
    case 'd': return { from: addDays(today, 1 - n), to: addDays(today, 1) };
    case 'w': return { from: addDays(today, 1 - 7 * n), to: addDays(today, 1) };
    case 'mo': return months(1 - n, n);
    case 'mtd': return months(0, 1);
    case 'qtd': return months(-(month % 3), 3);
    case 'ytd': return months(-month, 12);
    default: return undefined;
  }
}

function moved({ from, to }: Bounds, by: -1 | 1, zone: string): Bounds {
  if (from.length > 10 || to.length > 10) {
    const length = Date.parse(to) - Date.parse(from);
    return { from: instant(Date.parse(from) + by * length, zone), to: instant(Date.parse(to) + by * length, zone) };
  }
  const months = from.endsWith('-01') && to.endsWith('-01') ? monthOf(to) - monthOf(from) : 0;
  if (months > 0) return { from: addMonths(from, by * months), to: addMonths(to, by * months) };
  const days = (Date.parse(to) - Date.parse(from)) / day;
  return { from: addDays(from, by * days), to: addDays(to, by * days) };
}

const same = (a: Bounds | undefined, b: Bounds) => a !== undefined && Date.parse(a.from) === Date.parse(b.from) && Date.parse(a.to) === Date.parse(b.to);
const monthOf = (date: string) => 12 * Number(date.slice(0, 4)) + Number(date.slice(5, 7)) - 1;
const addDays = (date: string, n: number) => new Date(Date.parse(date) + n * day).toISOString().slice(0, 10);

/** The first day of the month that is n after that of a day. */
const addMonths = (date: string, n: number) => new Date(Date.UTC(1970, monthOf(date) - 12 * 1970 + n, 1)).toISOString().slice(0, 10);

/** An instant in RFC 3339, with the clock of a zone. */
function instant(at: number, zone: string): string {
  const name = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(at).find((p) => p.type === 'timeZoneName')?.value ?? 'GMT';
  const offset = name.replace('GMT', ''); // +02:00, or nothing
  return new Date(at + Date.parse('1970-01-01T00:00:00Z') - Date.parse(`1970-01-01T00:00:00${offset || 'Z'}`)).toISOString().slice(0, 19) + (offset || 'Z');
}
