import Coins from '@lucide/svelte/icons/coins';
import type { Page } from '../../lib/pages';

export const page: Page = {
  title: 'Sales', section: 'Analyse', order: 2, icon: Coins, key: 's',
  filters: ['range', 'from', 'to', 'granularity', 'country', 'category', 'compare'],
  params: ['metric', 'status', 'order', 'cursor'],
  load: () => import('./Sales.svelte'),
};
