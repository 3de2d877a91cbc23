import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Plugin } from 'vite';

const root = join(import.meta.dirname, '..', 'src', 'pages');

/** Writes routes.json: the paths at which the server answers with index.html, one for each page.ts. */
export function routes(): Plugin {
  return {
    name: 'routes',
    apply: 'build',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'routes.json', source: JSON.stringify(paths()) });
    },
  };
}

export function paths(): string[] {
  const pages = readdirSync(root, { recursive: true, withFileTypes: true }).filter((f) => f.name === 'page.ts');
  return pages.map((f) => '/' + relative(root, f.parentPath).split(sep).join('/')).sort();
}
