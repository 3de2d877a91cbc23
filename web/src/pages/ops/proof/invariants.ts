import type { Data } from '../../../lib/api/client';

export type State = Data<'/api/v1/ops/verify'>;
export type Invariant = NonNullable<State['report']>['invariants'][number];

/** What each check compares with what, by its name in the report. */
const compared: Record<string, string> = {
  'live tables equal the log': 'Every live figure, per minute, hour, country and category, with what the log comes to when it is read anew.',
  'API answers equal the log': 'What the API answers for windows that are over, with the same.',
  'unusual orders are those of the log': 'The orders that were called unusual, with those that the log makes so.',
  'one disposition per record': 'The records that were read, with those applied, recognised as duplicates, refused or too late: each is one of these.',
  'stock equals its movements': 'Units on hand of each product, with what was counted, bought, sold and returned.',
  'sessions and carts hold every event once': 'The events in sessions and carts, with those of the log; sampled visitors are worked out in full.',
  'ledger contiguous, epochs increase': 'The ledger of what was committed, with itself: no gap, nothing twice, no owner who came back.',
  'dead letters complete': 'The records that cannot be taken, with the dead letters: each there once, with its reason.',
  'lake sums equal the records, and the log': 'What the files of the lake say that they hold, with their records and the log.',
  'one disposition per record of the lake': 'The records of the lake, with what became of each.',
  'lake files contiguous, footers add up': 'The files of the lake, with each other: no overlap, no hole.',
  'warehouse equals the lake': 'Every order line and daily sum of the warehouse, with the records of the lake, each counted once.',
  'warehouse equals the live tables and what batch repaired': 'The figures of the warehouse with the live ones; what only one side counts is named.',
  'warehouse files are those of its manifest': 'The files of the warehouse, with the list of its newest run.',
};

/** What a check compares; a new one is known by its name alone. */
export function comparedBy(name: string): string {
  return compared[name] ?? '';
}

/** What the last report says to somebody who runs the shop. */
export function sentence(state: State, count: (n: number) => string): string {
  const report = state.report;
  if (!report) return 'Nobody has run the proof in this process yet. It reads every record of the log again, works out what each figure should be, and names every figure that is not.';
  const checked = report.invariants.reduce((sum, i) => sum + i.checked, 0);
  const found = report.invariants.reduce((sum, i) => sum + i.found, 0);
  const read = `${count(report.records)} records were read again and ${count(checked)} figures worked out anew`;
  if (report.agrees) return `Every figure that these pages show is what the shop's events come to, to the cent and the unit: ${read}, and none differs.`;
  return `${count(found)} ${found === 1 ? 'figure is' : 'figures are'} not what the shop's events come to: ${read}. Below is which.`;
}
