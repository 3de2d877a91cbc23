import { addressOf, open, Problem, type Answer } from '../../../lib/api/client';
import { eventsOf, pause } from '../../../lib/live/events';
import { newestFirst, newOf, type Message } from './message';

/** What each event of the stream of a topic tells. */
type Tailed = Answer<{ messages: Message[]; skipped: number }>;

export interface Filter {
  partition?: number;
  key: string;
  value: string;
}

const kept = 500; // rows, the newest
const [shortest, longest] = [500, 8_000]; // milliseconds before it is tried again, twice as long with each failure

/** The messages of a topic as they come, the newest first. What was seen stays when it ends. */
export class Tail {
  rows = $state.raw<Message[]>([]);
  seen = $state(0); // since it began
  skipped = $state(0); // that came and are not shown
  problem = $state.raw<Problem>();

  /** Follows the topic until the returned function is called. first is how many of those that are there are shown. */
  follow(topic: string, filter: Filter, first: number): () => void {
    const stop = new AbortController();
    [this.rows, this.seen, this.skipped, this.problem] = [[], 0, 0, undefined];
    void this.#run(addressOf('/api/v1/ops/topics/{topic}/tail', { topic, ...filter, limit: first }), stop.signal);
    return () => stop.abort();
  }

  /** Listens while the page is seen, and goes on where it was, also after a failure. */
  async #run(address: string, stop: AbortSignal) {
    let id = '';
    let wait = shortest;
    while (!stop.aborted) {
      await seen(stop);
      const quiet = new AbortController();
      const signal = AbortSignal.any([stop, quiet.signal]);
      const unseen = () => document.hidden && quiet.abort();
      document.addEventListener('visibilitychange', unseen, { signal });
      try {
        const answer = await open(address, { signal, cache: 'no-store', ...(id && { headers: { 'Last-Event-ID': id } }) });
        this.problem = undefined;
        for await (const told of eventsOf(answer, () => quiet.abort())) {
          [id, wait] = [told.id, shortest];
          this.#take(JSON.parse(told.data) as Tailed, told.event !== 'recent');
        }
      } catch (cause) {
        if (signal.aborted) continue;
        this.problem = cause instanceof Problem ? cause : new Problem(0, 'The stream ended', 'The server no longer tells of this topic. It is asked again.');
      }
      await pause(wait, stop);
      wait = Math.min(2 * wait, longest);
    }
  }

  #take({ data }: Tailed, count: boolean) {
    const fresh = newOf(this.rows, data.messages);
    if (count) this.seen += fresh.length + data.skipped;
    this.skipped += data.skipped;
    this.rows = [...fresh, ...this.rows].sort(newestFirst).slice(0, kept);
  }
}

/** Waits until the page is seen, or it is stopped. */
function seen(stop: AbortSignal): Promise<void> {
  if (!document.hidden || stop.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    document.addEventListener('visibilitychange', () => resolve(), { once: true, signal: stop });
    stop.addEventListener('abort', () => resolve(), { once: true });
  });
}
