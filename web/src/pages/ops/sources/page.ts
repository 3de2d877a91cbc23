import Store from '@lucide/svelte/icons/store';
import type { Page } from '../../../lib/pages';

export const page: Page = {
  title: 'Sources', section: 'Operate', order: 2, icon: Store, key: 'i',
  filters: [],
  params: ['sort', 'reason_sort'],
  load: () => import('./Sources.svelte'),
};
