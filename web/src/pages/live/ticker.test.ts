import { expect, test } from 'vitest';
import { merge, tickOf, type Tick, type Topic } from './ticker';

const record = (value: string | null) => ({ partition: 2, offset: 7, timestamp: '2026-03-02T12:00:00Z', key: null, key_base64: null, value, value_base64: null, headers: [] });

const events: [Topic, object, string, string][] = [
  ['transactions', { country: 'DE', status: 'completed', total_minor: 12_950, currency: 'EUR', items: [{ quantity: 2 }, { quantity: 1 }] }, 'Order completed: €129.50, 3 units', 'Germany'],
  ['transactions', { status: 'failed', total_minor: 'x', currency: 'EUR' }, 'Order failed: no amount, 0 units', ''],
  ['product_views', { product_id: 'P1', category: 'Books', country: 'JP' }, 'Viewed P1, Books', 'Japan'],
  ['cart_events', { action: 'add', quantity: 1, product_id: 'P1' }, 'Cart: add 1 × P1', ''],
  ['cart_events', { action: 'checkout' }, 'Cart: checkout', ''],
  ['inventory_updates', { product_id: 'P1', delta: -3, reason: 'adjustment' }, 'P1: -3 in stock, adjustment', ''],
];
test.each(events)('%s are told', (topic, value, text, place) => {
  expect(tickOf(topic, record(JSON.stringify(value)))).toEqual({ id: `${topic}/2/7`, partition: 2, offset: 7, at: '2026-03-02T12:00:00Z', topic, text, place });
});

test.each([null, '{', 'null', '"text"', '{"country":7,"action":{}}'])('the record %s breaks nothing', (value) => {
  expect(tickOf('cart_events', record(value)).text).not.toBe('');
});

test('the newest 200 are shown, each once', () => {
  const tick = (n: number): Tick => ({ id: String(n), partition: 0, offset: n, at: new Date(n * 1000).toISOString(), topic: 'cart_events', text: '', place: '' });
  const first = Array.from({ length: 150 }, (_, i) => tick(i));
  const next = Array.from({ length: 150 }, (_, i) => tick(i + 100));
  const shown = merge(merge([], first), next);
  expect(shown.length).toBe(200);
  expect(shown[0]?.id).toBe('249');
  expect(new Set(shown.map((t) => t.id)).size).toBe(200);
  expect(merge(shown, next)).toBe(shown);
});
