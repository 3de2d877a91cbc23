import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { key, launch, open, settled } from './browser';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

test('a page signs in once, survives a reload, keeps no key, and signs out', async () => {
  const page = await open(browser, '/');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('API key').fill('not-the-key');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('alert').filter({ hasText: /key/i }).waitFor();
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await settled(page);

  const sent: string[] = [];
  page.on('request', (r) => {
    if (r.headers()['x-api-key']) sent.push(r.url());
  });
  await page.reload();
  await settled(page);
  expect(sent).toEqual([]);
  const cookies = await page.context().cookies();
  expect(cookies.map((c) => [c.httpOnly, c.sameSite])).toEqual([[true, 'Strict']]);
  expect(await page.evaluate(() => document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toContain(key);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('API key').waitFor();
  expect(await page.context().cookies()).toEqual([]);
  await page.context().close();
});
