import Package from '@lucide/svelte/icons/package';
import type { Page } from '../../lib/pages';

export const page: Page = {
  title: 'Products', section: 'Analyse', order: 4, icon: Package, key: 'p',
  filters: ['category'],
  params: ['sort', 'pairs', 'period', 'product', 'cursor'],
  load: () => import('./Products.svelte'),
};
