import { expect, test } from 'vitest';
import { levelOf, levelsOf, momentOf } from './kinds';

test('a level is one of its kind', () => {
  expect(levelsOf('orders')).toEqual(['high', 'low', 'zero']);
  expect(levelOf('out', 'stock')).toBe('out');
  expect(levelOf('out', 'carts')).toBeUndefined();
  expect(levelsOf(undefined).filter((l) => l === 'low')).toEqual(['low']);
});

test('a time back is the same within a minute, and none is from the first one', () => {
  const now = Date.parse('2026-03-02T10:20:30Z');
  expect(momentOf('24h', now)).toBe('2026-03-01T10:20:00.000Z');
  expect(momentOf('24h', now + 29_000)).toBe(momentOf('24h', now));
  expect([momentOf('', now), momentOf('noon', now)]).toEqual(['', '']);
});
