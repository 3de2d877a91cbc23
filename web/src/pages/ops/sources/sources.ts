import type { Data } from '../../../lib/api/client';
import type { Row } from '../../../lib/chart/table';

export type Source = Data<'/api/v1/ops/sources'>['sources'][number];

/** The events of a source that became dead letters. */
export const rejected = (s: Source) => s.rejected.reduce((sum, r) => sum + r.events, 0);

/** The sources as rows of a table. */
export const rowsOf = (sources: Source[]): Row[] => sources.map((s) => ({
  id: s.id, name: s.name, last_seen: s.last_seen, rate: s.per_second, limit: s.limit,
  accepted: s.accepted, other: s.other, rejected: rejected(s), duplicates: s.duplicates, retries: s.retries,
}));

/** What was refused, by source and reason. */
export const refusals = (sources: Source[]): Row[] =>
  sources.flatMap((s) => s.rejected.map((r) => ({ id: `${s.id} ${r.reason}`, name: s.name, reason: r.reason, events: r.events })));

/** A figure over all sources; undefined while there are none, null if it is known of none. */
export function sum(sources: Source[] | undefined, of: (s: Source) => number | null): number | null | undefined {
  const known = sources?.map(of).filter((n) => n !== null);
  if (!known) return undefined;
  return known.length > 0 ? known.reduce((all, n) => all + n, 0) : null;
}
