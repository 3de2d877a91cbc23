import { expect, test } from 'vitest';
import { Format } from '../format/format';
import { csvOf, sorted } from './table';

test('CSV holds plain figures, the currency in the heading, and no formula', () => {
  const csv = csvOf({
    name: 'x',
    columns: [{ key: 'name', label: 'Product, brand', kind: 'text' }, { key: 'sum', label: 'Net revenue', kind: 'money' }, { key: 'change', label: 'Change', kind: 'change' }],
    rows: [{ name: '=1+1', sum: 123_456, change: -0.5 }, { name: 'a "b"', sum: null, change: 0 }, { name: '-5', sum: -1 }],
  }, new Format('USD', 'UTC'));
  expect(csv.split('\r\n')).toEqual(['"Product, brand",Net revenue (USD),Change', "'=1+1,1234.56,-0.5", '"a ""b""",,0', '-5,-0.01,', '']);
});

test('rows are ordered by figures or words, and what is not known comes last', () => {
  const rows = [{ n: 10, w: 'p-10' }, { n: null, w: 'p-9' }, { n: 9, w: '' }];
  const by = (key: 'n' | 'w', up: boolean) => sorted(rows, { by: key, up }).map((row) => row[key]);
  expect(by('n', true)).toEqual([9, 10, null]);
  expect(by('n', false)).toEqual([10, 9, null]);
  expect(by('w', true)).toEqual(['p-9', 'p-10', '']);
});
