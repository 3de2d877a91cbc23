import { untrack } from 'svelte';
import { ask } from '../../lib/api/question.svelte';
import { Pulse } from '../../lib/live/pulse';
import { live } from '../../lib/state/live.svelte';

const minutes = 18; // asked for: the line and the minute before its beginning
const shown = 15 * 60_000; // milliseconds of the line
const step = 5_000;
const minute = 60_000;
const moment = 10_000; // milliseconds over which orders a second are taken

/** A point of the line: what was sold in the minute before it. */
export interface Point {
  at: number; // milliseconds
  orders: number;
  revenue: number; // minor units
}

/** How fast the shop sells, from the stream. Make it while a component is set up. */
export class Beat {
  /** Now: orders a second, and revenue of the last minute; undefined until they are known. */
  now = $state.raw<{ orders: number; revenue: number | undefined }>();
  /** The last 15 minutes, the newest last. */
  points = $state.raw<Point[]>([]);
  readonly past = ask('/api/v1/sales/metrics', () => ({ granularity: 'minute' as const, limit: minutes }));
  #pulse = new Pulse();
  #told = $derived(live.now.sales); // the same until the stream tells another
  #used: unknown; // the answer whose minutes the pulse has, or can no longer use

  constructor() {
    $effect(() => {
      const told = this.#told;
      if (!told?.meta.as_of) return;
      const { orders, net_revenue_minor: revenue } = told.data.today;
      untrack(() => this.#add({ at: Date.parse(told.meta.as_of ?? ''), orders, revenue }));
    });
    $effect(() => {
      const { data, meta } = this.past;
      if (data && meta?.as_of) untrack(() => this.#draw());
    });
  }

  #add(sample: Point) {
    const complete = this.#pulse.complete;
    this.#pulse.add(sample);
    if (complete && !this.#pulse.complete) {
      this.#used = this.past.meta;
      this.past.retry();
    }
    this.#draw();
  }

  #draw() {
    const newest = this.#pulse.newest;
    if (newest === undefined) return;
    const { data, meta } = this.past;
    if (!this.#pulse.complete && data && meta?.as_of && meta !== this.#used) {
      const all = data.windows.length < minutes;
      this.#pulse.precede(data.windows, Date.parse(meta.as_of), all ? newest - shown - 2 * minute : undefined);
    }
    const fast = this.#pulse.within(newest, moment);
    this.now = fast && { orders: fast.orders / (moment / 1000), revenue: this.#pulse.within(newest, minute)?.revenue };
    const instants = [];
    for (let at = Math.ceil((newest - shown) / step) * step; at < newest; at += step) instants.push(at);
    this.points = [...instants, newest].flatMap((at) => {
      const sold = this.#pulse.within(at, minute);
      return sold ? [{ at, ...sold }] : [];
    });
  }
}
