/** What a part of sales is compared by. */
export interface Compared {
  name: string;
  change: number | null; // ratio to the period before, of equal elapsed parts; null = not comparable
  previous?: { net_revenue_minor: number };
}

export interface Change {
  name: string;
  by: number; // minor units of net revenue more than before
  change: number; // the same as a ratio
}

/**
 * How net revenue changed, the largest gain first; parts that sold nothing before are left out.
 * It is worked out from the ratio, which is of equal elapsed parts also while the period is not over.
 */
export function changesOf(parts: Compared[]): Change[] {
  return parts
    .flatMap(({ name, change, previous }) => (previous && change !== null ? [{ name, change, by: Math.round(previous.net_revenue_minor * change) }] : []))
    .sort((a, b) => b.by - a.by);
}
