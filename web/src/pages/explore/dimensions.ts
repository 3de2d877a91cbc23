import { addressOf, type Data, type Path } from '../../lib/api/client';
import type { Column, Row } from '../../lib/chart/table';
import type { Kind } from '../../lib/format/format';
import { namesOf, type Filter, type FilterName } from '../../lib/state/filter';

/** A figure that can be asked for. */
export interface Measure {
  name: string; // as the API calls it
  label: string;
  kind: Kind;
  order?: Record<string, string>; // parameters with which the endpoint has the highest first
}

/** What figures can be broken down by: one endpoint, and how to read it. */
export interface Dimension {
  name: string;
  label: string;
  path: Path;
  filters: readonly FilterName[]; // that the endpoint takes
  one?: 'category'; // that it takes one name of
  fixed: Record<string, string>; // parameters that make it answer all
  measures: readonly Measure[];
  shape: 'time' | 'bars' | 'matrix';
  keys: (data: never) => Column[]; // what a row is about
  rows: (data: never) => Row[]; // every measure under its name; the period before under before_NAME
  partial?: (data: never) => boolean; // the last row is of a window that is not over
}

const period = ['range', 'from', 'to'] as const;

const sales: Measure[] = [
  { name: 'net_revenue_minor', label: 'Net revenue', kind: 'money' },
  { name: 'revenue_minor', label: 'Revenue before refunds', kind: 'money' },
  { name: 'refunded_minor', label: 'Refunded', kind: 'money' },
  { name: 'orders', label: 'Orders', kind: 'count' },
  { name: 'units', label: 'Units', kind: 'count' },
  { name: 'average_order_value_minor', label: 'Average order', kind: 'money' },
  { name: 'units_returned', label: 'Units returned', kind: 'count' },
  { name: 'refunds', label: 'Refunds', kind: 'count' },
  { name: 'tax_minor', label: 'Tax', kind: 'money' },
  { name: 'shipping_minor', label: 'Shipping', kind: 'money' },
];
const ordered = ['net_revenue_minor', 'orders', 'units'];
const splits = sales.slice(0, 8).map((m) => (ordered.includes(m.name) ? { ...m, order: { sort: `-${m.name.replace('_minor', '')}` } } : m)); // tax and shipping are not told apart
const perHour: Measure[] = [
  { name: 'net_revenue_minor', label: 'Net revenue', kind: 'money' },
  { name: 'orders', label: 'Orders', kind: 'count' },
  { name: 'units', label: 'Units', kind: 'count' },
];
const payments: Measure[] = [
  { name: 'completed', label: 'Paid orders', kind: 'count' },
  { name: 'completed_minor', label: 'Paid', kind: 'money' },
  { name: 'failed', label: 'Failed payments', kind: 'count' },
  { name: 'failed_minor', label: 'Amount that failed', kind: 'money' },
  { name: 'failure_rate', label: 'Failure rate', kind: 'percent' },
  { name: 'pending', label: 'Pending', kind: 'count' },
  { name: 'cancelled', label: 'Cancelled', kind: 'count' },
  { name: 'refunds', label: 'Refunds', kind: 'count' },
  { name: 'refunded_minor', label: 'Refunded', kind: 'money' },
];
const products: Measure[] = [
  { name: 'total_revenue_minor', label: 'Net revenue', kind: 'money', order: { sort_by: 'total_revenue' } },
  { name: 'units_sold', label: 'Units', kind: 'count', order: { sort_by: 'units_sold' } },
  { name: 'orders', label: 'Orders', kind: 'count', order: { sort_by: 'orders' } },
  { name: 'views', label: 'Views', kind: 'count', order: { sort_by: 'views' } },
  { name: 'conversion_rate', label: 'Views to orders', kind: 'percent', order: { sort_by: 'conversion_rate' } },
  { name: 'return_rate', label: 'Returned', kind: 'percent', order: { sort_by: 'return_rate' } },
  { name: 'margin_minor', label: 'Margin', kind: 'money', order: { sort_by: 'margin' } },
];
const segments: Measure[] = [
  { name: 'net_revenue_minor', label: 'Net revenue', kind: 'money' },
  { name: 'revenue_share', label: 'Share of net revenue', kind: 'percent' },
  { name: 'customers', label: 'Customers', kind: 'count' },
  { name: 'customer_share', label: 'Share of customers', kind: 'percent' },
  { name: 'average_monetary_minor', label: 'Net revenue a customer', kind: 'money' },
  { name: 'average_frequency', label: 'Orders a customer', kind: 'number' },
  { name: 'average_recency_days', label: 'Days since the last order', kind: 'number' },
];
const funnel: Measure[] = [
  { name: 'reached', label: 'Sessions that got so far', kind: 'count' },
  { name: 'share_of_sessions', label: 'Share of all sessions', kind: 'percent' },
  { name: 'share_of_step_before', label: 'Share of the step before', kind: 'percent' },
];

type Split = Data<'/api/v1/sales/by-country'>;
type Measured = Record<string, unknown>;

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const steps = { session: 'Session', view: 'Looked at a product', add: 'Put into a cart', checkout: 'Went to checkout', order: 'Ordered' };
const times: Record<Data<'/api/v1/sales/timeseries'>['granularity'], { label: string; kind: Kind }> = {
  hour: { label: 'Hour', kind: 'time' }, day: { label: 'Day', kind: 'day' }, week: { label: 'Week from', kind: 'day' }, month: { label: 'Month', kind: 'month' },
};

/** The measures of an entry, and those of the period that it is compared with. */
function measured(measures: readonly Measure[], entry: Measured, before?: Measured): Row {
  const pairs = measures.flatMap(({ name }) => [[name, entry[name] ?? null], ...(before ? [[`before_${name}`, before[name] ?? null]] : [])]);
  return Object.fromEntries(pairs) as Row;
}

function split(name: 'country' | 'category', label: string): Dimension {
  return {
    name, label, path: `/api/v1/sales/by-${name}`, filters: [...period, 'compare', 'country', 'category'], fixed: { limit: '1000' }, measures: splits, shape: 'bars',
    keys: () => [{ key: 'name', label, kind: name === 'country' ? 'country' : 'text' }],
    rows: (data: Split) => data.parts.map((p) => ({ name: p.name, ...measured(sales, p, p.previous) })),
  };
}

export const dimensions: Dimension[] = [
  {
    name: 'time', label: 'Time', path: '/api/v1/sales/timeseries', filters: [...period, 'granularity', 'compare', 'country', 'category'], fixed: {}, measures: sales, shape: 'time',
    keys: (data: Data<'/api/v1/sales/timeseries'>) => [{ key: 'start', ...times[data.granularity] }],
    rows: (data: Data<'/api/v1/sales/timeseries'>) => data.points.map((p) => ({ start: p.start, ...measured(sales, p, p.previous) })),
    partial: (data: Data<'/api/v1/sales/timeseries'>) => data.points.at(-1)?.partial ?? false,
  },
  split('country', 'Country'),
  split('category', 'Category'),
  {
    name: 'weekday', label: 'Weekday and hour', path: '/api/v1/sales/heatmap', filters: [...period, 'country', 'category'], fixed: {}, measures: perHour, shape: 'matrix',
    keys: () => [{ key: 'weekday', label: 'Day', kind: 'text' }, { key: 'hour', label: 'Hour', kind: 'text' }, { key: 'hours', label: 'Hours in the period', kind: 'count' }],
    rows: (data: Data<'/api/v1/sales/heatmap'>) => data.cells.map((c) => ({ weekday: days[c.weekday - 1], hour: String(c.hour).padStart(2, '0'), hours: c.hours, ...measured(perHour, c) })),
  },
  {
    name: 'payment', label: 'Payment method', path: '/api/v1/sales/payments', filters: [...period, 'country'], fixed: {}, measures: payments, shape: 'bars',
    keys: () => [{ key: 'name', label: 'Method', kind: 'text' }],
    rows: (data: Data<'/api/v1/sales/payments'>) => data.methods.map((m) => ({ name: m.method?.replaceAll('_', ' ') ?? 'not named', ...measured(payments, m) })),
  },
  {
    name: 'product', label: 'Product, last 30 days', path: '/api/v1/products/performance', filters: ['category'], one: 'category', fixed: { period: '30d', limit: '100' }, measures: products, shape: 'bars',
    keys: () => [{ key: 'name', label: 'Product', kind: 'text' }],
    rows: (data: Data<'/api/v1/products/performance'>) => data.products.map((p) => ({ name: p.name ?? p.product_id, ...measured(products, p) })),
  },
  {
    name: 'segment', label: 'Customer segment, last 365 days', path: '/api/v1/customers/segments', filters: [], fixed: {}, measures: segments, shape: 'bars',
    keys: () => [{ key: 'name', label: 'Segment', kind: 'text' }],
    rows: (data: Data<'/api/v1/customers/segments'>) => data.segments.map((s) => ({ name: s.segment, ...measured(segments, s) })),
  },
  {
    name: 'step', label: 'Step to the order', path: '/api/v1/sales/funnel', filters: [...period, 'country'], fixed: {}, measures: funnel, shape: 'bars',
    keys: () => [{ key: 'name', label: 'Step', kind: 'text' }],
    rows: (data: Data<'/api/v1/sales/funnel'>) => data.steps.map((s) => ({ name: steps[s.step], ...measured(funnel, s) })),
  },
];

/** What is asked: a measure by a dimension. */
export interface Asked {
  dimension: Dimension;
  measure: Measure;
}

/** The filters in force that the endpoint can take: of several names none, where it takes one. */
export function takenOf({ filters, one }: Dimension, filter: Filter): readonly FilterName[] {
  return filters.filter((name) => name !== one || namesOf(filter[name]).length <= 1);
}

/** The parameters that the endpoint is asked with. */
export function queryOf({ dimension, measure }: Asked, filter: Filter): Record<string, string> {
  const taken = takenOf(dimension, filter).map((name): [string, string] => [name, name === dimension.one ? (namesOf(filter[name])[0] ?? '') : filter[name]]);
  return { ...dimension.fixed, ...measure.order, ...Object.fromEntries(taken.filter(([, value]) => value !== '')) };
}

/** The call as a line for a shell; the key stays in the environment. */
export function curlOf(asked: Asked, filter: Filter, origin: string): string {
  const url = origin + addressOf(asked.dimension.path, queryOf(asked, filter));
  return `curl -H "X-API-Key: $GLOBALMART_API_KEY" '${url.replaceAll("'", '%27')}'`;
}

/** The table of one measure: what each row is about, the figure, and what it is compared with. */
export function columnsOf(keys: Column[], measure: Measure, rows: Row[]): Column[] {
  const compared = rows.some((row) => row[`before_${measure.name}`] !== undefined);
  const before: Column[] = compared ? [{ key: `before_${measure.name}`, label: 'Compared with', kind: measure.kind }, { key: 'change', label: 'Change', kind: 'change' }] : [];
  return [...keys, { key: measure.name, label: measure.label, kind: measure.kind }, ...before];
}

/** The rows with the change of a measure: none where there is nothing to compare with. */
export function changed(rows: Row[], { name }: Measure): Row[] {
  return rows.map((row) => {
    const [now, before] = [row[name], row[`before_${name}`]];
    return { ...row, change: typeof now === 'number' && typeof before === 'number' && before > 0 ? now / before - 1 : null };
  });
}

/** Questions to begin with. */
export const presets: { label: string; search: string }[] = [
  { label: 'Net revenue by day', search: 'range=28d&granularity=day' },
  { label: 'Orders by hour today', search: 'range=today&granularity=hour&measure=orders' },
  { label: 'Which countries grow', search: 'range=28d&by=country' },
  { label: 'What is given back, by category', search: 'range=28d&by=category&measure=refunded_minor' },
  { label: 'When people buy', search: 'range=28d&by=weekday&measure=orders' },
  { label: 'Which payments fail', search: 'range=28d&by=payment&measure=failure_rate' },
  { label: 'What is looked at, not bought', search: 'by=product&measure=views' },
  { label: 'Who buys', search: 'by=segment&measure=revenue_share' },
  { label: 'Where shoppers leave', search: 'range=7d&by=step&measure=share_of_sessions' },
  { label: 'Average order by month', search: 'range=12mo&granularity=month&measure=average_order_value_minor' },
];
