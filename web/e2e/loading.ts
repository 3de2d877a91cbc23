import type { Browser } from 'playwright-core';
import { address, settled, signedIn } from './browser';

/** What the browser measured of a page that was opened anew, with nothing in its cache. */
export interface Loading {
  figure: number; // milliseconds from the navigation to the first figure, by the clock of the page; of a page without one to its first tile
  shift: number; // by how much of the window things moved, as cumulative layout shift counts it
  moved: string[]; // what moved, and by how much
}

interface Seen {
  figure?: number;
  tile?: number;
  shift: number;
  moved: string[];
}

declare global {
  interface Window {
    seen: Seen;
  }
  interface PerformanceEntry {
    readonly value: number; // these are of layout shifts
    readonly hadRecentInput: boolean;
    readonly sources: { node: Node | null; previousRect: DOMRect; currentRect: DOMRect }[];
  }
}

const rest = 500; // milliseconds in which what comes late still moves things

/** Opens a path in a browser of its own, signed in, and says how it came. */
export async function loading(browser: Browser, path: string, width: number): Promise<Loading> {
  const context = await signedIn(browser, { width });
  const page = await context.newPage();
  await page.addInitScript(look);
  await page.goto(address + path);
  await settled(page);
  await page.waitForTimeout(rest);
  const { figure, tile, shift, moved } = await page.evaluate(() => window.seen);
  await context.close();
  return { figure: figure ?? tile ?? Infinity, shift, moved };
}

/** Runs in the page, before all of its scripts. */
function look() {
  const seen: Seen = (window.seen = { shift: 0, moved: [] });
  const shows = (selector: string) => [...document.querySelectorAll(selector)].some((node) => /\d/.test(node.textContent ?? ''));
  const watching = new MutationObserver(() => {
    if (document.querySelector('#main .tile[aria-busy="false"]')) seen.tile ??= performance.now();
    if (!shows('#main .value, #main td.figure')) return;
    seen.figure = performance.now();
    watching.disconnect();
  });
  watching.observe(document, { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ['aria-busy'] });
  const nameOf = (node: Node | null) => {
    const element = node instanceof Element ? node : (node?.parentElement ?? null);
    return element ? `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''} "${element.textContent?.trim().slice(0, 30) ?? ''}"` : 'what is gone';
  };
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources, startTime } of list.getEntries()) {
      if (hadRecentInput) continue;
      seen.shift += value;
      const whats = sources.map((s) => `${nameOf(s.node)} from ${s.previousRect.y} to ${s.currentRect.y}`);
      seen.moved.push(`${value.toFixed(3)} at ${Math.round(startTime)} ms: ${whats.join('; ')}`);
    }
  }).observe({ type: 'layout-shift', buffered: true });
}
