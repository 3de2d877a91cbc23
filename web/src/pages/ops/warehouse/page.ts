import Database from '@lucide/svelte/icons/database';
import type { Page } from '../../../lib/pages';

export const page: Page = {
  title: 'Warehouse', section: 'Operate', order: 7, icon: Database, key: 'w',
  filters: [],
  params: ['find', 'sort', 'table', 'show', 'filter', 'order', 'limit', 'cursor'],
  load: () => import('./Warehouse.svelte'),
};
