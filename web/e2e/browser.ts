import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

/** The address and key of the running program, from the environment. */
export const address = process.env.GLOBALMART_URL ?? 'http://127.0.0.1:8000';
export const key = process.env.GLOBALMART_API_KEY ?? 'globalmart-api-key-2024';
export const patience = 120_000; // milliseconds: for what is sure to come, on a busy machine

/** Who kills the program and starts it again: POST /kill, POST /start. Undefined: nobody does. */
const desk = process.env.GLOBALMART_DESK;
export const canKill = desk !== undefined;

/** Has the program killed, or started again. Returns when that is done. */
export async function order(what: 'kill' | 'start') {
  const answer = await fetch(`${desk}/${what}`, { method: 'POST' });
  if (!answer.ok) throw new Error(`/${what}: status ${answer.status}`);
}

export type Theme = 'light' | 'dark';

/** Starts the browser of this system. */
export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' });
}

interface Look {
  width?: number;
  height?: number;
  theme?: Theme;
}

/** A browser of its own for pages: their cookies are theirs. It is signed in. */
export async function signedIn(browser: Browser, { width = 1360, height = 860, theme = 'light' }: Look = {}): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: 'reduce' });
  context.setDefaultTimeout(patience);
  const answer = await context.request.post(`${address}/api/v1/session`, { headers: { 'X-API-Key': key } });
  if (!answer.ok()) throw new Error(`sign in: status ${answer.status()}: ${await answer.text()}`);
  return context;
}

/** Opens a path of the interface in a browser of its own, signed in, and waits for the page. */
export async function open(browser: Browser, path: string, look: Look = {}, before: (page: Page) => void = () => {}): Promise<Page> {
  const page = await (await signedIn(browser, look)).newPage();
  before(page);
  await page.goto(address + path);
  await settled(page);
  return page;
}

/** Waits until every tile shows something, nothing that another answer is awaited for, and every chart is drawn. */
export async function settled(page: Page) {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForFunction(() => {
    const main = document.querySelector('#main');
    return main?.querySelector('section, article') && !main.querySelector('[aria-busy="true"], .dimmed, .chart:not([data-drawn])');
  });
}

/** Waits for two frames: what is told of a new size is told in the first one, and drawn by the end of the second. */
export async function drawn(page: Page) {
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
}

/** Waits until the address is exactly this. */
export async function at(page: Page, want: string) {
  await page.waitForFunction((want) => location.pathname + location.search === want, want);
}
