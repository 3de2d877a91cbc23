import Activity from '@lucide/svelte/icons/activity';
import type { Page } from '../../lib/pages';

export const page: Page = {
  title: 'Real-time', section: 'Analyse', order: 5, icon: Activity, key: 'l',
  filters: [],
  params: ['metric', 'events'],
  load: () => import('./Live.svelte'),
};
