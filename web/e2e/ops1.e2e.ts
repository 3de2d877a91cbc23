import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { address, at, launch, open, patience, settled, signedIn } from './browser';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

/** What the API answers to the page that asks as this one does. */
async function answer<T>(page: Page, path: string): Promise<T> {
  const response = await page.request.get(address + path);
  expect(response.status(), path).toBe(200);
  return ((await response.json()) as { data: T }).data;
}

/** The cells of a table, row by row. */
const cells = (page: Page, name: string) =>
  page.getByRole('region', { name, exact: true }).last().locator('tbody tr').evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent?.trim() ?? '')));

const number = (text = '') => Number(text.replaceAll(',', ''));

interface Message {
  partition: number;
  offset: number;
  key: string;
  value: string;
}

test('the picture shows every part, and leads to it', async () => {
  const page = await open(browser, '/ops');
  const picture = page.getByRole('group', { name: /^The pipeline from shoppers to the API/ });
  for (const part of ['Shoppers', 'Log', 'Stream', 'Live tables', 'Lake', 'Batch', 'Warehouse', 'API']) {
    await picture.getByRole('link', { name: part }).waitFor();
  }
  // Rates are known once it was looked at twice.
  await picture.locator('svg text').filter({ hasText: /^\d[\d,.]*\/s$/ }).first().waitFor({ timeout: patience });
  await page.getByRole('button', { name: 'View Pipeline as table' }).click();
  expect((await cells(page, 'Pipeline')).map(([from, , to]) => `${from} ${to}`)).toContain('Log Stream');
  await page.getByRole('button', { name: 'View Pipeline as table' }).click();
  await picture.getByRole('link', { name: 'Stream' }).click();
  await page.getByRole('heading', { level: 1, name: 'Processors' }).waitFor();
  await page.context().close();
});

test('a message is what the API says it is', async () => {
  const page = await open(browser, '/ops/topics');
  await page.getByRole('link', { name: 'transactions', exact: true }).click();
  await settled(page);
  await page.getByRole('combobox', { name: 'Show' }).selectOption('earliest');
  await page.getByRole('combobox', { name: 'Partition' }).selectOption('0');
  await page.getByRole('combobox', { name: 'At most' }).selectOption('20');
  await page.getByRole('button', { name: 'Look', exact: true }).click();
  await at(page, '/ops/topics?topic=transactions&partition=0&limit=20&seek=earliest');
  await settled(page);
  const want = (await answer<{ messages: Message[] }>(page, '/api/v1/ops/topics/transactions/messages?seek=earliest&partition=0&limit=20')).messages;
  const shown = await cells(page, 'Messages'); // without the spaces at the end, with which the generator makes some too long
  expect(shown.map((row) => [number(row[2]), number(row[3]), row[4]])).toEqual(want.map((m) => [m.partition, m.offset, m.key]));
  // To show how two texts of half a megabyte differ takes minutes.
  expect(shown.findIndex((row, i) => row[5] !== want[i]?.value.trim()), 'row whose text is another one').toBe(-1);

  await page.getByRole('button', { name: `Details of 0-${want[0]?.offset}`, exact: true }).click();
  expect(JSON.parse((await page.locator('pre').textContent()) ?? '')).toEqual(JSON.parse(want[0]?.value ?? ''));

  await page.getByLabel('Key contains').fill(want[1]?.key ?? '');
  await page.getByRole('button', { name: 'Look', exact: true }).click();
  await page.waitForURL(/key=/);
  await expect.poll(async () => new Set((await cells(page, 'Messages')).map((row) => row[4])), { timeout: patience }).toEqual(new Set([want[1]?.key]));
  await page.context().close();
});

test('a topic is followed as it grows, and what came stays when that ends', async () => {
  const page = await open(browser, '/ops/topics?topic=product_views');
  await page.getByRole('button', { name: 'Follow live' }).click();
  const note = page.getByText(/came since it (is|was) followed/);
  await expect.poll(async () => number(/^[\d,]+/.exec((await note.textContent()) ?? '')?.[0]), { timeout: patience }).toBeGreaterThan(5);
  expect(await page.getByLabel('Key contains').isDisabled()).toBe(true);
  await page.getByRole('button', { name: 'Stop following' }).click();
  await page.getByText('came since it was followed').waitFor();
  const stamps = await page.getByRole('region', { name: 'Messages' }).locator('tbody tr').evaluateAll((rows) => rows.map((row) => Date.parse(row.querySelectorAll('td')[1]?.textContent ?? '')));
  expect(stamps.length).toBeGreaterThan(5);
  expect(stamps).toEqual(stamps.toSorted((a, b) => b - a));
  expect(await page.getByLabel('Key contains').isDisabled()).toBe(false);
  await page.context().close();
});

test('the lag of a group is that of its partitions', async () => {
  const page = await open(browser, '/ops/groups');
  await page.getByRole('link', { name: 'globalmart-stream' }).click();
  await settled(page);
  const rows = await cells(page, 'How far behind, by partition');
  const { topics } = await answer<{ topics: { topic: string; partition: number }[] }>(page, '/api/v1/ops/groups/globalmart-stream');
  expect(new Set(rows.map((row) => `${row[0]} ${row[1]}`))).toEqual(new Set(topics.map((t) => `${t.topic} ${t.partition}`)));
  const lags = rows.map((row) => number(row[2]));
  expect(lags).toEqual(lags.toSorted((a, b) => b - a));
  expect(await page.getByRole('button', { name: 'Move offsets …' }).isDisabled()).toBe(true); // it has a member
  await page.context().close();
});

test('a group that nobody reads for is moved by those who saw where to', async () => {
  const context = await signedIn(browser);
  const page = await context.newPage();
  const meta = { as_of: new Date().toISOString(), source: 'system', partial: false, currency: 'USD', time_zone: 'UTC', lag_ms: 0 };
  const group = { group: 'my-reports', state: 'Empty', protocol: '', members: 0, lag: 3, share: [], topics: [{ topic: 'transactions', partition: 0, committed: 7, end_offset: 10, lag: 3, member: null }] };
  const asked: unknown[] = [];
  // The platform has no such group: of its API only the answers of these two calls are ours.
  await page.route('**/api/v1/ops/groups/my-reports', (route) => route.fulfill({ json: { data: group, meta } }));
  await page.route('**/api/v1/ops/groups/my-reports/offsets', (route) => {
    asked.push(route.request().postDataJSON());
    return route.fulfill({ status: 202, json: { data: { group: 'my-reports', topic: 'transactions', dry_run: true, partitions: [{ partition: 0, before: 7, next: 0 }] }, meta } });
  });
  await page.goto(`${address}/ops/groups?group=my-reports`);
  await settled(page);
  await page.getByRole('button', { name: 'Move offsets …' }).click();
  const dialog = page.getByRole('dialog', { name: 'Have my-reports go on elsewhere' });
  await dialog.getByRole('button', { name: 'Show where' }).click();
  await expect.poll(() => cells(page, 'Where my-reports would go on'), { timeout: patience }).toEqual([['0', '7', '0']]);
  const move = dialog.getByRole('button', { name: 'Move it' });
  expect(await move.isDisabled()).toBe(true);
  await dialog.getByLabel('Type my-reports to confirm').fill('my-reports');
  await move.click();
  await dialog.waitFor({ state: 'hidden' });
  expect(asked).toEqual([{ topic: 'transactions', to: 'earliest', dry_run: true }, { topic: 'transactions', to: 'earliest', dry_run: false }]);
  await context.close();
});

test('a job is run by hand by those who may, and its run appears', async () => {
  const page = await open(browser, '/ops/jobs');
  const before = (await answer<{ runs: { id: number }[] }>(page, '/api/v1/ops/runs?limit=1')).runs[0]?.id ?? 0;
  await page.getByRole('button', { name: 'Run now: trends' }).click();
  const dialog = page.getByRole('dialog', { name: 'Run trends now?' });
  await dialog.getByRole('button', { name: 'Run now' }).click();
  await dialog.waitFor({ state: 'hidden' });
  const newest = async () => number((await cells(page, 'Runs, the newest first'))[0]?.[0]);
  await expect.poll(newest, { timeout: patience }).toBeGreaterThan(before);
  await page.getByRole('region', { name: 'Runs, the newest first' }).last().getByRole('link').first().click();
  await page.getByRole('article', { name: 'Status' }).getByText('done').waitFor({ timeout: patience });
  await page.getByRole('article', { name: 'Status' }).getByText('started by hand').waitFor();
  await page.context().close();
});

test('who may only look is told what is missing', async () => {
  const context = await signedIn(browser);
  await context.clearCookies();
  await context.request.post(`${address}/api/v1/session`); // of this machine, without a key: it may read
  const page = await context.newPage();
  await page.goto(`${address}/ops/jobs`);
  await settled(page);
  await page.getByText('To run a job needs a key with the scope admin').waitFor();
  expect(await page.getByRole('button', { name: 'Run now: etl' }).isDisabled()).toBe(true);
  await context.close();
});
