import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, CDPSession } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { paths } from '../build/routes';
import { address, launch, open, settled, signedIn } from './browser';

/** How long the live page is watched, minutes; without it nothing is measured. */
const minutes = Number(process.env.FIGURES ?? 0);
const every = 30; // seconds between two looks at the live page

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

describe.runIf(minutes > 0)('figures', () => {
  test('sizes of what a browser loads', () => {
    const assets = join(import.meta.dirname, '..', 'dist', 'assets');
    const sizes = readdirSync(assets).filter((name) => name.endsWith('.gz')).map((name) => ({ file: name, gzip_kB: kilo(statSync(join(assets, name)).size) }));
    console.table(sizes.sort((a, b) => b.gzip_kB - a.gzip_kB));
  });

  test('how quick pages are', async () => {
    const times = [];
    for (const path of [...paths(), '/?range=12mo&granularity=day', '/sales?range=12mo&granularity=day', '/products?period=365d']) times.push(await timesOf(path));
    console.table(times);
  });

  test('what the live page costs', { timeout: (minutes + 5) * 60_000 }, async () => {
    const page = await open(browser, '/live', {}, (page) => void page.addInitScript(countUpdates));
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' }); // of the processor, however busy the machine is
    await devtools.send('HeapProfiler.enable');
    const rows = [];
    let before = await metrics(devtools);
    for (let passed = every; passed <= 60 * minutes; passed += every) {
      await new Promise((over) => setTimeout(over, 1_000 * every));
      const { busy_s } = await metrics(devtools);
      const updates = await page.evaluate(() => performance.getEntriesByName('update').length);
      const main_thread_ms = 1_000 * (busy_s - before.busy_s);
      await page.evaluate(() => performance.clearMarks('update'));
      await devtools.send('HeapProfiler.collectGarbage'); // which costs more than the page: not counted
      before = await metrics(devtools);
      const { heap_MB, nodes, listeners } = before;
      rows.push({ second: passed, main_thread_ms_a_second: tenths(main_thread_ms / every), updates_a_second: tenths(updates / every), ms_an_update: tenths(main_thread_ms / updates), heap_MB, nodes, listeners });
    }
    console.table(rows);
    await page.context().close();
  });
});

/** How soon a page that is opened anew paints, shows a figure, and is whole, milliseconds. */
async function timesOf(path: string) {
  const page = await (await signedIn(browser)).newPage();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const began = Date.now();
  await page.goto(address + path);
  const first_figure_ms = await page.locator('#main .value:not(.wait), #main td.figure').first().waitFor({ timeout: 20_000 }).then(() => Date.now() - began, () => NaN);
  await settled(page);
  const whole_ms = Date.now() - began;
  const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN);
  const { busy_s } = await metrics(devtools); // before anything is collected
  await page.context().close();
  return { path, first_paint_ms: Math.round(paint), first_figure_ms, whole_ms, main_thread_ms: Math.round(1_000 * busy_s) };
}

/** Marks each update of the stream that the page is given, in the page. */
function countUpdates() {
  const { set } = Object.getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage') ?? {};
  Object.defineProperty(MessagePort.prototype, 'onmessage', {
    set(this: MessagePort, listener: (event: MessageEvent) => void) {
      set?.call(this, (event: MessageEvent<object>) => {
        if ('topic' in event.data) performance.mark('update');
        listener.call(this, event);
      });
    },
  });
}

/** Processor time of the main thread since the start, and the heap. */
async function metrics(devtools: CDPSession) {
  const { metrics } = await devtools.send('Performance.getMetrics');
  const of = (name: string) => metrics.find((m) => m.name === name)?.value ?? NaN;
  return { busy_s: of('TaskDuration'), heap_MB: Math.round(of('JSHeapUsedSize') / 1e5) / 10, nodes: of('Nodes'), listeners: of('JSEventListeners') };
}

const tenths = (value: number) => Math.round(10 * value) / 10;
const kilo = (bytes: number) => Math.round(bytes / 100) / 10;
