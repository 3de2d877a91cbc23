import Workflow from '@lucide/svelte/icons/workflow';
import type { Page } from '../../lib/pages';

export const page: Page = {
  title: 'Overview', section: 'Operate', order: 1, icon: Workflow, key: 'o',
  filters: [],
  load: () => import('./Overview.svelte'),
};
