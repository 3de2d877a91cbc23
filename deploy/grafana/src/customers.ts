import { currency, money, type Page } from './kit.ts';
import { bars, figure, heat, list, shares } from './panels.ts';

// Months of age that the table of cohorts has.
const ages = Array.from({ length: 13 }, (_, age) => age);

export const customers: Page = {
  uid: 'globalmart-customers',
  title: 'Customer Segmentation',
  description: 'Customers by recency, frequency and monetary value (RFM), and who comes back: all as of the last batch run, of the 365 days before it.',
  since: 'now-28d',
  refresh: '5m',
  variables: currency,
  rows: [
    {
      height: 4,
      panels: [
        [figure('Customers', 'With an order in the 365 days.', 'SELECT coalesce(sum(customers), 0)::bigint AS value FROM mart.segment'), 6],
        [figure('Revenue of a customer ($currency)', 'Mean net revenue in the 365 days.', `SELECT ${money('sum(net_minor) / nullif(sum(customers), 0)')} AS value FROM mart.segment`), 6],
        [figure('Best segment', 'The one with the most net revenue.', 'SELECT segment AS value FROM mart.segment ORDER BY net_minor DESC, position LIMIT 1', { unit: 'string' }), 6],
        [figure('As of', 'The days before this one are counted.', `SELECT to_char(as_of, 'YYYY-MM-DD') AS value FROM mart.run`, { unit: 'string' }), 6],
      ],
    },
    {
      height: 10,
      panels: [
        [shares('Customers by segment', 'How many are in each.', 'SELECT segment, customers FROM mart.segment WHERE customers > 0 ORDER BY position'), 8],
        [
          bars(
            'Net revenue by segment ($currency)',
            'Of the 365 days.',
            'segment',
            `SELECT segment, ${money('net_minor')} AS revenue FROM mart.segment WHERE customers > 0 ORDER BY position`,
          ),
          8,
        ],
        [
          heat(
            'Customers by recency and frequency',
            'Scores from 1 to 5, 5 the best: a row is a score of recency, a column one of frequency.',
            `SELECT r AS recency, ${[1, 2, 3, 4, 5].map((f) => `sum(customers) FILTER (WHERE f = ${f})::bigint AS "f${f}"`).join(', ')}
             FROM mart.rfm_cell GROUP BY r ORDER BY r DESC`,
            '/^f/',
          ),
          8,
        ],
      ],
    },
    {
      height: 10,
      panels: [
        [
          list(
            'Segments',
            'Means of the customers of each segment, the best first.',
            `SELECT segment, customers, customer_share AS "share of customers", ${money('net_minor')} AS "net revenue", revenue_share AS "share of revenue",
                    avg_recency_days AS "days since the last order", avg_frequency AS "orders", ${money('avg_monetary_minor')} AS "revenue of a customer"
             FROM mart.segment ORDER BY position`,
            { 'share of customers': 'percentunit', 'share of revenue': 'percentunit' },
          ),
          16,
        ],
        [
          list(
            'Scores',
            'Which values came to a score: of recency (r) days, of frequency (f) orders, of monetary value (m) $currency.',
            `SELECT measure, score, customers,
                    CASE measure WHEN 'm' THEN ${money('lowest')} ELSE lowest END AS lowest, CASE measure WHEN 'm' THEN ${money('highest')} ELSE highest END AS highest
             FROM mart.rfm_score ORDER BY measure, score DESC`,
          ),
          8,
        ],
      ],
    },
    {
      height: 10,
      panels: [
        [
          heat(
            'Who comes back',
            'Of the customers whose first order was in a month, the share that ordered so many months later.',
            `SELECT to_char(cohort, 'YYYY-MM') AS "first order", max(customers) FILTER (WHERE age_months = 0) AS customers,
                    ${ages.map((age) => `max(retention) FILTER (WHERE age_months = ${age}) AS "m${age}"`).join(',\n')}
             FROM mart.cohort GROUP BY cohort ORDER BY cohort DESC LIMIT 24`,
            '/^m/',
            { unit: 'percentunit' },
          ),
          14,
        ],
        [
          list(
            'Moves between segments in 30 days',
            'Customers who were in one segment 30 days before the last run (1 or 7, while snapshots do not reach back so far) and are in another now.',
            `SELECT from_segment AS "from", to_segment AS "to", customers FROM mart.segment_migration
             WHERE from_segment <> to_segment AND period = (SELECT max(period) FROM mart.segment_migration WHERE period <= 30) ORDER BY customers DESC LIMIT 50`,
            {},
            { noValue: 'after the second day' },
          ),
          10,
        ],
      ],
    },
  ],
};
