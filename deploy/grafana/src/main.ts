// Writes the dashboards to dashboards/, as JSON that Grafana reads.
import { writeFileSync } from 'node:fs';

import { customers } from './customers.ts';
import { executive } from './executive.ts';
import { build, type Page } from './kit.ts';
import { live } from './live.ts';
import { platform } from './platform.ts';
import { products } from './products.ts';
import { sales } from './sales.ts';

const pages: Record<string, Page> = { executive, sales, customers, products, live, platform };

const folder = process.argv[2] ?? new URL('../dashboards', import.meta.url).pathname;
for (const [name, page] of Object.entries(pages)) {
  writeFileSync(`${folder}/${name}.json`, JSON.stringify(build(page), null, 2) + '\n');
}
