import type { Data, Query } from '../../lib/api/client';
import { view } from '../../lib/state/view.svelte';

export type Period = NonNullable<Query<'/api/v1/products/performance'>['period']>;
export type Product = Data<'/api/v1/products/performance'>['products'][number];

export const periods: { value: Period; label: string }[] = [
  { value: '7d', label: '7 days' }, { value: '30d', label: '30 days' }, { value: '90d', label: '90 days' }, { value: '365d', label: '365 days' },
];

/** The period of the address; the API's own if it says none. */
export const periodInForce = (): Period => periods.find((p) => p.value === view.param('period'))?.value ?? '30d';

/** The category that lists of products are asked for: they take one, or none. */
export function oneCategory(): { category: string; ignores: 'category'[] } {
  const names = view.selected('category');
  return { category: names.length === 1 ? (names[0] ?? '') : '', ignores: names.length > 1 ? ['category'] : [] };
}

/** Shows a product in full. */
export const openProduct = (product: string) => view.setParams({ product });
