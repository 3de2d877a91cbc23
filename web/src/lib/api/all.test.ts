import { expect, test } from 'vitest';
import { csvAddress, Lines } from './all';

test('all rows are those of no page, by the same filters', () => {
  expect(csvAddress('/api/v1/orders?range=28d&country=DE%2CJP&limit=15&cursor=abc')).toBe('/api/v1/orders?range=28d&country=DE%2CJP&format=csv');
  expect(csvAddress('/api/v1/orders')).toBe('/api/v1/orders?format=csv');
});

test('a line that is broken in quotes is one', () => {
  const lines = new Lines();
  for (const part of ['a,b\n"x', '\ny",1\n"a ""', 'q""\n",2\n']) lines.count(new TextEncoder().encode(part));
  expect(lines.ended).toBe(3);
});
