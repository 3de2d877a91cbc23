import { join } from 'node:path';
import type { Plugin } from 'vite';

const own = join(import.meta.dirname, '..', 'src', 'lib', 'ui', 'Icon.svelte');

/** Has the icons of Lucide drawn by a component of ours: theirs computes the attributes of every part anew, for 30 icons a page. */
export function icons(): Plugin {
  return {
    name: 'icons',
    enforce: 'pre',
    resolveId: (id, importer) => (id === '../Icon.svelte' && importer?.includes('/@lucide/svelte/') ? own : undefined),
  };
}
