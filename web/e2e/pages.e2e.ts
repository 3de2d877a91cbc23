import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { paths } from '../build/routes';
import { address, at, drawn, launch, open, settled } from './browser';
import { bestLoading } from './loading';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

/** Collects what a page must never do. */
function watch(page: Page, faults: string[]) {
  page.on('console', (m) => {
    if (m.type() === 'error' || m.text().includes('Content Security Policy')) faults.push(m.text());
  });
  page.on('pageerror', (e) => faults.push(String(e)));
  page.on('request', (r) => {
    if (!/^(data|blob):/.test(r.url()) && !r.url().startsWith(address)) faults.push(`asked another host: ${r.url()}`);
  });
}

describe.each(paths())('%s', (path) => {
  test('loads, draws, fits small screens, can be read as tables and used by everybody, in both themes', async () => {
    const faults: string[] = [];
    const page = await open(browser, path, {}, (p) => watch(p, faults));
    const canvases = page.locator('.chart canvas');
    for (let i = 0; i < (await canvases.count()); i++) {
      expect(await canvases.nth(i).evaluate(painted), `chart ${i}`).toBe(true);
    }
    expect(await barriers(page), 'light').toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await barriers(page, ofColours), 'dark').toEqual([]);
    // 640 px are 1280 at a zoom of 200 %.
    for (const width of [640, 320]) {
      await page.setViewportSize({ width, height: 640 });
      await settled(page);
      await drawn(page); // charts hear of the new width in the first frame
      expect(await page.evaluate(() => document.documentElement.scrollWidth), `${width} px`).toBeLessThanOrEqual(width);
    }
    expect(await barriers(page), 'on a phone').toEqual([]);
    await readTables(page);
    expect(faults).toEqual([]);
    await page.context().close();
  });
});

const quick = 2_000; // milliseconds that a page may take
const still = 0.1; // of the window: what is good by Core Web Vitals

describe.each(paths())('%s', (path) => {
  test.each([1360, 390])('shows a figure within two seconds and moves nothing, at %i px', async (width) => {
    const { figure, shift, moved } = await bestLoading(browser, path, width, quick);
    expect(figure, 'milliseconds to the first figure').toBeLessThan(quick);
    expect(shift, moved.join('\n')).toBeLessThanOrEqual(still);
  });
});

/** Has every chart of the page shown as a table, which the address then says, and looks for its file. */
async function readTables(page: Page) {
  const charts = page.locator('.tile:has(.chart)');
  const titles = await charts.getByRole('heading', { level: 2 }).allTextContents();
  for (const title of titles) {
    await page.getByRole('button', { name: `Export ${title}`, exact: true }).waitFor();
    await page.getByRole('button', { name: `View ${title} as table`, exact: true }).click();
  }
  await page.reload();
  await settled(page);
  expect(await charts.count()).toBe(0);
  for (const title of titles) {
    expect(await page.getByRole('region', { name: title, exact: true }).last().locator('tbody tr').count(), title).toBeGreaterThan(0);
  }
}

/** What of WCAG can be broken by colours alone: all that a theme changes. */
const ofColours = ['color-contrast', 'link-in-text-block'];

/** What keeps somebody from using the page (WCAG 2.2 AA), by all rules or some of them. */
async function barriers(page: Page, rules?: string[]): Promise<string[]> {
  const axe = new AxeBuilder({ page });
  const { violations } = await (rules ? axe.withRules(rules) : axe.withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])).analyze();
  return violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`);
}

/** Whether anything is drawn. */
function painted(canvas: Node): boolean {
  if (!(canvas instanceof HTMLCanvasElement)) return false;
  const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
  return pixels.some((value) => value !== 0);
}

test('the keyboard goes to pages, and to what they hold', async () => {
  const page = await open(browser, '/');
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content');
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await page.getByRole('heading', { level: 1, name: 'Sales' }).waitFor();
  await settled(page);
  await page.keyboard.press('w');
  await at(page, '/sales?range=7d');
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction(() => /^\?from=\d{4}-\d\d-\d\d&to=\d{4}-\d\d-\d\d$/.test(location.search));
  await page.keyboard.press('ArrowRight');
  await at(page, '/sales?range=7d');
  await page.keyboard.press('e');
  await page.getByRole('button', { name: 'CSV' }).and(page.locator(':visible')).waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('f');
  expect(await page.getByLabel('Period').evaluate((field) => field === document.activeElement)).toBe(true);
  await page.getByLabel('Period').blur();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor({ state: 'hidden' });
  const germany = page.getByRole('region', { name: 'Countries' }).getByRole('button', { name: 'Germany' });
  await germany.focus();
  await page.keyboard.press('Enter');
  await at(page, '/sales?range=7d&country=DE');
  await page.context().close();
});

test('on a phone the pages are behind a menu, which the keyboard opens and closes', async () => {
  const page = await open(browser, '/', { width: 390, height: 844 });
  const menu = page.getByRole('button', { name: 'Menu' });
  const sales = page.getByRole('link', { name: 'Sales', exact: true });
  await menu.focus();
  await page.keyboard.press('Enter');
  await sales.waitFor();
  await page.keyboard.press('Escape');
  await sales.waitFor({ state: 'hidden' });
  await page.keyboard.press('Enter');
  await sales.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Sales' }).waitFor();
  await sales.waitFor({ state: 'hidden' });
  await page.context().close();
});

test('a parameter without a meaning is named and ignored', async () => {
  const page = await open(browser, '/?rnage=7d');
  await page.getByText('Not understood in the address, and ignored: rnage.').waitFor();
  await page.context().close();
});
