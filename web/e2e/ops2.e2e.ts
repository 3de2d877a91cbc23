import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { address, key, launch, open, patience, settled } from './browser';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

/** Asks the API as a program would. */
async function data<T>(path: string): Promise<T> {
  const answer = await fetch(address + path, { headers: { 'X-API-Key': key } });
  if (!answer.ok) throw new Error(`${path}: status ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { data: T }).data;
}

/** The cells of the table in a tile, row by row. */
function cells(page: Page, title: string): Promise<string[][]> {
  const rows = page.getByRole('region', { name: title, exact: true }).last().locator('tbody tr');
  return rows.evaluateAll((all) => all.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent?.trim() ?? '')));
}

test('a filter in the warehouse gives the rows that the API gives', async () => {
  const page = await open(browser, '/ops/warehouse');
  await page.getByLabel('Find a table or a column').fill('mart_segment');
  await page.getByRole('link', { name: 'mart_segment', exact: true }).click();
  await settled(page);
  await page.getByLabel('Column', { exact: true }).selectOption('customers');
  await page.getByLabel('Operator').selectOption('ge');
  await page.getByLabel('Value').fill('1');
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.getByRole('button', { name: 'customers ≥ 1: remove this filter' }).waitFor();
  await page.getByRole('columnheader', { name: 'customers' }).getByRole('button').click();
  await page.waitForFunction(() => location.search.includes('order=-customers'));
  await settled(page);
  const { columns, rows } = await data<{ columns: { name: string }[]; rows: Record<string, unknown>[] }>('/api/v1/ops/warehouse/mart_segment?filter=customers:ge:1&sort=-customers');
  const want = rows.map((row) => columns.map(({ name }) => String(row[name] ?? '–')));
  expect(want.length).toBeGreaterThan(0);
  await expect.poll(() => cells(page, 'Rows of mart_segment'), { timeout: patience }).toEqual(want);
  await page.context().close();
});

interface Letter { id: string; topic: string; reason: string }
interface Message { partition: number; offset: number; value: string | null; headers: { key: string; value: string }[] }

test('a dead letter that was mended is sent to its topic again', async () => {
  const all = await data<{ letters: Letter[] }>('/api/v1/ops/dead-letters?topic=product_views&limit=1');
  const letter = all.letters[0] as Letter;
  const messages = (query: string) => data<{ messages: Message[] }>(`/api/v1/ops/topics/${letter.topic}/messages?${query}`).then((found) => found.messages);
  const page = await open(browser, `/ops/letters?topic=${letter.topic}&letter=${letter.id}`);
  const drawer = page.getByRole('dialog', { name: `Dead letter ${letter.id}` });
  await drawer.getByRole('button', { name: 'Send again' }).click();
  await drawer.getByText('not sent: they would be refused again').waitFor();

  // The newest ones may be refused a moment later: what is taken is the oldest of those that were there before the letters.
  const newest = await messages('seek=latest&limit=200');
  const dead = new Set((await data<{ letters: Letter[] }>(`/api/v1/ops/dead-letters?topic=${letter.topic}&limit=1000`)).letters.map((l) => l.id));
  const good = newest.findLast((m) => m.headers.length === 0 && !dead.has(`${letter.topic}-${m.partition}-${m.offset}`));
  await drawer.getByRole('button', { name: 'Mend it …' }).click();
  await drawer.getByLabel('The event as it should be').fill(good?.value ?? '');
  const before = new Date().toISOString();
  await drawer.getByRole('button', { name: 'Send what is mended' }).click();
  await drawer.getByText('1 record sent again').waitFor();
  await expect.poll(async () => (await messages(`seek=time&time=${before}&limit=500`)).some((m) => m.headers.some((h) => h.value === letter.id)), { timeout: patience }).toBe(true);
  await page.context().close();
});

test('all of a reason are sent again only by those who say how many', async () => {
  const [letter] = (await data<{ letters: Letter[] }>('/api/v1/ops/dead-letters?limit=1')).letters;
  const page = await open(browser, `/ops/letters?reason=${letter?.reason}`);
  await page.getByRole('button', { name: 'Send again …' }).click();
  const dialog = page.getByRole('dialog', { name: /^Send [\d,]+ records? again$/ });
  const send = dialog.getByRole('button', { name: 'Send again' });
  expect(await send.isDisabled()).toBe(true);
  const count = /[\d,]+/.exec((await dialog.getByRole('heading').textContent()) ?? '')?.[0].replaceAll(',', '') ?? '';
  await dialog.getByRole('textbox').fill(count);
  expect(await send.isDisabled()).toBe(false);
  await dialog.getByRole('textbox').fill(`${count}1`);
  expect(await send.isDisabled()).toBe(true);
  await page.context().close();
});

test('the proof is run, and finds no difference', async () => {
  const page = await open(browser, '/ops/proof');
  const runs = () => data<{ past: { started: string }[] }>('/api/v1/ops/verify').then((state) => state.past[0]?.started);
  const before = await runs();
  await page.getByRole('button', { name: 'Prove it now' }).click();
  await expect.poll(runs, { timeout: patience }).not.toBe(before);
  await page.getByText('Every number agrees: 0 differences').waitFor();
  const found = (await cells(page, 'What must be true')).map((row) => row.at(-1));
  expect(found.length).toBeGreaterThan(5);
  expect(new Set(found)).toEqual(new Set(['0, holds']));
  await page.context().close();
});

test('what Explore shows is the answer to the call that it shows', async () => {
  const page = await open(browser, '/explore?range=yesterday&compare=off&by=category&measure=orders');
  const call = await page.getByText(/^GET \/api\/v1\//).textContent();
  const { parts } = await data<{ parts: { name: string; orders: number }[] }>(call?.replace('GET ', '') ?? '');
  expect(parts.length).toBeGreaterThan(0);
  expect(await cells(page, 'Orders by category: figures')).toEqual(parts.map((p) => [p.name, p.orders.toLocaleString('en-US')]));
  expect(await page.getByText(/^curl /).textContent()).not.toContain(key);
  await page.context().close();
});
