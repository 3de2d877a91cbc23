import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from '../../../../build/meanings';
import { columnsOf, linesOf, rowsOf } from './rows';

const columns = [{ name: 'segment', type: 'varchar' }, { name: 'active', type: 'boolean' }, { name: 'customers', type: 'bigint' }];
const rows = [{ customers: 5, segment: 'Champions', active: true }, { segment: null, active: null, customers: '9007199254740993' }];

test('values stand as they are kept, and null apart from all others', () => {
  expect(columnsOf(columns).map((c) => c.kind)).toEqual(['code', 'code', 'plain']);
  expect(rowsOf(rows)).toEqual([{ segment: 'Champions', active: 'true', customers: 5 }, { segment: null, active: null, customers: '9007199254740993' }]);
});

test('lines of JSON have their members in the order of the columns', () => {
  expect(linesOf({ columns, rows })).toBe('{"segment":"Champions","active":true,"customers":5}\n{"segment":null,"active":null,"customers":"9007199254740993"}\n');
});

test('the meaning of a column is that of the documentation', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', '..', '..', '..', 'docs', 'data_warehouse_schema.md'), 'utf8');
  const line = parse(page).fact_order_line;
  expect(line?.note).toMatch(/^A line of a completed order/);
  expect(line?.columns.net_minor).toEqual({ unit: 'minor', meaning: 'Amount of the line after discounts; negative for a refund' });
  expect(line?.columns.event_id?.unit).toBe('');
  expect(Object.values(parse(page)).every(({ note, columns }) => note && Object.keys(columns).length > 0)).toBe(true);
});
