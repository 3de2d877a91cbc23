import type { Format, Kind, Value } from '../format/format';

/** Rows of figures: what a chart draws, a table shows and a file holds. */
export interface Table {
  name: string; // of the exported file
  columns: Column[];
  rows: Row[];
}

export interface Column {
  key: string;
  label: string;
  kind: Kind;
  wide?: boolean; // names of several words, which are to stay on few lines
  line?: boolean; // long text, of which a table shows as much as it has room for
}

export type Row = Record<string, Value>;

/** The column whose values can be chosen, the one or those that are, and what a choice does. */
export interface Picks {
  column: string;
  selected: string | readonly string[];
  onpick: (value: string) => void;
}

const quiet: Kind[] = ['text', 'code', 'country', 'day', 'month', 'time', 'instant'];

/** Whether a column holds figures, which are aligned to the right. */
export function isFigure(column: Column): boolean {
  return !quiet.includes(column.kind);
}

const times: Kind[] = ['day', 'month', 'time', 'instant'];

/** Whether the values of a column stand one below the other, digit by digit. */
export function isAligned(column: Column): boolean {
  return isFigure(column) || times.includes(column.kind);
}

/** The order of rows: by a column, the smallest first or last. */
export interface Order {
  by: string;
  up: boolean;
}

/** The rows in an order: words by the alphabet, what is not known last. */
export function sorted(rows: Row[], { by, up }: Order): Row[] {
  const known = (v: Value) => v !== null && v !== undefined && v !== '';
  return rows.toSorted((a, b) => {
    const [x, y] = [a[by], b[by]];
    if (!known(x) || !known(y)) return Number(known(y)) - Number(known(x));
    const order = typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), 'en', { numeric: true });
    return up ? order : -order;
  });
}

/** The table as CSV (RFC 4180): plain numbers, amounts in major units with the currency in the heading. */
export function csvOf(table: Table, format: Format): string {
  const head = table.columns.map((c) => (c.kind === 'money' ? `${c.label} (${format.currency})` : c.label));
  const body = table.rows.map((row) => table.columns.map((c) => plain(c.kind, row[c.key], format)));
  return [head, ...body].map((line) => line.map(cell).join(',')).join('\r\n') + '\r\n';
}

function plain(kind: Kind, value: Value, format: Format): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' && kind === 'money') return format.major(value).toFixed(format.digits);
  return String(value);
}

/** One field. Text that a spreadsheet would take for a formula is marked as text. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Has the browser save text, or parts of one, as a file. */
export function save(name: string, type: string, ...content: BlobPart[]) {
  const url = URL.createObjectURL(new Blob(content, { type }));
  saveURL(name, url);
  URL.revokeObjectURL(url);
}

/** Has the browser save what an address of its own holds. */
export function saveURL(name: string, url: string) {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
}
