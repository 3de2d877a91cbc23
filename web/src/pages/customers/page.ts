import Users from '@lucide/svelte/icons/users';
import type { Page } from '../../lib/pages';

export const page: Page = {
  title: 'Customers', section: 'Analyse', order: 3, icon: Users, key: 'c',
  filters: ['country', 'segment'],
  params: ['r', 'f', 'days', 'customer', 'entry', 'cursor'],
  load: () => import('./Customers.svelte'),
};
