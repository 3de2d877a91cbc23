import Cpu from '@lucide/svelte/icons/cpu';
import type { Page } from '../../../lib/pages';

export const page: Page = {
  title: 'Processors', section: 'Operate', order: 5, icon: Cpu, key: 'r',
  filters: [],
  params: ['sort', 'task_sort', 'worker_sort'],
  load: () => import('./Processors.svelte'),
};
