import { expect, test } from 'vitest';
import { Pulse, type Minute } from './pulse';

const noon = Date.parse('2026-03-02T12:00:00Z');
const at = (seconds: number) => noon + seconds * 1000;

function minute(offset: number, orders: number, partial = false): Minute {
  return { start: new Date(at(60 * offset)).toISOString(), end: new Date(at(60 * offset + 60)).toISOString(), partial, orders, net_revenue_minor: 100 * orders };
}

test('the stream and the minutes before it are one curve', () => {
  const pulse = new Pulse();
  pulse.add({ at: at(30), orders: 1000, revenue: 100_000 });
  pulse.add({ at: at(31), orders: 1002, revenue: 100_200 });
  expect(pulse.within(at(31), 60_000)).toBeUndefined();
  // Counted half a minute past noon: 10 orders in that half, 60 in the minute before, none in the one before that.
  pulse.precede([minute(0, 10, true), minute(-1, 60), minute(-3, 30)], at(30));
  expect(pulse.complete).toBe(true);
  expect(pulse.within(at(31), 1_000)).toEqual({ orders: 2, revenue: 200 });
  expect(pulse.within(at(30), 30_000)).toEqual({ orders: 10, revenue: 1_000 });
  expect(pulse.within(at(30), 60_000)).toEqual({ orders: 40, revenue: 4_000 });
  expect(pulse.within(at(-60), 60_000)).toEqual({ orders: 0, revenue: 0 });
  expect(pulse.within(at(-120), 60_000)).toEqual({ orders: 30, revenue: 3_000 });
  expect(pulse.within(at(-180), 60_000)).toBeUndefined();
});

test('minutes that were counted later than the first sample fit on, too', () => {
  const pulse = new Pulse();
  for (let s = 58; s <= 64; s++) pulse.add({ at: at(s), orders: 500 + s, revenue: 0 });
  pulse.precede([minute(1, 3, true), minute(0, 60)], at(63));
  expect(pulse.within(at(58), 58_000)?.orders).toBe(58);
  expect(pulse.within(at(64), 64_000)?.orders).toBe(64);
});

test('where nothing was sold before, that is known, too', () => {
  const pulse = new Pulse();
  pulse.add({ at: at(30), orders: 10, revenue: 0 });
  pulse.precede([minute(0, 10, true)], at(30), at(-600));
  expect(pulse.within(at(-60), 60_000)?.orders).toBe(0);
  expect(pulse.within(at(30), 90_000)?.orders).toBe(10);
  expect(pulse.within(at(-600), 60_000)).toBeUndefined();
});

test.each([
  ['fell', { at: at(2), orders: 3, revenue: 0 }],
  ['came after a hole', { at: at(60), orders: 900, revenue: 0 }],
])('a total that %s begins anew', (_, sample) => {
  const pulse = new Pulse();
  pulse.add({ at: at(0), orders: 500, revenue: 0 });
  pulse.add({ at: at(1), orders: 501, revenue: 0 });
  pulse.precede([], at(0));
  pulse.add(sample);
  expect(pulse.complete).toBe(false);
  expect(pulse.within(sample.at, 1_000)).toBeUndefined();
});
