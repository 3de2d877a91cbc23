import { expect, test, vi } from 'vitest';
import { defaults } from '../../lib/state/filter';

vi.mock('../../lib/state/session.svelte', () => ({ session: {} }));
const { changed, columnsOf, curlOf, dimensions, presets, queryOf } = await import('./dimensions');

function asked(by: string, figure?: string) {
  const dimension = dimensions.find((d) => d.name === by);
  const measure = dimension?.measures.find((m) => !figure || m.name === figure);
  if (!dimension || !measure) throw new Error(`${figure} by ${by}`);
  return { dimension, measure };
}

test('an endpoint is asked only with what it takes', () => {
  const filter = { ...defaults, country: 'DE', category: 'Books', granularity: 'hour' as const };
  expect(queryOf(asked('time'), filter)).toEqual({ range: '28d', granularity: 'hour', compare: 'prev', country: 'DE', category: 'Books' });
  expect(queryOf(asked('payment'), filter)).toEqual({ range: '28d', country: 'DE' });
  expect(queryOf(asked('country', 'units'), filter)).toMatchObject({ sort: '-units' });
  expect(queryOf(asked('product', 'views'), filter)).toEqual({ period: '30d', limit: '100', sort_by: 'views', category: 'Books' });
  expect(queryOf(asked('product', 'views'), { ...filter, category: 'Books,Toys' })).toEqual({ period: '30d', limit: '100', sort_by: 'views' }); // it takes one
  expect(queryOf(asked('product', 'views'), { ...filter, category: 'Pens\\, ink' })).toMatchObject({ category: 'Pens, ink' });
});

test('the line for a shell names the key, and does not hold it', () => {
  expect(curlOf(asked('step'), defaults, 'http://shop.example')).toBe(`curl -H "X-API-Key: $GLOBALMART_API_KEY" 'http://shop.example/api/v1/sales/funnel?range=28d'`);
});

test('a change is shown where there is something to compare with', () => {
  const measure = { name: 'orders', label: 'Orders', kind: 'count' as const };
  const rows = [{ name: 'DE', orders: 12, before_orders: 10 }, { name: 'FR', orders: 1, before_orders: 0 }];
  expect(changed(rows, measure).map((r) => r.change)).toEqual([expect.closeTo(0.2), null]);
  expect(columnsOf([], measure, rows).map((c) => c.key)).toEqual(['orders', 'before_orders', 'change']);
  expect(columnsOf([], measure, [{ name: 'DE', orders: 12 }]).map((c) => c.key)).toEqual(['orders']);
});

test.each(presets)('$label asks for what there is', ({ search }) => {
  const given = new URLSearchParams(search);
  expect(() => asked(given.get('by') ?? 'time', given.get('measure') ?? undefined)).not.toThrow();
});
