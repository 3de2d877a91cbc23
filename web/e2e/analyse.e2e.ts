import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { at, launch, open, patience, settled } from './browser';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const percent = new Intl.NumberFormat('en-US', { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 });
const cells = (page: Page, tile: string) =>
  page.getByRole('region', { name: tile, exact: true }).last().locator('tbody tr').evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent?.trim() ?? '')));
const orders = async (page: Page) => Number((await page.getByRole('article', { name: 'Orders' }).locator('.value').getAttribute('title'))?.replaceAll(',', ''));

test('a cell of the matrix filters the customers, and lets them go again', async () => {
  const page = await open(browser, '/customers');
  await page.getByRole('button', { name: 'View What customers are worth as table' }).click();
  const all = await page.getByRole('article', { name: 'Customers with an order' }).locator('.value').getAttribute('title');
  const classed = (await cells(page, 'What customers are worth')).reduce((sum, row) => sum + Number(row[2]?.replaceAll(',', '')), 0);
  expect(classed).toBe(Number(all?.replaceAll(',', '')));

  const cell = page.getByRole('button', { name: /^Recency \d, frequency \d: [\d,]+ customers$/ }).and(page.locator(':enabled')).first();
  const [, r, f, size] = /Recency (\d), frequency (\d): ([\d,]+)/.exec((await cell.getAttribute('aria-label')) ?? '') ?? [];
  await cell.click();
  await at(page, `/customers?tables=what-customers-are-worth&r=${r}&f=${f}`);
  const title = `Customers · recency ${r}, frequency ${f}`;
  await page.getByRole('heading', { name: title }).waitFor();
  await settled(page);
  await expect.poll(async () => (await cells(page, title)).every((row) => row[6] === r && row[7] === f), { timeout: patience }).toBe(true);
  expect((await cells(page, title)).length).toBe(Math.min(15, Number(size?.replaceAll(',', ''))));
  await cell.click();
  await at(page, '/customers?tables=what-customers-are-worth');
  await page.context().close();
});

test('an order opens with lines that come to its total, and closes as it came', async () => {
  const page = await open(browser, '/sales?range=7d');
  await page.getByRole('region', { name: 'Orders', exact: true }).getByRole('button', { name: 'Completed' }).click();
  await at(page, '/sales?range=7d&status=completed');
  await settled(page);
  const first = page.getByRole('region', { name: 'Orders', exact: true }).last().locator('tbody button').first();
  const id = await first.textContent();
  await first.click();
  await at(page, `/sales?range=7d&status=completed&order=${id}`);
  const drawer = page.getByRole('dialog', { name: `Order ${id}` });
  const event = drawer.getByRole('article', { name: /^Completed/ });
  await event.waitFor();
  const minor = (rows: string) => event.locator(`${rows} [data-minor]`).evaluateAll((all) => all.map((cell) => Number((cell as HTMLElement).dataset.minor)));
  const sum = (all: number[]) => all.reduce((a, b) => a + b, 0);
  const [lines, sums, [total]] = [await minor('tbody'), await minor('tfoot tr:not(.total)'), await minor('tfoot .total')];
  expect(lines.length).toBeGreaterThan(0);
  expect(sum(lines)).toBe(sums[0]); // the subtotal
  expect(sum(sums)).toBe(total);
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'hidden' });
  await at(page, '/sales?range=7d&status=completed');
  await page.context().close();
});

test('a country that is picked sells no more than all, and a second one joins it', async () => {
  const page = await open(browser, '/sales?range=yesterday&compare=off');
  const all = await orders(page);
  await page.getByRole('button', { name: 'Country: All countries' }).click();
  await page.getByRole('checkbox', { name: 'Germany' }).check();
  await expect.poll(() => orders(page), { timeout: patience }).not.toBe(all);
  const one = await orders(page);
  expect(one).toBeGreaterThan(0);
  expect(one).toBeLessThan(all);
  await page.getByRole('checkbox', { name: 'Japan' }).check();
  await at(page, '/sales?range=yesterday&country=DE%2CJP&compare=off');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Germany: remove this filter' }).click();
  await at(page, '/sales?range=yesterday&country=JP&compare=off');
  await page.context().close();
});

test('the file of a chart is its table', async () => {
  const page = await open(browser, '/products?period=7d');
  await page.getByRole('button', { name: 'View How few products bring how much as table' }).click();
  await page.getByRole('button', { name: 'Export How few products bring how much' }).click();
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).and(page.locator(':visible')).click()]);
  const [head, ...rows] = readFileSync(await file.path(), 'utf8').trim().split('\r\n').map((line) => line.split(','));
  expect(head).toEqual(['Share of products', 'Share of revenue']);
  expect(rows.length).toBeGreaterThan(10);
  expect(await cells(page, 'How few products bring how much')).toEqual(rows.map((row) => row.map((share) => percent.format(Number(share)))));
  await page.context().close();
});

/** Saves all rows of a tile, and gives the lines of the file without its header. */
async function allRows(page: Page, tile: string): Promise<{ name: string; head: string[]; rows: string[][] }> {
  await page.getByRole('button', { name: `Export ${tile}`, exact: true }).click();
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: /^All rows \(CSV\)/ }).and(page.locator(':visible')).click()]);
  const [head = [], ...rows] = readFileSync(await file.path(), 'utf8').trim().split(/\r?\n/).map((line) => line.split(','));
  await page.getByText(`${rows.length.toLocaleString('en-US')} rows are saved.`).waitFor();
  return { name: file.suggestedFilename(), head, rows };
}

test('the file of a list that is shown page by page has all rows that the filters take', async () => {
  const page = await open(browser, '/sales?range=yesterday&status=completed&country=US');
  const orders = await allRows(page, 'Orders');
  expect(orders.name).toMatch(/^globalmart-orders-\d{4}-\d\d-\d\d\.csv$/);
  expect(orders.rows.length).toBeGreaterThan((await cells(page, 'Orders')).length);
  const values = (column: string) => [...new Set(orders.rows.map((row) => row[orders.head.indexOf(column)]))];
  expect([values('status'), values('country')]).toEqual([['completed'], ['US']]);

  await page.goto(`${new URL(page.url()).origin}/customers`);
  await settled(page);
  const [segment = '', size] = (await cells(page, 'Segments')).find((row) => Number(row[1]?.replaceAll(',', '')) > 15) ?? [];
  await page.getByRole('region', { name: 'Segments', exact: true }).last().getByRole('button', { name: segment, exact: true }).click();
  const title = `Customers · ${segment}`;
  await page.getByRole('heading', { name: title }).waitFor();
  await settled(page);
  const members = await allRows(page, title);
  expect(members.head[1]).toBe('Segment');
  expect([...new Set(members.rows.map((row) => row[1]))]).toEqual([segment]);
  expect(members.rows.length).toBe(Number(size?.replaceAll(',', '')));
  await page.context().close();
});

test('a product and a customer have addresses of their own', async () => {
  const list = await open(browser, '/products');
  const product = await list.getByRole('region', { name: 'Performance of products' }).last().locator('tbody button').first().textContent();
  await list.context().close();
  const page = await open(browser, `/products?product=${product}`);
  const drawer = page.getByRole('dialog');
  await drawer.getByRole('heading', { name: 'Prices' }).waitFor();
  await drawer.getByRole('button', { name: 'Close' }).click();
  await at(page, '/products');
  await page.getByRole('link', { name: 'Customers' }).click();
  await settled(page);
  await page.getByRole('region', { name: 'Customers', exact: true }).last().locator('tbody button').first().click();
  await page.getByRole('dialog').getByRole('heading', { name: 'Timeline' }).waitFor();
  await page.context().close();
});
