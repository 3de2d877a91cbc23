import Calendar from '@lucide/svelte/icons/calendar-clock';
import type { Page } from '../../../lib/pages';

export const page: Page = {
  title: 'Batch jobs', section: 'Operate', order: 6, icon: Calendar, key: 'b',
  filters: [],
  params: ['run', 'job', 'cursor', 'sort'],
  load: () => import('./Jobs.svelte'),
};
