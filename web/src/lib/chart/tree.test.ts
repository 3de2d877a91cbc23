import { expect, test } from 'vitest';
import { written } from './tree';

test('an area says what it has room for, and nothing that cannot be read', () => {
  const shoes = { name: 'Running shoes', value: '$57.6K', change: ' (+7.1%)' };
  const said = (words: typeof shoes, width: number, height: number) => written(words, { width, height }, (text) => 7 * text.length);
  expect(said(shoes, 140, 60)).toBe('Running shoes\n$57.6K (+7.1%)');
  expect(said(shoes, 60, 60)).toBe('Running shoes\n$57.6K');
  expect(said(shoes, 140, 30)).toBe('Running shoes');
  expect(said(shoes, 40, 60)).toBe('');
  expect(said(shoes, 140, 15)).toBe('');
  expect(said({ ...shoes, name: 'Yoga' }, 40, 30)).toBe('Yoga');
});
