import type { Tone } from '../../../lib/ui/tone';

/** How good the state of a group is, as Kafka calls it. */
export function toneOf(state: string): Tone {
  switch (state) {
    case 'Stable': return 'good';
    case 'PreparingRebalance':
    case 'CompletingRebalance': return 'busy';
    case 'Dead': return 'bad';
    default: return 'quiet';
  }
}

/** The state in words. */
export function stateOf(state: string): string {
  return { Stable: 'stable', Empty: 'nobody reads', PreparingRebalance: 'sharing out', CompletingRebalance: 'sharing out', Dead: 'dead' }[state] ?? state;
}
