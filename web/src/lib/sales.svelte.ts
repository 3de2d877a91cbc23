import type { Data } from './api/client';
import { ask, calm, live, type Question } from './api/question.svelte';
import type { Kind } from './format/format';
import { isShort } from './state/filter';
import { view } from './state/view.svelte';

export type KPIs = Data<'/api/v1/kpis'>;
export type Series = Data<'/api/v1/sales/timeseries'>;
export type Split = Data<'/api/v1/sales/by-country'>;

/** How often figures of the view's period are asked for again. */
export const pace = () => (isShort(view.filter) ? live : calm);

/** How the beginnings of points are written. */
export const kindOf = (granularity: Series['granularity']): Kind => (granularity === 'week' ? 'day' : granularity === 'hour' ? 'time' : granularity);

/** The period of the view as the API wants it. */
export const period = () => {
  const { range, from, to } = view.filter;
  return { range, from, to };
};

/** How many categories are shown at most, those with the most net revenue. */
export const shownCategories = 20;

const compared = () => ({ ...period(), compare: view.filter.compare });

export interface Sales {
  kpis: Question<KPIs>;
  series: Question<Series>;
  countries: Question<Split>; // all of them, whichever is selected
  categories: Question<Split>; // likewise
}

/** Asks for the sales of the view. */
export function askSales(): Sales {
  const country = () => view.filter.country;
  const category = () => view.filter.category;
  return {
    kpis: ask('/api/v1/kpis', () => ({ ...compared(), country: country(), category: category() }), pace),
    series: ask('/api/v1/sales/timeseries', () => ({ ...compared(), granularity: view.filter.granularity, country: country(), category: category() }), pace),
    countries: ask('/api/v1/sales/by-country', () => ({ ...compared(), category: category() }), pace),
    categories: ask('/api/v1/sales/by-category', () => ({ ...compared(), country: country(), limit: shownCategories }), pace),
  };
}
