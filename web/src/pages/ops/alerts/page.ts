import Bell from '@lucide/svelte/icons/bell';
import type { Page } from '../../../lib/pages';

export const page: Page = {
  title: 'Alerts', section: 'Operate', order: 9, icon: Bell, key: 'a',
  filters: [],
  params: ['kind', 'level', 'state', 'since', 'alert', 'cursor'],
  load: () => import('./Alerts.svelte'),
};
