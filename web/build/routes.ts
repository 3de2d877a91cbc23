import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Plugin } from 'vite';

const root = join(import.meta.dirname, '..', 'src', 'pages');

/**
 * Writes routes.json: the paths at which the server answers with index.html, one for each page.ts, and the
 * scripts that each needs besides those of every page.
 */
export function routes(): Plugin {
  return {
    name: 'routes',
    apply: 'build',
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const common = chunks.filter((c) => c.isEntry).flatMap((c) => [c.fileName, ...c.imports]);
      const scriptsOf = (page: string) => {
        const parts = this.getModuleInfo(page)?.dynamicallyImportedIds ?? [];
        const own = chunks.filter((c) => c.facadeModuleId !== null && parts.includes(c.facadeModuleId));
        return [...new Set(own.flatMap((c) => [c.fileName, ...c.imports]))].filter((name) => !common.includes(name));
      };
      const scripts = Object.fromEntries(files().map((file) => [pathOf(file), scriptsOf(file)]));
      this.emitFile({ type: 'asset', fileName: 'routes.json', source: JSON.stringify(scripts) });
    },
  };
}

/** The paths of all pages. */
export function paths(): string[] {
  return files().map(pathOf).sort();
}

function files(): string[] {
  const pages = readdirSync(root, { recursive: true, withFileTypes: true }).filter((f) => f.name === 'page.ts');
  return pages.map((f) => join(f.parentPath, f.name));
}

function pathOf(file: string): string {
  return '/' + relative(root, join(file, '..')).split(sep).join('/');
}
