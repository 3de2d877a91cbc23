import { expect, test } from 'vitest';
import { parseConditions, textOf, type Condition } from './conditions';

test.each<[string, Condition[]]>([
  ['', []],
  ['orders:ge:5', [{ column: 'orders', operator: 'ge', value: '5' }]],
  ['country:eq:DE,ts:lt:2026-03-01T10:00:00Z', [{ column: 'country', operator: 'eq', value: 'DE' }, { column: 'ts', operator: 'lt', value: '2026-03-01T10:00:00Z' }]],
  ['name:contains:Food\\, Drinks,name:ne:a\\\\b', [{ column: 'name', operator: 'contains', value: 'Food, Drinks' }, { column: 'name', operator: 'ne', value: 'a\\b' }]],
  ['user_id:null:true', [{ column: 'user_id', operator: 'null', value: 'true' }]],
])('%j is read, and written as it was', (text, conditions) => {
  expect(parseConditions(text)).toEqual(conditions);
  expect(textOf(conditions)).toBe(text);
});

test.each(['orders', 'orders:5', 'orders:like:5'])('%s is no condition', (text) => {
  expect(parseConditions(text)).toEqual([]);
});
