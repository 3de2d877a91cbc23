/** What was sold up to an instant, since some beginning. */
export interface Sample {
  at: number; // milliseconds
  orders: number;
  revenue: number; // minor units
}

/** What was sold in a minute. */
export interface Minute {
  start: string;
  end: string;
  partial: boolean;
  orders: number;
  net_revenue_minor: number;
}

const most = 1_200; // samples: 20 minutes of one a second
const hole = 10_000; // milliseconds without a sample over which nothing is guessed

/**
 * The sales of the last minutes as one curve of what was sold in total: from the counts by minute, and
 * from then on as the stream tells it. The total between two samples is taken to rise evenly.
 */
export class Pulse {
  #samples: Sample[] = []; // oldest first
  /** Whether it has the minutes before its first sample. */
  complete = false;

  /** Adds the newest total. After a hole, or if it fell (another day, or counted anew), what was before is let go. */
  add(sample: Sample) {
    const last = this.#samples.at(-1);
    if (last && sample.at <= last.at) return;
    if (last && (sample.orders < last.orders || sample.at - last.at > hole)) {
      this.#samples = [];
      this.complete = false;
    }
    this.#samples.push(sample);
    if (this.#samples.length > most) this.#samples.shift();
  }

  /**
   * Puts the minutes, as they were counted at an instant, before the first sample. Newest first; those
   * without a sale are left out. `since`: nothing was sold before them, from then on.
   */
  precede(minutes: Minute[], counted: number, since = Infinity) {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    const known = first && last && this.#at(Math.min(Math.max(counted, first.at), last.at));
    if (!known) return;
    const past: Sample[] = [];
    let { orders, revenue } = known;
    for (const m of minutes) {
      const [start, end] = [Date.parse(m.start), m.partial ? counted : Date.parse(m.end)];
      if (end < first.at) past.push({ at: end, orders, revenue });
      orders -= m.orders;
      revenue -= m.net_revenue_minor;
      if (start < first.at) past.push({ at: start, orders, revenue });
    }
    if (since < (past.at(-1)?.at ?? first.at)) past.push({ at: since, orders, revenue });
    this.#samples.unshift(...past.reverse());
    this.complete = true;
  }

  /** How much was sold in the time before an instant; undefined if that is not known. */
  within(at: number, milliseconds: number): Omit<Sample, 'at'> | undefined {
    const until = this.#at(at);
    const since = this.#at(at - milliseconds);
    return until && since && { orders: until.orders - since.orders, revenue: until.revenue - since.revenue };
  }

  get newest(): number | undefined {
    return this.#samples.at(-1)?.at;
  }

  /** The total at an instant, which must lie between samples. */
  #at(instant: number): Sample | undefined {
    const i = this.#samples.findIndex((s) => s.at >= instant);
    const next = this.#samples[i];
    if (!next || next.at === instant) return next;
    const last = this.#samples[i - 1];
    if (!last) return undefined;
    const part = (instant - last.at) / (next.at - last.at);
    return { at: instant, orders: last.orders + part * (next.orders - last.orders), revenue: last.revenue + part * (next.revenue - last.revenue) };
  }
}
