import type { All } from '../api/all';
import { save } from '../chart/table';
import type { Format } from '../format/format';
import { toasts } from './toasts.svelte';

/** Saves all rows of a list: it may take a while, and can be stopped. */
export class Saving {
  read = $state(0); // rows so far
  #stopping = $state.raw<AbortController>();

  get running() {
    return this.#stopping !== undefined;
  }

  async run(all: All['get'], format: Format) {
    const stopping = (this.#stopping = new AbortController());
    this.read = 0;
    try {
      const { name, type, content, rows, cut } = await all(stopping.signal, (read) => (this.read = read));
      save(name, type, ...content);
      toasts.add(`${format.full('count', rows)} rows are saved${cut ? '; there may be more: filter for fewer' : ''}.`);
    } catch (cause) {
      if (!stopping.signal.aborted) toasts.add(`Not saved: ${cause instanceof Error ? cause.message : String(cause)}`);
    } finally {
      this.#stopping = undefined;
    }
  }

  stop() {
    this.#stopping?.abort();
  }
}
