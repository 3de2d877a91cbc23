import { currency, money, within, type Page } from './kit.ts';
import { badAbove, bars, figure, list, map, overTime } from './panels.ts';

// Minutes are kept for 7 days.
const minutes = `FROM sales_minute_country WHERE ${within('start')}`;
const minute = 'to_timestamp(start / 1000.0)';
const at = (ms: string) => `to_timestamp(${ms} / 1000.0)`;

export const live: Page = {
  uid: 'globalmart-live',
  title: 'Real-time Monitoring',
  description: 'What happens now: the live tables, which the stream keeps within a second of the shop.',
  since: 'now-1h',
  refresh: '5s',
  variables: currency,
  rows: [
    {
      height: 4,
      panels: [
        [figure('Orders', 'Completed, in the period.', `SELECT coalesce(sum(orders), 0)::bigint AS value ${minutes}`), 4],
        [figure('Revenue ($currency)', 'Of completed orders, in the period.', `SELECT ${money('coalesce(sum(revenue), 0)')} AS value ${minutes}`), 4],
        [figure('Sessions open', 'Sessions that are not over yet.', 'SELECT coalesce(sum(sessions), 0)::bigint AS value FROM open_state'), 4],
        [figure('Carts open', 'Carts in use, whose last action is less than half an hour ago.', 'SELECT coalesce(sum(carts), 0)::bigint AS value FROM open_state'), 4],
        [figure('Open alerts', 'What calls for attention.', 'SELECT count(*) AS value FROM alert WHERE closed_at = 0', { thresholds: badAbove(1, 1000) }), 4],
        [figure('Newest event', 'Arrival of the newest event that is counted.', 'SELECT max(last_time) AS value FROM input_offset', { unit: 'dateTimeFromNow' }), 4],
      ],
    },
    {
      height: 9,
      panels: [
        [overTime('Orders by minute', 'Completed orders and refunds.', `SELECT ${minute} AS "time", sum(orders)::bigint AS orders, sum(refunds)::bigint AS refunds ${minutes} GROUP BY start ORDER BY start`), 12],
        [overTime('Revenue by minute ($currency)', 'Of completed orders, and what was refunded.', `SELECT ${minute} AS "time", ${money('sum(revenue)')} AS revenue, ${money('sum(refunded)')} AS refunded ${minutes} GROUP BY start ORDER BY start`), 12],
      ],
    },
    {
      height: 10,
      panels: [
        [
          map(
            'Revenue by country ($currency)',
            'In the period. Circles by revenue, on a map that comes with Grafana.',
            `SELECT country, ${money('sum(revenue)')} AS revenue, sum(orders)::bigint AS orders ${minutes} GROUP BY country ORDER BY revenue DESC`,
          ),
          12,
        ],
        [
          bars(
            'Revenue by category ($currency)',
            'In the period, the ten with the most.',
            'category',
            `SELECT category, ${money('sum(revenue)')} AS revenue FROM sales_minute_category WHERE ${within('start')} GROUP BY category ORDER BY revenue DESC LIMIT 10`,
          ),
          6,
        ],
        [
          bars(
            'From view to order',
            'Sessions of the period that are over, and how many of them came so far.',
            'step',
            `SELECT step, sessions FROM (
               SELECT count(*) FILTER (WHERE views > 0) AS viewed, count(*) FILTER (WHERE adds > 0) AS carted,
                      count(*) FILTER (WHERE checkouts > 0) AS checkout, count(*) FILTER (WHERE orders > 0) AS ordered
               FROM session WHERE ${within('started_at')}
             ) AS funnel, LATERAL (VALUES (1, 'viewed', viewed), (2, 'into the cart', carted), (3, 'check-out', checkout), (4, 'ordered', ordered)) AS steps (n, step, sessions)
             ORDER BY n`,
          ),
          6,
        ],
      ],
    },
    {
      height: 10,
      panels: [
        [
          list(
            'Open alerts',
            'Newest first, the first two hundred.',
            `SELECT ${at('opened_at')} AS since, kind, level, text FROM alert WHERE closed_at = 0 ORDER BY opened_at DESC LIMIT 200`,
            { since: 'dateTimeFromNow' },
          ),
          12,
        ],
        [
          list(
            'Unusual orders',
            'Of the period: by which rule, how much, and from which score on an order is unusual.',
            `SELECT ${at('at')} AS at, rule, transaction_id AS "order", country, category, ${money('order_amount')} AS amount, score / 1000.0 AS score, threshold / 1000.0 AS threshold
             FROM finding WHERE ${within('at')} ORDER BY finding.at DESC LIMIT 200`,
            { at: 'dateTimeAsIso' },
          ),
          12,
        ],
      ],
    },
    {
      height: 9,
      panels: [
        [
          overTime(
            'Value of abandoned carts ($currency)',
            'Carts that were left in the period without an order, by the time of their last action.',
            `SELECT to_timestamp(last_at / 300000 * 300) AS "time", ${money('sum(value)')} AS value FROM cart
             WHERE ${within('last_at')} AND last_at < (extract(epoch FROM now())::bigint - 1800) * 1000 AND ordered_at = 0 AND cleared_at = 0 AND quantity > 0
             GROUP BY 1 ORDER BY 1`,
          ),
          12,
        ],
        [
          overTime(
            'Sessions that began',
            'By five minutes, of those that are over; the last half hour is not complete.',
            `SELECT to_timestamp(started_at / 300000 * 300) AS "time", count(*) AS sessions, count(*) FILTER (WHERE orders > 0) AS "with an order"
             FROM session WHERE ${within('started_at')} GROUP BY 1 ORDER BY 1`,
          ),
          12,
        ],
      ],
    },
  ],
};
