import { expect, test } from 'vitest';
import { shifted, type Period } from './shift';

const now = Date.parse('2026-11-30T22:30:00Z'); // half past eleven in Berlin

const period = (text: string): Period => {
  const [from = '', to = ''] = text.split(' ');
  return to ? { range: '', from, to } : { range: from, from: '', to: '' };
};
const text = (p: Period | undefined) => (p ? p.range || `${p.from} ${p.to}` : undefined);

test.each([
  ['today', '2026-11-29 2026-11-30'],
  ['yesterday', '2026-11-28 2026-11-29'],
  ['7d', '2026-11-17 2026-11-24'],
  ['4w', '2026-10-06 2026-11-03'],
  ['mtd', '2026-10-01 2026-11-01'],
  ['qtd', '2026-07-01 2026-10-01'],
  ['ytd', '2025-01-01 2026-01-01'],
  ['12mo', '2024-12-01 2025-12-01'],
  ['24h', '2026-11-29T00:00:00+01:00 2026-11-30T00:00:00+01:00'],
  ['2026-03-01 2026-03-08', '2026-02-22 2026-03-01'],
  ['2026-03-01 2026-04-01', '2026-02-01 2026-03-01'],
  ['2026-03-29T00:00:00+01:00 2026-03-29T06:00:00+02:00', '2026-03-28T19:00:00+01:00 2026-03-29T00:00:00+01:00'], // five hours: the clock went forward
])('before %s is %s', (from, want) => {
  expect(text(shifted(period(from), -1, now, 'Europe/Berlin'))).toBe(want);
});

test.each([
  ['2026-11-17 2026-11-24', '7d'],
  ['2026-10-01 2026-11-01', 'mtd'],
  ['2026-11-29 2026-11-30', 'today'],
  ['2026-11-29T00:00:00+01:00 2026-11-30T00:00:00+01:00', '24h'],
  ['2026-02-01 2026-03-01', '2026-03-01 2026-04-01'],
  ['today', undefined],
  ['28d', undefined],
])('after %s is %s', (from, want) => {
  expect(text(shifted(period(from), 1, now, 'Europe/Berlin'))).toBe(want);
});
