import { sorted, type Order, type Row } from '../chart/table';
import { view } from './view.svelte';

/**
 * The order of a table, kept in the URL as `sort=name`, or `sort=-name` for the largest first.
 * `usual` is that of an address without it, in the same form.
 */
export function ordered(usual: string, columns: string[], param = 'sort') {
  const order = $derived.by<Order>(() => {
    const given = view.param(param);
    return orderOf(columns.includes(given.replace(/^-/, '')) ? given : usual);
  });
  return {
    /** What a table needs to be sorted by. */
    get sort() {
      return { ...order, columns, onsort };
    },
    /** The rows in the order. */
    rows: (rows: Row[]) => sorted(rows, order),
  };

  function onsort(column: string) {
    const up = order.by === column ? !order.up : false;
    const next = up ? column : `-${column}`;
    view.setParams({ [param]: next === usual ? '' : next });
  }
}

function orderOf(text: string): Order {
  return { by: text.replace(/^-/, ''), up: !text.startsWith('-') };
}
