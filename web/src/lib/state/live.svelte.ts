import { untrack } from 'svelte';
import type { Answer, Data } from '../api/client';
import { Feed, type Message, type Wish } from '../live/feed';
import { session } from './session.svelte';

type Dashboard = Data<'/api/v1/monitoring/dashboard'>;

/** What each topic of the stream tells. */
export interface Topics {
  sales: Dashboard['sales'] & Dashboard['rates'];
  stock: Dashboard['stock'];
  sessions: Dashboard['sessions'];
  carts: Dashboard['carts'];
  anomalies: Dashboard['anomalies'];
  alerts: Dashboard['open_alerts'];
  pipeline: Dashboard['pipeline'];
}
export type Topic = keyof Topics;
type Told = { [T in Topic]?: Answer<Topics[T]> };

const again = 20_000; // milliseconds between two times that the wish is said
const unseen = 60_000; // milliseconds that a page which nobody sees still listens
const letGo = 1_000; // milliseconds after which what nobody watches any more is let go: the next page may
const lost = 5_000; // milliseconds without the stream after which the reader is told

/**
 * What happens now: the newest frame of each topic that a component watches. All pages of a browser
 * share one stream; a page that nobody sees leaves it after a minute.
 */
class Live {
  state = $state<'off' | 'connecting' | 'live' | 'paused' | 'reconnecting'>('off');
  now = $state.raw<Told>({});
  /** The stream has been away for so long that the reader should know. */
  lost = $state(false);
  #hidden = $state(false);
  readonly paused = $derived(this.state === 'paused');
  /** Nothing is to be asked again by itself. */
  readonly resting = $derived(this.paused || this.#hidden);
  #watched = new Map<Topic, number>();
  #line: MessagePort | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #alarm: ReturnType<typeof setTimeout> | undefined;
  #leaving: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    document.addEventListener('visibilitychange', () => this.#seen(!document.hidden));
    addEventListener('pagehide', () => this.#wish([]));
    addEventListener('pageshow', () => this.#wish());
  }

  /** Begins to watch topics; call it in an effect, which comes to depend on nothing. Returns what ends it. */
  watch(...topics: Topic[]): () => void {
    for (const topic of topics) this.#watched.set(topic, (this.#watched.get(topic) ?? 0) + 1);
    untrack(() => this.#wish());
    return () => {
      for (const topic of topics) {
        const left = (this.#watched.get(topic) ?? 1) - 1;
        if (left > 0) this.#watched.set(topic, left);
        else this.#watched.delete(topic);
      }
      setTimeout(() => this.#wish(), letGo);
    };
  }

  /** Pauses, or resumes. */
  toggle() {
    if (this.state === 'off') return;
    const pausing = !this.paused;
    this.#become(pausing ? 'paused' : 'connecting');
    this.#wish(pausing ? [] : undefined);
  }

  /** Says which topics are wanted, and goes on saying it. */
  #wish(topics: Wish = this.paused ? [] : [...this.#watched.keys()].sort()) {
    if (this.#watched.size === 0) this.#become('off');
    else if (this.state === 'off') this.#become('connecting');
    clearInterval(this.#heartbeat);
    if (topics.length > 0) this.#heartbeat = setInterval(() => this.#line?.postMessage(topics), again);
    else if (!this.#line) return;
    this.#line ??= this.#connect();
    this.#line.postMessage(topics);
  }

  #connect(): MessagePort {
    const line = typeof SharedWorker === 'undefined' ? alone() : new SharedWorker(new URL('../live/worker.ts', import.meta.url), { type: 'module' }).port;
    line.onmessage = ({ data }: MessageEvent<Message>) => this.#hear(data);
    return line;
  }

  #hear(message: Message) {
    if (this.state === 'off' || this.paused) return;
    if ('topic' in message) {
      this.now = { ...this.now, [message.topic]: JSON.parse(message.body) as unknown };
      this.#become('live');
    } else if (message.state === 'out') {
      this.#become('reconnecting');
      void session.resume();
    } else if (message.state === 'reconnecting') {
      this.#become('reconnecting');
    }
  }

  #become(state: typeof this.state) {
    if (state === this.state) return;
    this.state = state;
    clearTimeout(this.#alarm);
    this.lost = false;
    if (state === 'reconnecting') this.#alarm = setTimeout(() => (this.lost = true), lost);
  }

  #seen(visible: boolean) {
    clearTimeout(this.#leaving);
    this.#hidden = !visible;
    if (visible) this.#wish();
    else this.#leaving = setTimeout(() => this.#wish([]), unseen);
  }
}

/** A stream of this page's own, where the browser has no shared workers. */
function alone(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  const feed = new Feed();
  port2.onmessage = ({ data }: MessageEvent<Wish>) => feed.wish(port2, data);
  return port1;
}

export const live = new Live();
