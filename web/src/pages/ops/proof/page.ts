import ShieldCheck from '@lucide/svelte/icons/shield-check';
import type { Page } from '../../../lib/pages';

export const page: Page = {
  title: 'Proof', section: 'Operate', order: 10, icon: ShieldCheck, key: 'f',
  filters: [],
  load: () => import('./Proof.svelte'),
};
