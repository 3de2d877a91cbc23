import Gauge from '@lucide/svelte/icons/gauge';
import type { Page } from '../lib/pages';

export const page: Page = {
  title: 'Executive', section: 'Analyse', order: 1, icon: Gauge, key: 'e',
  filters: ['range', 'from', 'to', 'granularity', 'country', 'category', 'compare'],
  params: ['movers'],
  load: () => import('./Executive.svelte'),
};
