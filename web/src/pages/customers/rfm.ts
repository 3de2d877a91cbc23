/** A condition of a table of the warehouse: a comma in a value is no end of it. */
export function equal(column: string, value: string): string {
  return `${column}:eq:${value.replace(/[,\\]/g, '\\$&')}`;
}

/** The scores that a matrix tells apart, the best first. */
export const scores = [5, 4, 3, 2, 1] as const;

export const noSegment = 'No segment';
