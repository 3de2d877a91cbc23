import { choice, currency, days, money, within, type Page } from './kit.ts';
import { bars, figure, heat, list, map, overTime } from './panels.ts';

// Whole hours of the chosen countries.
const hours = `FROM sales_hour WHERE category = '' AND country IN ($country) AND ${within('start')}`;
const total = (what: string) => `SELECT ${what} AS value ${hours}`;
const hour = 'to_timestamp(start / 1000.0)';

export const sales: Page = {
  uid: 'globalmart-sales',
  title: 'Sales Metrics',
  description: 'Sales by hour from the stream, of the chosen countries; weeks and months from the last batch run.',
  since: 'now-7d',
  refresh: '30s',
  variables: [...currency, choice('country', 'Country', `SELECT DISTINCT country FROM sales_hour WHERE category = '' ORDER BY 1`).multi(true).includeAll(true)],
  rows: [
    {
      height: 4,
      panels: [
        [figure('Revenue ($currency)', 'Of completed orders, after discounts, without tax and shipping.', total(money('coalesce(sum(revenue), 0)'))), 4],
        [figure('Net revenue ($currency)', 'Revenue less refunds, which count at the time of the refund.', total(money('coalesce(sum(revenue - refunded), 0)'))), 4],
        [figure('Orders', 'Completed orders.', total('coalesce(sum(orders), 0)::bigint')), 4],
        [figure('Average order ($currency)', 'Revenue by orders.', total(money('sum(revenue) / nullif(sum(orders), 0)'))), 4],
        [figure('Units', 'Of completed orders.', total('coalesce(sum(units), 0)::bigint')), 4],
        [figure('Refunded', 'Of the revenue.', total('sum(refunded)::float8 / nullif(sum(revenue), 0)'), { unit: 'percentunit', decimals: 1 }), 4],
      ],
    },
    {
      height: 9,
      panels: [
        [
          overTime(
            'Revenue by hour ($currency)',
            'Revenue, and what was refunded in the hour.',
            `SELECT ${hour} AS "time", ${money('sum(revenue)')} AS revenue, ${money('sum(refunded)')} AS refunded ${hours} GROUP BY start ORDER BY start`,
          ),
          12,
        ],
        [
          overTime(
            'Orders by hour',
            'Completed orders and refunds.',
            `SELECT ${hour} AS "time", sum(orders)::bigint AS orders, sum(refunds)::bigint AS refunds ${hours} GROUP BY start ORDER BY start`,
          ),
          12,
        ],
      ],
    },
    {
      height: 10,
      panels: [
        [
          map(
            'Revenue by country ($currency)',
            'Circles by revenue, on a map that comes with Grafana.',
            `SELECT country, ${money('sum(revenue)')} AS revenue, sum(orders)::bigint AS orders ${hours} GROUP BY country ORDER BY revenue DESC`,
          ),
          14,
        ],
        [
          list(
            'Countries',
            'Of the period, most revenue first.',
            `SELECT country, ${money('sum(revenue)')} AS "revenue", ${money('sum(refunded)')} AS "refunded", sum(orders)::bigint AS orders, sum(units)::bigint AS units,
                    ${money('sum(revenue) / nullif(sum(orders), 0)')} AS "average order"
             ${hours} GROUP BY country ORDER BY 2 DESC`,
          ),
          10,
        ],
      ],
    },
    {
      height: 10,
      panels: [
        [
          bars(
            'Revenue by category ($currency)',
            'The fifteen with the most. An order counts in every category that it has a line of.',
            'category',
            `SELECT category, ${money('sum(revenue)')} AS revenue FROM sales_hour
             WHERE category <> '' AND country IN ($country) AND ${within('start')} GROUP BY category ORDER BY revenue DESC LIMIT 15`,
          ),
          12,
        ],
        [
          heat(
            'Orders by weekday and hour',
            'Completed orders of the period, weekdays by ISO (1 is Monday), hours of UTC.',
            `SELECT extract(isodow FROM at)::integer AS weekday,
                    ${Array.from({ length: 24 }, (_, h) => `sum(orders) FILTER (WHERE extract(hour FROM at) = ${h})::bigint AS "h${String(h).padStart(2, '0')}"`).join(',\n')}
             FROM (SELECT ${hour} AT TIME ZONE 'UTC' AS at, orders ${hours}) AS hours GROUP BY 1 ORDER BY 1`,
            '/^h/',
          ),
          12,
        ],
      ],
    },
    {
      title: 'Trends, as of the last batch run',
      height: 9,
      panels: [
        [
          overTime(
            'Net revenue by week ($currency)',
            'ISO weeks, with the mean of four and the same week a year before where it is known. All countries.',
            `SELECT bucket::timestamptz AS "time", ${money('net_minor')} AS "net revenue", ${money('moving_avg_minor')} AS "mean of 4 weeks", ${money('year_ago_net_minor')} AS "a year before"
             FROM mart.trend WHERE granularity = 'week' AND country = '' AND category = '' ORDER BY 1`,
          ),
          12,
        ],
        [
          list(
            'Categories against the days before',
            'Net revenue of the newest day that is complete, and its change to the day before.',
            `SELECT category, ${money('net_minor')} AS "net revenue", change FROM mart.trend
             WHERE granularity = 'day' AND country = '' AND category <> '' AND ${days('bucket')}
               AND bucket = (SELECT max(bucket) FROM mart.trend WHERE granularity = 'day' AND country = '' AND category = '' AND is_complete = 1)
             ORDER BY 2 DESC LIMIT 50`,
            { change: 'percentunit' },
          ),
          12,
        ],
      ],
    },
  ],
};
