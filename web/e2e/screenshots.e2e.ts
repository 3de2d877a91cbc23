import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import { paths } from '../build/routes';
import { drawn, launch, open, settled, type Theme } from './browser';

/** Where the pictures go; without it none are taken. */
const directory = process.env.SCREENSHOTS ?? '';
const widths = (process.env.WIDTHS ?? '390,768,1360,1920').split(',').map(Number);
const themes: Theme[] = ['light', 'dark'];

test.skipIf(!directory)('pictures of every page', async () => {
  mkdirSync(directory, { recursive: true });
  const browser = await launch();
  for (const theme of themes) {
    const page = await open(browser, '/', { theme });
    for (const path of paths()) {
      await page.evaluate((to) => document.querySelector<HTMLAnchorElement>(`#navigation a[href="${to}"]`)?.click(), path);
      for (const width of widths) {
        await page.setViewportSize({ width, height: 900 });
        await settled(page);
        await drawn(page);
        await page.screenshot({ path: join(directory, `${path.slice(1).replaceAll('/', '-') || 'executive'}-${theme}-${width}.png`), fullPage: true });
      }
    }
  }
  await browser.close();
});
