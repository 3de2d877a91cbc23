import { expect, test } from 'vitest';
import { equal } from './rfm';

test('a value of a condition may hold what conditions are made of', () => {
  expect(equal('segment', "Can't Lose Them")).toBe("segment:eq:Can't Lose Them");
  expect(equal('segment', 'Old, but loyal')).toBe('segment:eq:Old\\, but loyal');
});
