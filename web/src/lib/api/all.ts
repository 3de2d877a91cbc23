import { csvOf, type Row, type Table } from '../chart/table';
import type { Format } from '../format/format';
import { get, open, type Data, type Path, type Query } from './client';

/** All rows of a list, as a file. */
export interface Whole {
  name: string;
  type: string;
  content: BlobPart[];
  rows: number;
  cut: boolean; // there may be more
}

/** How all rows of a list are had, of which a tile shows a page. */
export interface All {
  note: string; // what is in the file
  get: (signal: AbortSignal, onread: (rows: number) => void) => Promise<Whole>;
}

/** A path whose answers have a page of a list. */
export type PagedPath = { [P in Path]: Data<P> extends { next_cursor: string | null } ? P : never }[Path];

const most = 100_000; // rows: a browser holds them in memory, and the API sends no more
const page = 1_000;

/** All rows that an address of the API selects, whichever page it is of. The API must have them as CSV. */
export function fromAPI(address: string): All {
  return {
    note: 'all that the filters take, 100,000 at most; columns of the API, amounts in minor units',
    async get(signal, onread) {
      const answer = await open(csvAddress(address), { signal });
      const content: BlobPart[] = [];
      const lines = new Lines();
      const reader = answer.body?.getReader();
      for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
        content.push(part.value);
        lines.count(part.value);
        onread(Math.max(0, lines.ended - 1));
      }
      const name = /filename="([^"]+)"/.exec(answer.headers.get('Content-Disposition') ?? '')?.[1] ?? 'globalmart.csv';
      const rows = Math.max(0, lines.ended - 1); // the first one is the header
      return { name, type: 'text/csv', content, rows, cut: rows >= most };
    },
  };
}

/** The address of all rows as CSV, of that of a page. */
export function csvAddress(address: string): string {
  const [path, query] = address.split('?');
  const search = new URLSearchParams(query);
  search.delete('limit');
  search.delete('cursor');
  search.set('format', 'csv');
  return `${path}?${search}`;
}

/** Counts lines of CSV that have ended: a break in quotes ends none. */
export class Lines {
  ended = 0;
  #quoted = false;

  count(bytes: Uint8Array) {
    for (const byte of bytes) {
      if (byte === 0x22) this.#quoted = !this.#quoted;
      else if (byte === 0x0a && !this.#quoted) this.ended++;
    }
  }
}

/** All rows of a list that the API has by pages only, in the columns of a table. */
export function byPages<P extends PagedPath>(path: P, query: Query<P>, table: Table, format: Format, rowsOf: (data: Data<P>) => Row[]): All {
  return {
    note: 'all that the filters take, 100,000 at most; columns of the table',
    async get(signal, onread) {
      const { rows, cut } = await readPages(path, query, rowsOf, signal, onread);
      return { name: `${table.name}-all.csv`, type: 'text/csv', content: [csvOf({ ...table, rows }, format)], rows: rows.length, cut };
    },
  };
}

/** Reads a list page by page. */
export async function readPages<P extends PagedPath, R>(path: P, query: Query<P>, rowsOf: (data: Data<P>) => R[], signal: AbortSignal, onread: (rows: number) => void) {
  const rows: R[] = [];
  let first: Data<P> | undefined;
  let cursor: string | null | undefined;
  do {
    const { data } = await get(path, { ...(query as object), limit: page, cursor } as Query<P>, signal);
    first ??= data;
    rows.push(...rowsOf(data));
    cursor = (data as { next_cursor: string | null }).next_cursor;
    onread(rows.length);
  } while (cursor !== null && rows.length < most);
  return { first, rows, cut: cursor !== null };
}
