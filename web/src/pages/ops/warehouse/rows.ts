import type { Data } from '../../../lib/api/client';
import type { Kind, Value } from '../../../lib/format/format';
import type { Column, Row } from '../../../lib/chart/table';

type Rows = Data<'/api/v1/ops/warehouse/{table}'>;
type Cell = Rows['rows'][number][string];

const figures = ['bigint', 'int', 'double'];

/** The columns as a table shows them: values stand as they are kept, without separators or currency. */
export function columnsOf(columns: Rows['columns']): Column[] {
  return columns.map(({ name, type }) => ({ key: name, label: name, kind: (figures.includes(type) ? 'plain' : 'code') satisfies Kind }));
}

/** The rows as a table shows them. */
export function rowsOf(rows: Rows['rows']): Row[] {
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, valueOf(cell)])));
}

function valueOf(cell: Cell): Value {
  return typeof cell === 'string' || typeof cell === 'number' ? cell : cell === null || cell === undefined ? null : String(cell);
}

/** Rows as lines of JSON, their members in the order of the columns. */
export function linesOf({ columns, rows }: Pick<Rows, 'columns' | 'rows'>): string {
  return rows.map((row) => JSON.stringify(inOrder(columns, row)) + '\n').join('');
}

/** A row with its members in the order of the columns. */
export function inOrder(columns: Rows['columns'], row: Rows['rows'][number]): Rows['rows'][number] {
  return Object.fromEntries(columns.map(({ name }) => [name, row[name]]));
}
