import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { load, addressOf } from '../api/client';
import { session } from './session.svelte';

/** What the server answers, call after call; undefined: nothing. */
let answers: (Response | undefined)[];
let calls: string[];

beforeEach(() => {
  vi.useFakeTimers();
  calls = [];
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    calls.push(`${init.method ?? 'GET'} ${path}`);
    const answer = answers.shift();
    return answer ? Promise.resolve(answer) : Promise.reject(new TypeError('network'));
  });
});
afterEach(async () => {
  answers = [new Response(null, { status: 204 })];
  await session.signOut();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const given = (scopes: string[], hours: number) => Response.json({ scopes, key: 'k', expires: new Date(Date.now() + hours * 3_600_000).toISOString() });
const refused = () => Response.json({ title: 'Unauthorized', detail: 'The API key is not known.' }, { status: 401 });

test('a page goes on with the session it has', async () => {
  answers = [given(['read', 'admin'], 12)];
  expect(await session.resume()).toBe(true);
  expect([session.state, session.may('admin'), session.may('ingest')]).toEqual(['in', true, false]);
  expect(calls).toEqual(['GET /api/v1/session']);
});

test('where a page of this machine may look without a key, nobody is asked for one', async () => {
  answers = [refused(), given(['read'], 12)];
  expect(await session.resume()).toBe(true);
  expect([session.state, session.may('admin')]).toEqual(['in', false]);
});

test('without a session a key is asked for, and a wrong one is said to be wrong', async () => {
  answers = [refused(), refused(), refused(), given(['read'], 12)];
  expect(await session.resume()).toBe(false);
  expect(session.state).toBe('out');
  expect(await session.signIn('wrong')).toBe('The API key is not known.');
  expect(await session.signIn('right')).toBeUndefined();
  expect(session.state).toBe('in');
});

test('a server that does not answer ends no session', async () => {
  answers = [given(['read'], 12), undefined];
  await session.resume();
  expect(await session.resume()).toBe(false);
  expect(session.state).toBe('in');
});

test('a session is renewed before it ends, also if the server is away for a while', async () => {
  answers = [given(['read'], 12), undefined, given(['read'], 12)];
  await session.resume();
  await vi.advanceTimersByTimeAsync(5.9 * 3_600_000);
  expect(calls.length).toBe(1);
  await vi.advanceTimersByTimeAsync(0.2 * 3_600_000);
  expect(calls.slice(1)).toEqual(['POST /api/v1/session', 'POST /api/v1/session']);
});

test('a question whose session is over is asked again with another', async () => {
  answers = [refused(), refused(), given(['read'], 12), Response.json({ data: 1, meta: {} })];
  expect(await load('/api/v1/kpis')).toEqual({ data: 1, meta: {} });
  expect(calls).toEqual(['GET /api/v1/kpis', 'GET /api/v1/session', 'POST /api/v1/session', 'GET /api/v1/kpis']);
});

test('a refusal says why', async () => {
  answers = [Response.json({ title: 'Not Found', detail: 'There is no such product.', instance: 'r1' }, { status: 404 })];
  await expect(load('/api/v1/products/x')).rejects.toMatchObject({ status: 404, title: 'Not Found', message: 'There is no such product.', requestID: 'r1' });
  answers = [];
  await expect(load('/api/v1/kpis')).rejects.toMatchObject({ status: 0 });
});

test('parameters stand in the path or follow it', () => {
  expect(addressOf('/api/v1/ops/topics/{topic}/messages', { topic: 'a/b', seek: 'latest', key: '', limit: undefined })).toBe('/api/v1/ops/topics/a%2Fb/messages?seek=latest');
});
