import { live } from './api/question.svelte';
import { view } from './state/view.svelte';

/** How often figures of Operate pages are asked for. */
export const pace = () => live;

const soon = 1_000; // milliseconds

/** The same for rates, which are known once it was looked at twice. */
export const paceOf = (rate: number | null | undefined) => (rate === null ? soon : live);

/** A group that is further behind than this many records is shown as late. */
export const late = 1_000;

export const topicHref = (topic: string) => view.href('/ops/topics', { topic });
export const groupHref = (group: string) => view.href('/ops/groups', { group });
export const runHref = (run: number) => view.href('/ops/jobs', { run: String(run) });

/** Where a record of the log is shown. */
export const recordHref = (topic: string, partition: number, offset: number) =>
  view.href('/ops/topics', { topic, seek: 'offset', offset: String(offset), partition: String(partition), limit: '1' });
