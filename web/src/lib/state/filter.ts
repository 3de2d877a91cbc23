/** What all Analyse pages ask for. Its form in the URL is that of the API. */
export interface Filter {
  range: string; // 24h, 7d, mtd …; '' if from and to are given
  from: string; // RFC 3339 or a day of the shop
  to: string; // exclusive
  granularity: Granularity;
  country: string; // ISO 3166-1 alpha-2, several as namesOf reads them; '' = all
  category: string; // likewise
  segment: string; // of customers; '' = all
  compare: Compare;
}

export type FilterName = keyof Filter;
export type Granularity = 'auto' | 'hour' | 'day' | 'week' | 'month';
export type Compare = 'prev' | 'yoy' | 'off';

export const defaults: Filter = { range: '28d', from: '', to: '', granularity: 'auto', country: '', category: '', segment: '', compare: 'prev' };

export const ranges = [
  { value: 'today', label: 'Today' },
  { value: '24h', label: 'Last 24 hours' },
  { value: '7d', label: 'Last 7 days' },
  { value: '28d', label: 'Last 28 days' },
  { value: '90d', label: 'Last 90 days' },
  { value: 'mtd', label: 'This month' },
  { value: 'ytd', label: 'This year' },
  { value: '12mo', label: 'Last 12 months' },
];
export const granularities: { value: Granularity; label: string }[] = [
  { value: 'auto', label: 'Automatic' },
  { value: 'hour', label: 'By hour' },
  { value: 'day', label: 'By day' },
  { value: 'week', label: 'By week' },
  { value: 'month', label: 'By month' },
];
export const compares: { value: Compare; label: string }[] = [
  { value: 'prev', label: 'Period before' },
  { value: 'yoy', label: 'Year before' },
  { value: 'off', label: 'No comparison' },
];

const names = Object.keys(defaults) as FilterName[];
const time = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/;
const forms: Record<FilterName, RegExp> = {
  range: /^(today|yesterday|[mqy]td|[1-9]\d{0,3}(h|d|w|mo))$/,
  from: time,
  to: time,
  granularity: /^(auto|hour|day|week|month)$/,
  country: /^[A-Z]{2}(,[A-Z]{2}){0,9}$/,
  category: /^.{1,2048}$/,
  segment: /^.{1,64}$/,
  compare: /^(prev|yoy|off)$/,
};

/** The fields that take several names, and how many the API adds up. */
export type Several = 'country' | 'category';
export const most = 10;

/** The names in a field of several: with commas between; one in a name has a backslash before it. */
export function namesOf(text: string): string[] {
  return [...text.matchAll(/(?:\\.|[^,\\])+/g)].map(([name]) => name.replace(/\\(.)/g, '$1'));
}

/** The field of some names, each once, in order: one choice has one form. */
export function textOf(names: string[]): string {
  return [...new Set(names)].sort().map((name) => name.replace(/[,\\]/g, '\\$&')).join(',');
}

/** Reads the filter from a query string; what has no meaning is left out and named. */
export function parseFilter(search: URLSearchParams, others: readonly string[] = []): { filter: Filter; ignored: string[] } {
  const filter = { ...defaults };
  const ignored: string[] = [];
  for (const [name, value] of search) {
    const known = names.find((n) => n === name);
    if (known && forms[known].test(value)) Object.assign(filter, { [known]: value });
    else if (!others.includes(name)) ignored.push(name);
  }
  if (filter.from && filter.to && filter.from < filter.to) filter.range = '';
  else filter.from = filter.to = '';
  return { filter, ignored };
}

/** Writes what differs from the defaults, in a fixed order: one state has one address. */
export function searchOf(filter: Record<FilterName, string>): URLSearchParams {
  const search = new URLSearchParams();
  for (const name of names) {
    if (filter[name] !== defaults[name] && filter[name] !== '') search.set(name, filter[name]);
  }
  return search;
}

const selections = ['country', 'category', 'segment'] as const;

/** What figures do not follow of the filters in force, of those that they ignore, in words; '' if there is nothing to say. */
export function ignoredText(filter: Filter, ignores: readonly FilterName[]): string {
  const names = selections.filter((name) => ignores.includes(name) && filter[name] !== '');
  return [
    ignores.includes('range') ? 'Not of the chosen period.' : '',
    names.length > 0 ? `Not filtered by ${names.join(' and ')}.` : '',
    ignores.includes('compare') && filter.compare !== 'off' ? 'Not compared.' : '',
  ].filter(Boolean).join(' ');
}

/** Whether the period changes by the minute: of a day or less. */
export function isShort({ range }: Filter): boolean {
  return range === 'today' || range.endsWith('h');
}

const dayText = new Intl.DateTimeFormat('en-US', { timeZone: 'UTC', day: 'numeric', month: 'short' });

/** A period in words: days with the last of them, which `to` is not; times of the shop as they are. */
export function periodText(from: string, to: string): string {
  if (from.length > 10 || to.length > 10) return [from, to].map((t) => `${dayText.format(new Date(t.slice(0, 10)))}${t.length > 10 ? `, ${t.slice(11, 16)}` : ''}`).join(' – ');
  const last = new Date(Date.parse(to) - 1);
  return dayText.format(new Date(from)) === dayText.format(last) ? dayText.format(last) : `${dayText.format(new Date(from))} – ${dayText.format(last)}`;
}
