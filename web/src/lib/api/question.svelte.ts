import { live as stream } from '../state/live.svelte';
import { session } from '../state/session.svelte';
import { addressOf, load, Problem, type Data, type Meta, type Path, type Query } from './client';

/** A question and the newest answer to it. An error leaves the last answer in place. */
export interface Question<T> {
  readonly data: T | undefined;
  readonly meta: Meta | undefined;
  readonly problem: Problem | undefined;
  readonly asking: boolean; // for what is not shown yet
  readonly address: string;
  retry(): void; // asks again now
}

/** How often an answer is asked for again, milliseconds. */
export const live = 5_000;
export const calm = 60_000;
export const never = 2 ** 30; // twelve days: what is asked for by hand only

/**
 * Asks path as long as the component lives: at once when a parameter changes, and again after `every`,
 * unless the page is paused or hidden. `query` reads the state it depends on; undefined = not yet.
 */
export function ask<P extends Path>(path: P, query: () => Query<P> | undefined, every: () => number = () => calm): Question<Data<P>> {
  let data = $state.raw<Data<P>>();
  let meta = $state.raw<Meta>();
  let problem = $state.raw<Problem>();
  let asking = $state(true);
  let round = $state(0);
  let answered = $state(0); // when, milliseconds
  let shown: string | undefined; // the address whose answer is shown
  let stop = new AbortController();
  // Equal parameters are no new question, even where their objects differ.
  const address = $derived.by(() => {
    const q = session.state === 'asking' ? undefined : query();
    return q && addressOf(path, q);
  });

  async function once(address: string, { signal }: AbortController) {
    try {
      const answer = await load<Data<P>>(address, { signal });
      [data, meta, problem, shown] = [answer.data, answer.meta, undefined, address];
    } catch (cause) {
      if (signal.aborted) return;
      problem = cause instanceof Problem ? cause : new Problem(0, 'The answer could not be read', String(cause));
    }
    [asking, answered] = [false, Date.now()];
  }

  $effect(() => {
    void round;
    if (address === undefined) return;
    stop = new AbortController();
    asking = address !== shown;
    void once(address, stop);
    return () => stop.abort();
  });

  $effect(() => {
    if (address === undefined || asking || stream.resting) return;
    const wait = problem ? Math.min(every(), live) : every();
    const timer = setTimeout(() => void once(address, stop), Math.max(0, answered + wait - Date.now()));
    return () => clearTimeout(timer);
  });

  return {
    get data() { return data; },
    get meta() { return meta; },
    get problem() { return problem; },
    get asking() { return asking; },
    get address() { return address ?? path; },
    retry() { round++; },
  };
}
