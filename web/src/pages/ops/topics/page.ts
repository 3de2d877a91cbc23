import Rows from '@lucide/svelte/icons/rows-3';
import type { Page } from '../../../lib/pages';

export const page: Page = {
  title: 'Topics', section: 'Operate', order: 3, icon: Rows, key: 't',
  filters: [],
  params: ['topic', 'tab', 'sort', 'seek', 'offset', 'time', 'partition', 'key', 'value', 'limit', 'cursor', 'live'],
  load: () => import('./Topics.svelte'),
};
