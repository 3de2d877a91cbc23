import { pageAt, pages } from '../pages';
import { live } from '../state/live.svelte';
import { shifted } from '../state/shift';
import { theme } from '../state/theme.svelte';
import { view } from '../state/view.svelte';

/** What the keyboard does, as the help shows it. */
export const shortcuts: { keys: string; does: string }[] = [
  ...pages.map((p) => ({ keys: `g ${p.key}`, does: `Go to ${p.title}` })),
  { keys: 'd', does: 'Last 24 hours' },
  { keys: 'w', does: 'Last 7 days' },
  { keys: 'm', does: 'Last 28 days' },
  { keys: '← →', does: 'The period before, or after' },
  { keys: 'x', does: 'Compare with the previous period, or not' },
  { keys: 'f', does: 'Go to the filters' },
  { keys: 'e', does: 'Export the tile that is pointed at, or has the focus' },
  { keys: 'Space', does: 'Pause or resume live figures' },
  { keys: 't', does: 'Change the theme' },
  { keys: 'Esc', does: 'Clear country, category and segment' },
  { keys: '?', does: 'Show this help' },
];

const actions: Record<string, () => void> = {
  d: () => view.set({ range: '24h' }),
  w: () => view.set({ range: '7d' }),
  m: () => view.set({ range: '28d' }),
  ArrowLeft: () => shift(-1),
  ArrowRight: () => shift(1),
  f: () => document.querySelector<HTMLElement>('#main :is([aria-label^="Filter"] :is(select, input, .field button), input[type="search"])')?.focus(),
  e: exportTile,
  x: () => view.set({ compare: view.filter.compare === 'off' ? 'prev' : 'off' }),
  ' ': () => live.toggle(),
  t: () => theme.next(),
  Escape: () => view.set({ country: '', category: '', segment: '' }),
};

/** Shows the period before, or after. */
function shift(by: -1 | 1) {
  if (!pageAt(view.path)?.filters.includes('range')) return;
  const next = shifted(view.filter, by, Date.now(), live.now.alerts?.meta.time_zone ?? 'UTC');
  if (next) view.set(next);
}

/** Opens the menu of the tile that has the focus, or is pointed at; of the first one, where none is. */
function exportTile() {
  const opener = ['.tile:focus-within', '.tile:hover', '.tile'].map((tile) => document.querySelector<HTMLElement>(`#main ${tile} button[title="Export"]`)).find(Boolean);
  opener?.focus();
  opener?.click();
}

const patience = 1_500; // milliseconds between g and the key after it

/** Listens to the keyboard until the returned function is called. */
export function listen(help: () => void): () => void {
  let going = -Infinity; // when g was pressed, if it was the last key
  const onkeydown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || busy(event)) return;
    const page = event.timeStamp - going < patience ? pages.find((p) => p.key === event.key) : undefined;
    going = event.key === 'g' ? event.timeStamp : -Infinity;
    const action = page ? () => view.open(view.href(page.path)) : event.key === '?' ? help : actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };
  addEventListener('keydown', onkeydown);
  return () => removeEventListener('keydown', onkeydown);
}

/** Whether the key belongs to what has the focus. */
function busy({ key, target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (document.querySelector('dialog[open], [popover]:popover-open')) return true;
  if (key.startsWith('Arrow') && target.matches('[tabindex="0"]')) return true; // it scrolls
  return target.matches('input, select, textarea') || (key === ' ' && target.matches('button, a, summary, [tabindex]'));
}
