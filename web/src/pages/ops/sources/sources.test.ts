import { expect, test } from 'vitest';
import { refusals, rejected, rowsOf, sum, type Source } from './sources';

const shop: Source = {
  id: 'abc', name: 'web shop', accepted: 10, other: 3, duplicates: null, retries: 1, per_second: 2.5, limit: null, last_seen: null,
  rejected: [{ reason: 'bad_amount', events: 2 }, { reason: 'unknown_order', events: 4 }],
};
const app: Source = { ...shop, id: 'def', name: 'app', rejected: [], per_second: null };

test('what was refused is added up, and listed by reason', () => {
  expect(rejected(shop)).toBe(6);
  expect(rowsOf([shop, app]).map((row) => row.rejected)).toEqual([6, 0]);
  expect(refusals([app, shop])).toEqual([
    { id: 'abc bad_amount', name: 'web shop', reason: 'bad_amount', events: 2 },
    { id: 'abc unknown_order', name: 'web shop', reason: 'unknown_order', events: 4 },
  ]);
});

test('a sum leaves out what is not known', () => {
  expect(sum([shop, app], (s) => s.per_second)).toBe(2.5);
  expect(sum([shop, app], (s) => s.duplicates)).toBeNull();
  expect(sum(undefined, (s) => s.accepted)).toBeUndefined();
});
