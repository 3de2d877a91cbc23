import MailWarning from '@lucide/svelte/icons/mail-warning';
import type { Page } from '../../../lib/pages';

export const page: Page = {
  title: 'Dead letters', section: 'Operate', order: 8, icon: MailWarning, key: 'd',
  filters: [],
  params: ['topic', 'reason', 'letter', 'cursor'],
  load: () => import('./Letters.svelte'),
};
