import { expect, test } from 'vitest';
import { byHour, countOf, shownHours, type Letters } from './reasons';

const letters: Letters = {
  counts: [{ topic: 'transactions', reason: 'bad_amount', letters: 5 }, { topic: 'transactions', reason: 'schema', letters: 2 }, { topic: 'products', reason: 'schema', letters: 1 }],
  hours: [{ start: '2026-03-02T08:00:00Z', reason: 'schema', letters: 2 }, { start: '2026-03-02T10:00:00Z', reason: 'schema', letters: 1 }, { start: '2026-03-02T10:00:00Z', reason: 'bad_amount', letters: 3 }],
  letters: [], next_cursor: null,
};

test('letters are counted as they are filtered', () => {
  expect(countOf(letters, undefined, undefined)).toBe(8);
  expect(countOf(letters, undefined, 'schema')).toBe(3);
  expect(countOf(letters, 'transactions', 'schema')).toBe(2);
  expect(countOf(undefined, undefined, undefined)).toBe(0);
});

test('every hour until now has its letters, also none', () => {
  const { starts, reasons } = byHour(letters, '2026-03-02T10:20:30Z');
  expect([starts.length, starts.at(-1)]).toEqual([shownHours, '2026-03-02T10:00:00.000Z']);
  expect(reasons.map(({ reason, counts }) => [reason, counts.slice(-3)])).toEqual([['schema', [2, 0, 1]], ['bad_amount', [0, 0, 3]]]);
});
