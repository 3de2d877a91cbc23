import type { Component } from 'svelte';
import type { FilterName } from './state/filter';

export const sections = ['Analyse', 'Operate'] as const;

/** A page. Its path is that of the folder below src/pages in which its page.ts lies. */
export interface Page {
  title: string;
  section: (typeof sections)[number];
  order: number; // in its section
  icon: Component;
  key: string; // g, then this key, goes to it
  filters: readonly FilterName[]; // those that change what it shows
  params?: readonly string[]; // names of its own in the URL
  load: () => Promise<{ default: Component }>;
}

const found = import.meta.glob<{ page: Page }>('../pages/**/page.ts', { eager: true });

/** All pages with their paths, in the order of the navigation. */
export const pages = Object.entries(found)
  .map(([file, { page }]) => ({ path: pathOf(file), ...page }))
  .sort((a, b) => sections.indexOf(a.section) - sections.indexOf(b.section) || a.order - b.order);

function pathOf(file: string): string {
  return file.replace('../pages', '').replace('/page.ts', '') || '/';
}

/** The page at path. */
export function pageAt(path: string) {
  return pages.find((p) => p.path === path);
}
