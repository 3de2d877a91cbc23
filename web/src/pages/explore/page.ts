import Compass from '@lucide/svelte/icons/compass';
import type { Page } from '../../lib/pages';

export const page: Page = {
  title: 'Explore', section: 'Analyse', order: 6, icon: Compass, key: 'x',
  filters: ['range', 'from', 'to', 'granularity', 'country', 'category', 'compare'],
  params: ['by', 'measure'],
  load: () => import('./Explore.svelte'),
};
