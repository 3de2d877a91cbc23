import { expect, test } from 'vitest';
import { changesOf } from './changes';

test('what changed is what the ratio makes of the period before, the largest gain first', () => {
  const parts = [
    { name: 'fell', change: -0.25, previous: { net_revenue_minor: 1_000 } },
    { name: 'new', change: null, previous: { net_revenue_minor: 0 } },
    { name: 'rose', change: 0.1, previous: { net_revenue_minor: 20_001 } },
    { name: 'not compared', change: null },
  ];
  expect(changesOf(parts)).toEqual([{ name: 'rose', change: 0.1, by: 2_000 }, { name: 'fell', change: -0.25, by: -250 }]);
});
