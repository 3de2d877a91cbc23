import { expect, test } from 'vitest';
import { Format } from '../format/format';
import type { Look } from './options';
import { stacked } from './stacked';

const look = { colours: { series: ['a', 'b', 'c'] }, format: new Format('USD', 'UTC') } as Look;
const shown = (parts: { name: string; values: number[] }[]) => (stacked(look, 'count', ['1', '2'], parts).series as { name: string; data: number[] }[]).map(({ name, data }) => [name, ...data]);
const part = (name: string, ...values: number[]) => ({ name, values });

test('no two parts have one colour: the smallest are added up', () => {
  const few = [part('x', 1, 2), part('y', 3, 4), part('z', 0, 1)];
  expect(shown(few)).toEqual([['x', 1, 2], ['y', 3, 4], ['z', 0, 1]]);
  expect(shown([...few, part('w', 5, 0)])).toEqual([['y', 3, 4], ['w', 5, 0], ['others', 1, 3]]);
});
