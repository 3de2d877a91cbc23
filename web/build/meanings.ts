import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const page = join(import.meta.dirname, '..', '..', 'docs', 'data_warehouse_schema.md');
const name = 'virtual:meanings';

/** What a table of the warehouse holds, as its page in the documentation says. */
export interface TableMeaning {
  note: string; // what a row is
  columns: Record<string, { unit: string; meaning: string }>;
}

/** Gives the meaning of every table and column to the program, from the page that a test holds against the tables. */
export function meanings(): Plugin {
  return {
    name: 'meanings',
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    load(id) {
      if (id !== `\0${name}`) return undefined;
      this.addWatchFile(page);
      return `export default ${JSON.stringify(parse(readFileSync(page, 'utf8')))}`;
    },
  };
}

/** Reads the page: a part for each table, in it what a row is and a line for each column. */
export function parse(text: string): Record<string, TableMeaning> {
  const parts = text.split('\n### ').slice(1).map((part) => part.split('\n## ')[0] ?? '');
  return Object.fromEntries(parts.map((part) => {
    const [table = '', , note = ''] = part.split('\n');
    const lines = [...part.matchAll(/^\| `(\w+)` \| \w+ \| (.*?) ?\| (.*) \|$/gm)];
    const columns = Object.fromEntries(lines.map(([, column, unit = '', meaning = '']) => [column, { unit: plain(unit), meaning: plain(meaning) }]));
    return [table, { note: plain(note), columns }];
  }));
}

/** Text without the marks of code. */
function plain(text: string): string {
  return text.replaceAll('`', '').trim();
}
