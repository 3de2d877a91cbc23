import Users from '@lucide/svelte/icons/users-round';
import type { Page } from '../../../lib/pages';

export const page: Page = {
  title: 'Consumer groups', section: 'Operate', order: 4, icon: Users, key: 'u',
  filters: [],
  params: ['group', 'topic', 'sort'],
  load: () => import('./Groups.svelte'),
};
