import { expect, test } from 'vitest';
import { kcatOf, newestFirst, newOf, tableOf, type Message } from './message';

const message = (partition: number, offset: number, second: number): Message => ({
  partition, offset, timestamp: `2026-03-02T10:00:${String(second).padStart(2, '0')}Z`, key: 'k', key_base64: null, value: null, value_base64: '/w==', headers: [],
});

test('what is shown already does not come again', () => {
  const shown = [message(0, 7, 1), message(1, 7, 1)];
  expect(newOf(shown, [message(1, 7, 1), message(1, 8, 2), message(2, 7, 1)]).map((m) => [m.partition, m.offset])).toEqual([[1, 8], [2, 7]]);
});

test('the newest come first, and those of one instant in the order of their partition', () => {
  const all = [message(1, 3, 5), message(0, 8, 5), message(0, 9, 5), message(0, 10, 6)];
  expect(all.sort(newestFirst).map((m) => [m.partition, m.offset])).toEqual([[0, 10], [0, 9], [0, 8], [1, 3]]);
});

test('a row shows what the message has, as text or in base64', () => {
  expect(tableOf('t', [message(2, 4, 1)]).rows).toEqual([{ timestamp: '2026-03-02T10:00:01Z', partition: 2, offset: 4, key: 'k', value: '/w==' }]);
});

test('the command reads exactly one message', () => {
  expect(kcatOf('transactions', message(2, 4, 1), '127.0.0.1')).toBe('kcat -b 127.0.0.1:9092 -C -t transactions -p 2 -o 4 -c 1 -J');
});
