import type { Data } from '../../../lib/api/client';

export type Stream = Data<'/api/v1/ops/processors'>;
type StreamTopic = Stream['topics'][number];

/** The records of a topic that were read, whatever became of them. */
export const total = (t: StreamTopic) => t.applied + t.duplicate + t.dead + t.too_old;

/** The stream over all topics. The rate is null until it was looked at twice. */
export function totals({ topics }: Stream) {
  const known = topics.filter((t) => t.per_second !== null);
  return {
    rate: known.length > 0 ? known.reduce((sum, t) => sum + (t.per_second ?? 0), 0) : null,
    counted: topics.reduce((sum, t) => sum + total(t), 0),
    behind: topics.reduce((sum, t) => sum + t.behind, 0),
    dead: topics.reduce((sum, t) => sum + t.dead, 0),
  };
}
