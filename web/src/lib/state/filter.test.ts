import { describe, expect, test } from 'vitest';
import { defaults, ignoredText, isShort, namesOf, parseFilter, periodText, searchOf, textOf, type Filter } from './filter';

describe('the filter in the URL', () => {
  const filters: [string, Partial<Filter>][] = [
    ['', {}],
    ['range=7d', { range: '7d' }],
    ['range=24h&country=DE', { range: '24h', country: 'DE' }],
    ['from=2026-03-01&to=2026-03-08', { range: '', from: '2026-03-01', to: '2026-03-08' }],
    ['country=DE%2CUS&segment=At+Risk', { country: 'DE,US', segment: 'At Risk' }],
    ['granularity=hour&category=Home+%26+Garden&compare=yoy', { granularity: 'hour', category: 'Home & Garden', compare: 'yoy' }],
  ];
  test.each(filters)('%s is read, and written as it was', (search, want) => {
    const { filter, ignored } = parseFilter(new URLSearchParams(search));
    expect(filter).toEqual({ ...defaults, ...want });
    expect(ignored).toEqual([]);
    expect(searchOf(filter).toString()).toBe(search);
  });

  test.each(['range=99', 'country=Germany', 'country=DE%2C', 'granularity=minute', 'compare=1', 'page=2'])('%s has no meaning, and is named', (search) => {
    const { filter, ignored } = parseFilter(new URLSearchParams(search));
    expect(filter).toEqual(defaults);
    expect(ignored).toEqual([search.split('=')[0]]);
  });

  test('a period that ends before it begins is not one', () => {
    expect(parseFilter(new URLSearchParams('from=2026-03-08&to=2026-03-01')).filter).toEqual(defaults);
  });

  test("a page's own parameters are no mistake", () => {
    expect(parseFilter(new URLSearchParams('sort=orders'), ['sort']).ignored).toEqual([]);
  });
});

test.each([['', []], ['DE', ['DE']], ['Books,Toys', ['Books', 'Toys']], ['Food\\, Drinks,a\\\\b', ['Food, Drinks', 'a\\b']]])('%j holds the names %j', (text, names) => {
  expect(namesOf(text)).toEqual(names);
  expect(textOf(names)).toBe(text);
});

test('a choice has one form, in whichever order it was made', () => {
  expect(textOf(['US', 'DE', 'US'])).toBe('DE,US');
});

test.each([['today', true], ['24h', true], ['7d', false], ['mtd', false], ['12mo', false], ['', false]])('%s is short: %s', (range, want) => {
  expect(isShort({ ...defaults, range })).toBe(want);
});

test.each([
  ['2026-03-01', '2026-03-08', 'Mar 1 – Mar 7'], ['2026-03-01', '2026-03-02', 'Mar 1'],
  ['2026-03-01T22:00:00+01:00', '2026-03-02T00:00:00+01:00', 'Mar 1, 22:00 – Mar 2, 00:00'], ['2026-03-01', '2026-03-02T10:00:00Z', 'Mar 1 – Mar 2, 10:00'],
])('from %s to %s is %s', (from, to, want) => {
  expect(periodText(from, to)).toBe(want);
});

test('a tile says what it does not follow, where it matters', () => {
  expect(ignoredText(defaults, ['country', 'category', 'compare'])).toBe('Not compared.');
  expect(ignoredText({ ...defaults, country: 'DE', segment: 'Champions', compare: 'off' }, ['segment', 'country', 'compare'])).toBe('Not filtered by country and segment.');
  expect(ignoredText({ ...defaults, range: '', from: '2026-03-01', to: '2026-03-02', category: 'Toys', compare: 'off' }, ['range', 'category'])).toBe('Not of the chosen period. Not filtered by category.');
  expect(ignoredText({ ...defaults, compare: 'off' }, ['country', 'compare'])).toBe('');
});
