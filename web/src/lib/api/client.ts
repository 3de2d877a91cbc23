import type { paths } from './schema';
import { session } from '../state/session.svelte';

/** What every answer rests on. */
export interface Meta {
  as_of: string | null;
  source: 'stream' | 'warehouse' | 'both' | 'lake' | 'system';
  seam?: string;
  partial: boolean;
  currency: string;
  time_zone: string;
  lag_ms: number | null;
}

/** The body of every answer that carries data. */
export interface Answer<T> {
  data: T;
  meta: Meta;
}

type Method = 'get' | 'post';
type With<M extends Method> = { [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never }[keyof paths];
type DataOf<Op> = Op extends { responses: infer R } ? { [S in keyof R]: R[S] extends { content: { 'application/json': { data: infer D } } } ? D : never }[keyof R & (200 | 202)] : never;
type InQuery<Op> = Op extends { parameters: { query?: infer Q } } ? ([NonNullable<Q>] extends [never] ? unknown : Partial<NonNullable<Q>>) : unknown;
type InPath<Op> = Op extends { parameters: { path: infer V } } ? V : unknown;

/** A path that answers GET with data. */
export type Path = With<'get'>;

/** What a path answers with status 200, without its meta. */
export type Data<P extends Path> = DataOf<paths[P]['get']>;

/** The parameters of a path: those of the query, and those that stand in it like {topic}. */
export type Query<P extends Path> = InQuery<paths[P]['get']> & InPath<paths[P]['get']>;

/** A path at which something is done, by POST. */
export type Action = With<'post'>;

/** An error that the API or the way to it reported (RFC 9457). */
export class Problem extends Error {
  readonly status: number; // 0: there was no answer
  readonly title: string;
  readonly requestID: string | undefined;

  constructor(status: number, title: string, detail: string, requestID?: string) {
    super(detail);
    this.status = status;
    this.title = title;
    this.requestID = requestID;
  }
}

/** Asks the API. Parameters that are empty are left out. Throws a Problem. */
export function get<P extends Path>(path: P, query: Query<P>, signal: AbortSignal): Promise<Answer<Data<P>>> {
  return load(addressOf(path, query as Record<string, unknown>), { signal });
}

/** Has the API do something, which needs the scope admin. Throws a Problem. */
export function post<P extends Action>(path: P, parameters: InPath<paths[P]['post']> & InQuery<paths[P]['post']>, body?: unknown): Promise<Answer<DataOf<paths[P]['post']>>> {
  const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
  return load(addressOf(path, parameters as Record<string, unknown>), { method: 'POST', ...content });
}

/** Asks an address of the API. Throws a Problem; where the signal came first, what fetch throws then. */
export async function load<T>(address: string, init: RequestInit = {}): Promise<Answer<T>> {
  return (await open(address, init)).json() as Promise<Answer<T>>;
}

/** The same, without reading what is answered: it may be a stream. */
export async function open(address: string, init: RequestInit = {}): Promise<Response> {
  let answer = await reach(address, init);
  // The session may have been renewed by another page, or have ended with the process that knew it.
  if (answer.status === 401 && (await session.resume())) answer = await reach(address, init);
  if (answer.ok) return answer;
  throw problemOf(answer, await answer.json().catch(() => undefined));
}

async function reach(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init);
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new Problem(0, 'The server does not answer', 'It may have been stopped, or the network is down. It is asked again by itself.');
  }
}

function problemOf(answer: Response, body: unknown): Problem {
  const p = (typeof body === 'object' && body !== null ? body : {}) as { title?: string; detail?: string; instance?: string };
  return new Problem(answer.status, p.title ?? `Status ${answer.status}`, p.detail ?? 'The server gave no reason.', p.instance);
}

/** The address of a question, as one would ask it with curl. */
export function addressOf(path: Path | Action, parameters: Record<string, unknown>): string {
  const search = new URLSearchParams();
  let place: string = path;
  for (const [name, value] of Object.entries(parameters)) {
    if (value === '' || value === undefined) continue;
    if (place.includes(`{${name}}`)) place = place.replace(`{${name}}`, encodeURIComponent(String(value)));
    else search.set(name, String(value));
  }
  return place + (search.size > 0 ? `?${search}` : '');
}
