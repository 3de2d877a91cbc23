import { eventsOf, pause, type Told } from './events';

const path = '/api/v1/stream';
const shortest = 500; // milliseconds before it is tried again, twice as long with each failure
const longest = 8_000;
const forgotten = 90_000; // milliseconds without a word after which a page counts as gone

/** What a page says: the topics it wants to be told of. It says so again and again while it wants them. */
export type Wish = string[];

/** How the stream is. `out`: the server wants a session, which the page is to see to. */
export type State = 'connecting' | 'live' | 'reconnecting' | 'out';

/** What a page is told. */
export type Message = { state: State } | { topic: string; body: string };

/** One end of a channel to a page. */
export interface Line {
  postMessage(message: Message): void;
}

/**
 * The one stream of this browser: it asks for the topics that its pages want, and passes each frame on
 * to those that want it. Frames are whole states, so what is missed while it is away is made up for by
 * the next one.
 */
export class Feed {
  #pages = new Map<Line, { topics: Wish; heard: number }>();
  #newest = new Map<string, string>(); // bodies by topic
  #state: State = 'connecting';
  #topics: Wish = [];
  #stop = new AbortController();

  /** A page wants topics; none: it goes. */
  wish(page: Line, topics: Wish) {
    const before = this.#pages.get(page)?.topics ?? [];
    if (topics.length === 0) this.#pages.delete(page);
    else this.#pages.set(page, { topics, heard: Date.now() });
    this.#forget();
    this.#follow();
    const wanted = topics.filter((topic) => !before.includes(topic));
    if (wanted.length === 0) return;
    page.postMessage({ state: this.#state });
    for (const topic of wanted) {
      const body = this.#newest.get(topic);
      if (body !== undefined) page.postMessage({ topic, body });
    }
  }

  #forget() {
    for (const [page, { heard }] of this.#pages) if (Date.now() - heard > forgotten) this.#pages.delete(page);
  }

  /** Asks anew when other topics are wanted than before. */
  #follow() {
    const topics = [...new Set([...this.#pages.values()].flatMap((page) => page.topics))].sort();
    if (String(topics) === String(this.#topics)) return;
    this.#topics = topics;
    this.#stop.abort();
    this.#stop = new AbortController();
    for (const topic of this.#newest.keys()) if (!topics.includes(topic)) this.#newest.delete(topic);
    if (topics.length > 0) void this.#run(topics, this.#stop.signal);
    else this.#state = 'connecting';
  }

  /** Listens, and listens again, until it is stopped. */
  async #run(topics: Wish, stop: AbortSignal) {
    let id = '';
    let wait = shortest;
    while (!stop.aborted) {
      try {
        for await (const told of listen(topics, id, stop, () => this.#become('live'))) {
          wait = shortest;
          id = told.id;
          this.#pass(told);
        }
      } catch (cause) {
        if (stop.aborted) return;
        this.#become(cause instanceof SignedOut ? 'out' : 'reconnecting');
      }
      await pause(wait, stop);
      wait = Math.min(2 * wait, longest);
    }
  }

  #pass({ event, data }: Told) {
    if (event === 'resync') return; // what there is now follows
    this.#newest.set(event, data);
    for (const [page, { topics }] of this.#pages) if (topics.includes(event)) page.postMessage({ topic: event, body: data });
  }

  #become(state: State) {
    if (state === this.#state && state !== 'out') return;
    this.#state = state;
    for (const page of this.#pages.keys()) page.postMessage({ state });
  }
}

/** The server knows no session. */
class SignedOut extends Error {}

/** Opens the stream and yields what it tells after the event id. Throws when it ends. */
async function* listen(topics: Wish, id: string, stop: AbortSignal, opened: () => void): AsyncGenerator<Told> {
  const quiet = new AbortController();
  const headers = id ? { 'Last-Event-ID': id } : undefined;
  const answer = await fetch(topics.length > 0 ? `${path}?topics=${topics.join(',')}` : path, { ...(headers && { headers }), cache: 'no-store', signal: AbortSignal.any([stop, quiet.signal]) });
  if (answer.status === 401) throw new SignedOut();
  if (answer.status === 422 && topics.length > 0) {
    yield* listen([], id, stop, opened); // one of them is not known to this process: all that are
    return;
  }
  if (!answer.ok) throw new Error(`stream: status ${answer.status}`);
  opened();
  yield* eventsOf(answer, () => quiet.abort());
}
