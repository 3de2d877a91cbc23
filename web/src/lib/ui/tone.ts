/** How good a state is. */
export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'quiet';
