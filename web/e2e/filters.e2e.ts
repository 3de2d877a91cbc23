import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { at, launch, open, settled } from './browser';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const countries = (page: Page) => page.getByRole('region', { name: 'Countries' }).last();
const country = (page: Page, name: string) => countries(page).getByRole('button', { name, exact: true });
const orders = async (page: Page) => Number((await page.getByRole('article', { name: 'Orders' }).locator('.value').getAttribute('title'))?.replaceAll(',', ''));

/** Waits until the tile of orders shows another number than before. */
async function ordersAfter(page: Page, before: number): Promise<number> {
  await expect.poll(() => orders(page), { timeout: 120_000 }).not.toBe(before);
  return orders(page);
}

test('the address holds the whole view, and back goes back', async () => {
  const page = await open(browser, '/sales');
  await page.getByLabel('Period').selectOption('7d');
  await page.getByLabel('Granularity').selectOption('hour');
  await page.getByLabel('Compare with').selectOption('off');
  await page.getByRole('button', { name: 'Orders', exact: true }).click();
  await country(page, 'Japan').click();
  await at(page, '/sales?range=7d&granularity=hour&country=JP&compare=off&metric=orders');
  await settled(page);
  await page.reload();
  await settled(page);
  expect(await page.getByLabel('Period').inputValue()).toBe('7d');
  expect(await page.getByLabel('Granularity').inputValue()).toBe('hour');
  expect(await page.getByLabel('Compare with').inputValue()).toBe('off');
  expect(await country(page, 'Japan').getAttribute('aria-pressed')).toBe('true');
  await page.getByRole('heading', { name: 'Orders over time' }).waitFor();
  await page.getByRole('link', { name: 'Executive' }).click();
  await at(page, '/?range=7d&granularity=hour&country=JP&compare=off');
  await page.goBack();
  await at(page, '/sales?range=7d&granularity=hour&country=JP&compare=off&metric=orders');
  await page.goBack();
  await at(page, '/sales?range=7d&granularity=hour&compare=off&metric=orders');
  await page.context().close();
});

test('a filter never shows more, and goes as it came', async () => {
  const page = await open(browser, '/?range=7d&compare=off');
  const all = await orders(page);
  await country(page, 'Germany').click();
  const some = await ordersAfter(page, all);
  expect(some).toBeGreaterThan(0);
  expect(some).toBeLessThan(all);
  await page.getByRole('button', { name: 'Germany: remove this filter' }).click();
  expect(await ordersAfter(page, some)).toBeGreaterThanOrEqual(all); // orders go on coming
  await page.context().close();
});

test('what is drawn over is looked at closer, and what was not known is compared with nothing', async () => {
  const page = await open(browser, '/sales?range=7d&granularity=day');
  await page.getByRole('article', { name: 'Orders' }).getByText('before: not known').waitFor(); // there are three days of history
  const all = await orders(page);
  const chart = page.getByRole('img', { name: /^Net revenue by day/ });
  const { x, y, width, height } = (await chart.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  await page.mouse.move(x + 0.8 * width, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + 0.9 * width, y + height / 2, { steps: 4 });
  await page.mouse.up();
  await page.waitForFunction(() => /from=\d{4}-\d\d-\d\d&to=\d{4}-\d\d-\d\d&granularity=day$/.test(location.search));
  await expect.poll(() => orders(page), { timeout: 120_000 }).toBeLessThan(all);
  await page.goBack();
  await at(page, '/sales?range=7d&granularity=day');
  await page.context().close();
});

test('a click on the map is a click on the row', async () => {
  const page = await open(browser, '/?range=7d');
  const map = page.getByRole('img', { name: /^Map of net revenue/ });
  await map.scrollIntoViewIfNeeded();
  // The middle of the United States, on a map that is as wide as the tile, and in the middle of its height.
  const point = await map.evaluate((node) => {
    const { width, height } = node.getBoundingClientRect();
    return { x: width * 0.24, y: height / 2 - width * 0.093 };
  });
  await map.click({ position: point });
  await at(page, '/?range=7d&country=US');
  expect(await country(page, 'United States').getAttribute('aria-pressed')).toBe('true');
  await country(page, 'United States').click();
  await at(page, '/?range=7d');
  expect(await country(page, 'United States').getAttribute('aria-pressed')).toBe('false');
  await page.context().close();
});

test('CSV is the table', async () => {
  const page = await open(browser, '/?from=2020-01-01&to=2020-01-02');
  await page.getByText('Nothing was sold in this period.').first().waitFor();
  await page.goto(page.url().replace(/\?.*/, '?range=yesterday&compare=off'));
  await settled(page);
  await page.getByRole('button', { name: 'Export Countries' }).click();
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).and(page.locator(':visible')).click()]);
  const lines = readFileSync(await file.path(), 'utf8').trim().split('\r\n').map((line) => line.split(','));
  const shown = await countries(page).locator('tbody tr').evaluateAll((rows) =>
    rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent?.trim() ?? '')));
  expect(lines[0]).toEqual(['Country', 'Net revenue (USD)', 'Share', 'Orders']);
  const names = new Intl.DisplayNames('en-US', { type: 'region' });
  const asShown = lines.slice(1).map(([code = '', revenue, share, count]) => [
    names.of(code), `$${Number(revenue).toLocaleString('en-US', { minimumFractionDigits: 2 })}`, `${(Number(share) * 100).toFixed(1)}%`, Number(count).toLocaleString('en-US'),
  ]);
  expect(shown).toEqual(asShown);
  expect(shown.length).toBeGreaterThan(1);
  await page.context().close();
});
