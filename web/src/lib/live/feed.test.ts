import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Feed, type Message } from './feed';

/** A request of the feed, which the test answers. */
class Asked {
  readonly url: string;
  readonly lastID: string | null;
  readonly signal: AbortSignal;
  #answer: (r: Response) => void = () => {};
  #stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  readonly answer = new Promise<Response>((resolve) => (this.#answer = resolve));

  constructor(url: string, init: RequestInit) {
    this.url = url;
    this.lastID = new Headers(init.headers).get('Last-Event-ID');
    this.signal = init.signal as AbortSignal;
  }

  open() {
    const body = new ReadableStream<Uint8Array>({ start: (c) => void (this.#stream = c) });
    this.signal.addEventListener('abort', () => this.#stream?.error(new Error('aborted')));
    this.#answer(new Response(body));
  }

  refuse(status: number) {
    this.#answer(new Response('{}', { status }));
  }

  tell(event: string, id: string, body: string) {
    this.#stream?.enqueue(new TextEncoder().encode(`event: ${event}\nid: ${id}\ndata: ${body}\n\n`));
  }

  end() {
    this.#stream?.close();
  }
}

let asked: Asked[];
beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    const a = new Asked(url, init);
    asked.push(a);
    return a.answer;
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A page that remembers what it was told. */
class Page {
  told: Message[] = [];
  postMessage(message: Message) {
    this.told.push(message);
  }
}

const newest = () => asked.at(-1) as Asked;
/** Lets promises and streams go on; at most a tenth of a second passes. */
const settle = () => vi.advanceTimersByTimeAsync(100);

test('pages share one stream, and each is told what it wants', async () => {
  const feed = new Feed();
  const [first, second] = [new Page(), new Page()];
  feed.wish(first, ['sales']);
  newest().open();
  await settle();
  newest().tell('sales', 'B-1', '1');
  await settle();
  feed.wish(second, ['alerts', 'sales']);
  expect(asked.map((a) => a.url)).toEqual(['/api/v1/stream?topics=sales', '/api/v1/stream?topics=alerts,sales']);
  expect(asked[0]?.signal.aborted).toBe(true);
  newest().open();
  await settle();
  newest().tell('alerts', 'B-2', '2');
  newest().tell('sales', 'B-3', '3');
  await settle();
  expect(first.told.filter((m) => 'topic' in m)).toEqual([{ topic: 'sales', body: '1' }, { topic: 'sales', body: '3' }]);
  // The second has at once what is known already.
  expect(second.told.filter((m) => 'topic' in m)).toEqual([{ topic: 'sales', body: '1' }, { topic: 'alerts', body: '2' }, { topic: 'sales', body: '3' }]);

  feed.wish(first, []);
  expect(asked.length).toBe(2);
  feed.wish(second, []);
  expect(newest().signal.aborted).toBe(true);
});

test('a lost stream is opened again where it was, later and later', async () => {
  const feed = new Feed();
  const page = new Page();
  feed.wish(page, ['sales']);
  expect(newest().lastID).toBeNull();
  newest().open();
  await settle();
  newest().tell('sales', 'B-7', '7');
  await settle();
  newest().end();
  await settle();
  expect(page.told.at(-1)).toEqual({ state: 'reconnecting' });
  for (let failures = 0; failures < 8; failures++) {
    const tries = asked.length;
    await vi.advanceTimersByTimeAsync(8_000);
    expect(asked.length).toBeGreaterThan(tries);
    expect(asked.length).toBeLessThanOrEqual(tries + 1);
    expect(newest().lastID).toBe('B-7');
    newest().refuse(503);
    await settle();
  }
  await vi.advanceTimersByTimeAsync(8_000);
  newest().open();
  await settle();
  newest().tell('resync', 'C-0', '{}');
  newest().tell('sales', 'C-1', '8');
  await settle();
  expect(page.told.slice(-2)).toEqual([{ state: 'live' }, { topic: 'sales', body: '8' }]);
});

test('a stream that has fallen silent is given up', async () => {
  const feed = new Feed();
  feed.wish(new Page(), ['sales']);
  newest().open();
  await settle();
  await vi.advanceTimersByTimeAsync(39_000);
  expect(asked.length).toBe(1);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(asked.length).toBe(2);
});

test('without a session a page is asked to see to it', async () => {
  const feed = new Feed();
  const page = new Page();
  feed.wish(page, ['sales']);
  newest().refuse(401);
  await settle();
  expect(page.told.at(-1)).toEqual({ state: 'out' });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked.length).toBe(2);
});

test('where a topic is not known, all that are known are asked for', async () => {
  const feed = new Feed();
  const page = new Page();
  feed.wish(page, ['pipeline', 'sales']);
  newest().refuse(422);
  await settle();
  expect(newest().url).toBe('/api/v1/stream');
  newest().open();
  await settle();
  newest().tell('stock', 'B-1', '1');
  newest().tell('sales', 'B-2', '2');
  await settle();
  expect(page.told.filter((m) => 'topic' in m)).toEqual([{ topic: 'sales', body: '2' }]);
});

test('a page that says nothing any more is forgotten', async () => {
  const feed = new Feed();
  const [gone, stays] = [new Page(), new Page()];
  feed.wish(gone, ['alerts']);
  feed.wish(stays, ['sales']);
  expect(newest().url).toBe('/api/v1/stream?topics=alerts,sales');
  await vi.advanceTimersByTimeAsync(60_000);
  feed.wish(stays, ['sales']);
  await vi.advanceTimersByTimeAsync(60_000);
  feed.wish(stays, ['sales']);
  expect(newest().url).toBe('/api/v1/stream?topics=sales');
});
