import type { components } from '../api/schema';

type Given = components['schemas']['Session'];
type Scope = Given['scopes'][number];

const path = '/api/v1/session';
const unanswered = 60_000; // milliseconds until it is tried again

/**
 * Who asks. The key goes to the server once; after that a cookie speaks for the page, which no script
 * can read. It outlives a reload, and is renewed while the page is open.
 */
class Session {
  state = $state<'asking' | 'out' | 'in'>('asking');
  #scopes = $state.raw<Scope[]>([]);
  #resuming: Promise<boolean> | undefined;
  #renewal: ReturnType<typeof setTimeout> | undefined;

  /** Whether a scope was given: read, ingest or admin. */
  may(scope: Scope): boolean {
    return this.#scopes.includes(scope);
  }

  /** Goes on with the session that the browser has, or with one that this server gives without a key. */
  resume(): Promise<boolean> {
    this.#resuming ??= this.#resume().finally(() => (this.#resuming = undefined));
    return this.#resuming;
  }

  /** Begins a session with key; returns why it is not taken, or undefined. */
  async signIn(key: string): Promise<string | undefined> {
    const answer = await call('POST', { 'X-API-Key': key });
    if (answer?.ok) {
      this.#take((await answer.json()) as Given);
      return undefined;
    }
    if (!answer) return 'The server does not answer.';
    const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
    return problem.detail ?? `The server answered with status ${answer.status}.`;
  }

  /** Asks for a key, for instance one that may do more. The session goes on until there is another. */
  leave() {
    this.state = 'out';
  }

  /** Ends the session. */
  async signOut() {
    await call('DELETE');
    this.#lose();
  }

  async #resume(): Promise<boolean> {
    let answer = await call('GET');
    if (answer?.status === 401) answer = await call('POST');
    if (answer?.ok) this.#take((await answer.json()) as Given);
    else if (answer || this.state === 'asking') this.#lose();
    return answer?.ok ?? false;
  }

  #take({ scopes, expires }: Given) {
    this.#scopes = scopes;
    this.state = 'in';
    clearTimeout(this.#renewal);
    if (expires !== null) this.#renewAfter((Date.parse(expires) - Date.now()) / 2);
  }

  /** Has another cookie take the place of this one; while the server does not answer, again later. */
  #renewAfter(wait: number) {
    this.#renewal = setTimeout(async () => {
      const answer = await call('POST');
      if (answer?.ok) this.#take((await answer.json()) as Given);
      else if (!answer) this.#renewAfter(unanswered);
    }, wait);
  }

  #lose() {
    clearTimeout(this.#renewal);
    this.#scopes = [];
    this.state = 'out';
  }
}

/** Asks about the session; undefined if there is no answer. */
function call(method: string, headers: Record<string, string> = {}): Promise<Response | undefined> {
  return fetch(path, { method, headers }).catch(() => undefined);
}

export const session = new Session();
