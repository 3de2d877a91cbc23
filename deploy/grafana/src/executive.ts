import { currency, days, from, money, within, type Page } from './kit.ts';
import { badAbove, bars, figure, map, overTime, shares } from './panels.ts';

const day = `granularity = 'day'`;
const whole = `${day} AND country = '' AND category = ''`;
const period = (what: string) => `SELECT ${what} AS value FROM mart.trend WHERE ${whole} AND ${days('bucket')}`;

// The change of a figure to as many days before; nothing if not all of those are known.
const change = (what: string) => `
  WITH chosen AS (
    SELECT min(bucket) AS first, max(bucket) AS last, count(*) AS days FROM mart.trend WHERE ${whole} AND ${days('bucket')}
  )
  SELECT CASE WHEN count(*) FILTER (WHERE bucket < first) = min(days)
         THEN (sum(${what}) FILTER (WHERE bucket >= first))::float8 / nullif(sum(${what}) FILTER (WHERE bucket < first), 0) - 1 END AS change
  FROM mart.trend, chosen
  WHERE ${whole} AND bucket BETWEEN first - days::integer AND last`;

export const executive: Page = {
  uid: 'globalmart-executive',
  title: 'Executive',
  description: 'How the shop does: whole days from the last batch run, and the last 24 hours live.',
  since: 'now-28d',
  refresh: '1m',
  variables: currency,
  rows: [
    {
      title: 'In the period, as of the last batch run',
      height: 4,
      panels: [
        [figure('Net revenue ($currency)', 'After discounts and refunds, without tax and shipping.', period(money('sum(net_minor)'))), 4],
        [figure('Net revenue, change', 'To as many days before. Unknown if history does not reach back so far.', change('net_minor'), { unit: 'percentunit', decimals: 1, noValue: 'unknown' }), 4],
        [figure('Orders', 'Completed orders.', period('sum(orders)::bigint')), 4],
        [figure('Orders, change', 'To as many days before. Unknown if history does not reach back so far.', change('orders'), { unit: 'percentunit', decimals: 1, noValue: 'unknown' }), 4],
        [figure('Average order ($currency)', 'Net revenue and what was refunded, by completed orders.', period(money('sum(net_minor + refund_minor) / nullif(sum(orders), 0)'))), 4],
        [figure('As of', 'The days before this one are counted.', `SELECT to_char(as_of, 'YYYY-MM-DD') AS value FROM mart.run`, { unit: 'string' }), 4],
      ],
    },
    {
      title: 'Live, the last 24 hours',
      height: 4,
      panels: [
        [figure('Revenue ($currency)', 'Of whole hours, from the stream, before refunds.', `SELECT ${money('coalesce(sum(revenue), 0)')} AS value FROM sales_hour WHERE category = '' AND start >= (extract(epoch FROM now())::bigint - 86400) * 1000`), 6],
        [figure('Orders', 'Of whole hours, from the stream.', `SELECT coalesce(sum(orders), 0)::bigint AS value FROM sales_hour WHERE category = '' AND start >= (extract(epoch FROM now())::bigint - 86400) * 1000`), 6],
        [figure('Open alerts', 'What calls for attention in the shop: stock, carts, orders, unusual orders.', 'SELECT count(*) AS value FROM alert WHERE closed_at = 0', { thresholds: badAbove(1, 1000) }), 6],
        [figure('Newest event', 'Arrival of the newest event that the live tables count.', 'SELECT max(last_time) AS value FROM input_offset', { unit: 'dateTimeFromNow' }), 6],
      ],
    },
    {
      height: 9,
      panels: [
        [
          overTime(
            'Net revenue by day ($currency)',
            'With the mean of seven days, and the same weekday a year before where it is known.',
            `SELECT bucket::timestamptz AS "time", ${money('net_minor')} AS "net revenue", ${money('moving_avg_minor')} AS "mean of 7 days", ${money('year_ago_net_minor')} AS "a year before"
             FROM mart.trend WHERE ${whole} AND ${days('bucket')} ORDER BY 1`,
          ),
          16,
        ],
        [
          shares(
            'Revenue by segment ($currency)',
            'Net revenue of the last 365 days by the RFM segment of the customers.',
            `SELECT segment, ${money('net_minor')} AS revenue FROM mart.segment WHERE net_minor > 0 ORDER BY position`,
          ),
          8,
        ],
      ],
    },
    {
      height: 10,
      panels: [
        [
          map(
            'Net revenue by country ($currency)',
            'In the period. Circles by revenue, on a map that comes with Grafana.',
            `SELECT country, ${money('sum(net_minor)')} AS revenue, sum(orders)::bigint AS orders
             FROM mart.trend WHERE ${day} AND country <> '' AND category = '' AND ${days('bucket')} GROUP BY country ORDER BY revenue DESC`,
          ),
          14,
        ],
        [
          bars(
            'Net revenue by category ($currency)',
            'The ten with the most in the period.',
            'category',
            `SELECT category, ${money('sum(net_minor)')} AS revenue
             FROM mart.trend WHERE ${day} AND country = '' AND category <> '' AND ${days('bucket')} GROUP BY category ORDER BY revenue DESC LIMIT 10`,
          ),
          10,
        ],
      ],
    },
    {
      height: 8,
      panels: [
        [
          overTime(
            'Alerts by day',
            'Opened in the period, by kind.',
            `SELECT date_trunc('day', to_timestamp(opened_at / 1000.0)) AS "time", kind AS metric, count(*) AS alerts
             FROM alert WHERE ${within('opened_at')} GROUP BY 1, 2 ORDER BY 1`,
          ),
          12,
        ],
        [
          overTime(
            'Conversion by hour',
            'Sessions with a completed order, of those that began in the hour and are over. Live sessions are kept for 35 days.',
            `SELECT to_timestamp(started_at / 3600000 * 3600) AS "time", avg((orders > 0)::integer)::float8 AS conversion
             FROM session WHERE started_at >= greatest(${from}, (extract(epoch FROM now())::bigint - 7 * 86400) * 1000) AND started_at < $__unixEpochTo()::bigint * 1000
             GROUP BY 1 ORDER BY 1`,
            { unit: 'percentunit' },
          ),
          12,
        ],
      ],
    },
  ],
};
