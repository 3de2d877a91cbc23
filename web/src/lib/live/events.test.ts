import { expect, test } from 'vitest';
import { Cutter } from './events';

const stream = 'retry: 2000\n\nevent: sales\nid: B-1\ndata: {"a": ": 1"}\n\n: alive\n\nevent: resync\nid: C-9\ndata: {}\n\n';
const want = [{ event: 'sales', id: 'B-1', data: '{"a": ": 1"}' }, { event: 'resync', id: 'C-9', data: '{}' }];

test.each([1, 2, 7, 1000])('a stream in pieces of %i characters is the same events', (size) => {
  const cutter = new Cutter();
  const got = [];
  for (let i = 0; i < stream.length; i += size) got.push(...cutter.push(stream.slice(i, i + size)));
  expect(got).toEqual(want);
});

test('an event that is not over is not told', () => {
  expect(new Cutter().push('event: sales\nid: B-1\ndata: {}\n')).toEqual([]);
});
