import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { address, canKill, launch, open, order, patience, settled, signedIn } from './browser';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const state = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).waitFor();
const figure = (page: Page, name: string) => page.getByRole('article', { name, exact: true }).locator('.value');
const numberIn = async (page: Page, name: string) => Number((await figure(page, name).textContent())?.replaceAll(/[^\d.]/g, '') || NaN);
const orders = (page: Page) => numberIn(page, 'Orders today');

/** The same on the executive page. */
const ordersToday = async (page: Page) => Number((await page.getByRole('region', { name: 'The whole shop, live' }).locator('dd').first().textContent())?.replaceAll(',', ''));

/** Waits until a figure is higher than before. */
async function rises(figure: () => Promise<number>) {
  await expect.poll(figure, { timeout: patience }).toBeGreaterThanOrEqual(0);
  const before = await figure();
  await expect.poll(figure, { timeout: patience }).toBeGreaterThan(before);
}

test('live figures rise, and stand still while they are paused', async () => {
  const page = await open(browser, '/live');
  await state(page, 'Live');
  await rises(() => orders(page));
  await expect.poll(() => numberIn(page, 'Orders a second'), { timeout: patience }).toBeGreaterThan(0);

  await page.getByRole('button', { name: 'Live', exact: true }).click();
  await state(page, 'Paused');
  const before = await orders(page);
  const asked: string[] = [];
  page.on('request', (r) => asked.push(r.url()));
  await new Promise((passed) => setTimeout(passed, 3_000)); // events are looked for every two seconds
  expect(asked).toEqual([]);
  expect(await orders(page)).toBe(before);

  await page.getByRole('button', { name: 'Paused', exact: true }).click();
  await state(page, 'Live');
  await rises(() => orders(page));
  await page.context().close();
});

test('the executive page follows the stream, and says how its sources are', async () => {
  const page = await open(browser, '/');
  await rises(() => ordersToday(page));
  await page.getByRole('region', { name: 'Data health' }).getByText('from event to result').waitFor();
  await page.context().close();
});

test('the line reaches back a quarter of an hour and moves with the stream', async () => {
  const page = await open(browser, '/live');
  await page.getByRole('button', { name: 'View Net revenue a minute as table' }).click();
  const rows = page.getByRole('region', { name: 'Net revenue a minute' }).last().locator('tbody tr');
  const first = () => rows.first().locator('td').first().textContent();
  const last = () => rows.last().locator('td').first().textContent();
  await expect.poll(() => rows.count(), { timeout: patience }).toBeGreaterThanOrEqual(180);
  const [oldest, newest] = [await first(), await last()];
  const seconds = (clock: string | null) => (clock ?? '').split(':').reduce((sum, part) => 60 * sum + Number(part), 0);
  expect((seconds(newest) - seconds(oldest) + 86_400) % 86_400).toBeGreaterThanOrEqual(890);
  await expect.poll(last, { timeout: patience }).not.toBe(newest);
  await page.context().close();
});

test('events are shown as they come, by kind, and stand still under the pointer', async () => {
  const page = await open(browser, '/live');
  const rows = page.getByRole('region', { name: 'Events', exact: true }).last().locator('tbody tr');
  const newest = () => rows.first().textContent();
  await expect.poll(() => rows.count(), { timeout: patience }).toBeGreaterThan(20);
  await page.getByRole('button', { name: 'Orders', exact: true }).last().click();
  await page.mouse.move(0, 0);
  await page.getByRole('button', { name: 'Orders', exact: true }).last().blur();
  const others = async () => (await rows.locator('td:nth-child(2)').allTextContents()).filter((text) => !text.startsWith('Order '));
  await expect.poll(others, { timeout: patience }).toEqual([]);
  const before = await newest();
  await expect.poll(newest, { timeout: patience }).not.toBe(before);
  await rows.first().hover();
  await page.getByText('held while you read').waitFor();

  const link = rows.first().getByRole('link');
  const search = new URL((await link.getAttribute('href')) ?? '', address).searchParams;
  await link.click();
  await page.getByRole('heading', { name: 'Messages' }).waitFor();
  await settled(page);
  const message = page.getByRole('region', { name: 'Messages', exact: true }).last().locator('tbody tr');
  expect(await message.count()).toBe(1);
  expect((await message.locator('td').allTextContents()).slice(2, 4).map((text) => text.trim().replaceAll(',', ''))).toEqual([search.get('partition'), search.get('offset')]);
  await page.context().close();
});

test('eight pages of one browser are live, by one stream', async () => {
  const context = await signedIn(browser);
  const streams: string[] = [];
  context.on('request', (r) => {
    if (r.url().includes('/api/v1/stream')) streams.push(r.url());
  });
  const pages: Page[] = [];
  for (let i = 0; i < 8; i++) {
    const page = await context.newPage();
    await page.goto(address);
    await settled(page);
    pages.push(page);
  }
  for (const page of pages) {
    await state(page, 'Live');
    await rises(() => ordersToday(page));
  }
  expect(streams).toEqual([]); // none is a page's own: the worker that they share has it
  await context.close();
});

test.runIf(canKill)('a server that is killed is waited for, and nothing is missing afterwards', async () => {
  const page = await open(browser, '/live');
  await state(page, 'Live');
  await rises(() => orders(page));
  const before = await orders(page);
  await order('kill');
  await state(page, 'Reconnecting …');
  await page.getByText('The server does not answer.').first().waitFor();
  expect(await orders(page)).toBeGreaterThanOrEqual(before);
  await order('start');
  await state(page, 'Live');
  await page.getByRole('alert').getByText('The server does not answer.').waitFor({ state: 'hidden' });
  await rises(() => orders(page));
  expect(await orders(page)).toBeGreaterThan(before);
  // The line has every step of the time that the server was away.
  await page.getByRole('button', { name: 'View Net revenue a minute as table' }).click();
  const rows = page.getByRole('region', { name: 'Net revenue a minute' }).last().locator('tbody tr');
  await expect.poll(() => rows.count(), { timeout: patience }).toBeGreaterThanOrEqual(180);
  await page.context().close();
});
