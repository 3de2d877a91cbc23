import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { comparedBy, sentence, type State } from './invariants';

const count = String;
const state = (found: number): State => ({
  status: found > 0 ? 'differs' : 'agrees', started: null, finished: null, records: 9, error: null, past: [],
  report: { agrees: found === 0, records: 9, waiting: 0, seconds: 1, warehouse_run: null, invariants: [{ id: 1, name: 'x', holds: found === 0, checked: 20, found, differences: [], notes: [] }] },
});

test('the sentence says what was found', () => {
  expect(sentence(state(0), count)).toContain('9 records were read again and 20 figures worked out anew, and none differs');
  expect(sentence(state(1), count)).toMatch(/^1 figure is not/);
  expect(sentence(state(2), count)).toMatch(/^2 figures are not/);
});

test('every check of the program is explained', () => {
  const source = readFileSync(join(import.meta.dirname, '..', '..', '..', '..', '..', 'internal', 'verify', 'verify.go'), 'utf8');
  const names = [...source.matchAll(/^\t\{\d, "([^"]+)", of/gm)].map(([, name]) => name ?? '');
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !comparedBy(name))).toEqual([]);
});
