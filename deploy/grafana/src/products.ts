import { choice, currency, money, type Page } from './kit.ts';
import { badAbove, bars, figure, list, shares } from './panels.ts';

const chosen = 'period = $period AND category IN ($category)';
const product = `coalesce(name, product_id) AS product, category`;

export const products: Page = {
  uid: 'globalmart-products',
  title: 'Product Performance',
  description: 'Products in the 7, 30, 90 or 365 days before the last batch run, and what is in stock now.',
  since: 'now-28d',
  refresh: '5m',
  variables: [
    ...currency,
    choice('period', 'Days', 'SELECT DISTINCT period FROM mart.product_abc ORDER BY 1'),
    choice('category', 'Category', 'SELECT category FROM mart.category ORDER BY 1').multi(true).includeAll(true),
  ],
  rows: [
    {
      height: 4,
      panels: [
        [figure('Net revenue ($currency)', 'Of the chosen categories and days.', `SELECT ${money('coalesce(sum(net_minor), 0)')} AS value FROM mart.product WHERE ${chosen}`), 5],
        [figure('Products sold', 'With a completed order.', `SELECT count(*) AS value FROM mart.product WHERE ${chosen} AND orders > 0`), 5],
        [figure('Margin', 'Net revenue less cost, of net revenue; only of products whose cost is known.', `SELECT sum(margin_minor)::float8 / nullif(sum(net_minor) FILTER (WHERE margin_minor IS NOT NULL), 0) AS value FROM mart.product WHERE ${chosen}`, { unit: 'percentunit', decimals: 1 }), 5],
        [figure('Returned', 'Units that came back, of the units sold.', `SELECT sum(returned_units)::float8 / nullif(sum(units + returned_units), 0) AS value FROM mart.product WHERE ${chosen}`, { unit: 'percentunit', decimals: 1 }), 5],
        [figure('Out of stock', 'Products with nothing on hand, now.', 'SELECT count(*) AS value FROM stock_of_product WHERE on_hand <= 0', { thresholds: badAbove(1, 1000) }), 4],
      ],
    },
    {
      height: 11,
      panels: [
        [
          list(
            'Products by net revenue',
            'The hundred with the most. Rank, and how much it rose since as many days before.',
            `SELECT revenue_rank AS rank, rank_change AS rose, ${product}, ${money('net_minor')} AS "net revenue", orders, units, views, view_to_buy AS "view to buy",
                    return_rate AS returned, margin_rate AS margin, abc
             FROM mart.product WHERE ${chosen} ORDER BY revenue_rank, product_id LIMIT 100`,
            { 'view to buy': 'percentunit', returned: 'percentunit', margin: 'percentunit' },
          ),
          17,
        ],
        [
          shares(
            'Net revenue by ABC class ($currency)',
            'A are the products that make the first 80 % of revenue, B the next 15, C the last 5. All categories.',
            `SELECT abc, ${money('net_minor')} AS revenue FROM mart.product_abc WHERE period = $period ORDER BY abc`,
          ),
          7,
        ],
      ],
    },
    {
      height: 10,
      panels: [
        [
          bars(
            'Net revenue by category ($currency)',
            'The fifteen with the most.',
            'category',
            `SELECT category, ${money('sum(net_minor)')} AS revenue FROM mart.product WHERE ${chosen} GROUP BY category ORDER BY revenue DESC LIMIT 15`,
          ),
          8,
        ],
        [
          list(
            'Returned most',
            'Of products with at least ten units sold or, early on, any: by share of units that came back.',
            `SELECT ${product}, returned_units AS units, return_rate AS returned FROM mart.product
             WHERE ${chosen} AND returned_units > 0 ORDER BY units + returned_units >= 10 DESC, return_rate DESC NULLS LAST, product_id LIMIT 50`,
            { returned: 'percentunit' },
          ),
          8,
        ],
        [
          list(
            'Bought together',
            'Pairs in the orders of 30 days; lift above 1 is more often than by chance.',
            `SELECT coalesce(a.name, product_a) AS product, coalesce(b.name, product_b) AS "with", orders, lift
             FROM (SELECT * FROM mart.affinity ORDER BY orders DESC, lift DESC LIMIT 50) AS pair
             LEFT JOIN product AS a ON a.product_id = product_a LEFT JOIN product AS b ON b.product_id = product_b
             ORDER BY orders DESC, lift DESC`,
          ),
          8,
        ],
      ],
    },
    {
      title: 'Stock, now',
      height: 10,
      panels: [
        [
          list(
            'Runs out first',
            'Products that were counted and are at or below their reorder point, or have nothing left. Days are by what sells in one.',
            `SELECT coalesce(name, stock_of_product.product_id) AS product, category, on_hand AS "on hand", low AS "reorder at",
                    CASE WHEN mean > 0 THEN greatest(on_hand, 0) * 1000.0 / mean END AS days
             FROM stock_of_product LEFT JOIN demand USING (product_id) LEFT JOIN product USING (product_id)
             WHERE on_hand <= coalesce(low, 0) ORDER BY days NULLS LAST, on_hand, stock_of_product.product_id LIMIT 100`,
          ),
          12,
        ],
        [
          bars(
            'Units on hand by category',
            'Of products that were sold or seen in the chosen days: the fifteen with the most.',
            'category',
            `SELECT category, sum(on_hand)::bigint AS units FROM stock_of_product JOIN mart.product USING (product_id)
             WHERE ${chosen} GROUP BY category ORDER BY units DESC LIMIT 15`,
          ),
          12,
        ],
      ],
    },
  ],
};
