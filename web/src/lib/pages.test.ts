import { expect, test } from 'vitest';
import { pages } from './pages';

test('every page has a key, a title and a place of its own', () => {
  for (const name of ['key', 'title', 'path'] as const) {
    const values = pages.map((p) => p[name]);
    expect(values.filter((v, i) => values.indexOf(v) !== i), name).toEqual([]);
  }
});
