import { expect, test } from 'vitest';
import { bytes, countryName, duration, Format } from './format';

const berlin = new Format('EUR', 'Europe/Berlin');

test.each([
  ['USD', 123_456, '$1,234.56'], ['EUR', 5, '€0.05'], ['JPY', 1_234, '¥1,234'], ['USD', -50, '-$0.50'], ['KWD', 1_234, 'KWD\u00a01.234'],
])('%s: %d minor units are %s', (currency, minor, want) => {
  expect(new Format(currency, 'UTC').full('money', minor)).toBe(want);
});

test('times are those of the shop, and its days stay what they are', () => {
  expect(berlin.full('time', '2026-03-01T23:30:00Z')).toBe('Mar 2, 00:30');
  expect(berlin.full('instant', '2026-03-01T23:30:01.5Z')).toBe('Mar 2, 00:30:01.500');
  expect(berlin.full('day', '2026-03-01T23:30:00Z')).toBe('Mon, Mar 2');
  expect(new Format('USD', 'America/New_York').full('day', '2026-03-01')).toBe('Sun, Mar 1');
  expect(berlin.clock('2026-07-01T10:00:01Z')).toBe('12:00:01');
  expect([berlin, new Format('USD', 'UTC')].map((f) => f.zoneAt('2026-07-01T10:00:01Z'))).toEqual(['GMT+2', 'UTC']);
});

test('days in a sentence are written as elsewhere, and times stay', () => {
  expect(berlin.said('rfm for 2026-03-01 failed at 2026-03-01T10:00:00Z')).toBe('rfm for Sun, Mar 1 failed at 2026-03-01T10:00:00Z');
});

test('what is not known is shown as such, and zero as zero', () => {
  expect([null, undefined, ''].map((v) => berlin.full('money', v))).toEqual(['–', '–', '–']);
  expect(berlin.full('count', 0)).toBe('0');
});

test('the values of an axis are alike', () => {
  const format = new Format('USD', 'UTC');
  expect([0, 5_000, 10_000].map((v) => format.tick('count', v))).toEqual(['0', '5K', '10K']);
  expect([0, 0.025, 0.3].map((v) => format.tick('percent', v))).toEqual(['0%', '2.5%', '30%']);
});

test.each([[14_213, '$142.13'], [20_000, '$200'], [99_950, '$999.50'], [123_456, '$1.2K'], [-50, '-$0.50'], [1_542_345_678, '$15.4M']])('%d cents are %s in short', (minor, want) => {
  expect(new Format('USD', 'UTC').short('money', minor)).toBe(want);
});

test('changes carry their sign', () => {
  expect([0.1234, -0.05, 0].map((v) => berlin.full('change', v))).toEqual(['+12.3%', '-5.0%', '0.0%']);
  expect([9.99, 10, 321.1].map((v) => berlin.full('change', v))).toEqual(['+999.0%', '×11', '×322.1']);
  expect([3, -12, 0].map((v) => berlin.full('gain', v))).toEqual(['+3', '-12', '0']);
});

test('codes of countries have names, and others stay as they are', () => {
  expect(['DE', 'JP', 'x'].map(countryName)).toEqual(['Germany', 'Japan', 'x']);
});

test.each([[240, '240 ms'], [3_210, '3.2 s'], [240_000, '4 min'], [7_200_000, '2 h'], [259_200_000, '3 days']])('%d ms are %s', (ms, want) => {
  expect(duration(ms)).toBe(want);
});

test.each([[0, '0 B'], [999, '999 B'], [1_000, '1.0 kB'], [48_112_640, '48.1 MB'], [3e9, '3.0 GB'], [5e15, '5,000.0 TB']])('%d bytes are %s', (size, want) => {
  expect(bytes(size)).toBe(want);
});

test('rates keep their width', () => {
  expect([99.96, 0, 1234.5].map((v) => berlin.full('rate', v))).toEqual(['100.0/s', '0.0/s', '1,234.5/s']);
});
