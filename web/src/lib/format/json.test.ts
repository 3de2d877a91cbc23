import { expect, test } from 'vitest';
import { pretty, printed } from './json';

test('JSON is set out as JSON.stringify does it', () => {
  const value = { a: 1, 'b "x": {': [true, null, { c: 'x\\"' }], d: {}, e: [], f: -1.5e3 };
  expect(printed(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
  expect(printed('  "just text"')).toBe('"just text"');
});

test('values stay what they are in the text', () => {
  expect(printed('{"a":12345678901234567890,"a":1.0}')).toBe('{\n  "a": 12345678901234567890,\n  "a": 1.0\n}');
});

test('names, strings, numbers and words are told apart', () => {
  expect(pretty('{"a":"b","c":[-1,null]}')?.filter((t) => t.kind !== 'mark').map((t) => `${t.kind} ${t.text}`)).toEqual([
    'name "a"', 'string "b"', 'name "c"', 'number -1', 'word null',
  ]);
});

test('what is no JSON is not set out', () => {
  expect(pretty('{"a":')).toBeUndefined();
  expect(printed('{"a":')).toBe('{"a":');
});
