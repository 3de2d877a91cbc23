// Writes what Grafana reads: the dashboards to dashboards/, the alert rules to provisioning/alerting/.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { provisioned } from './alerts.ts';
import { customers } from './customers.ts';
import { executive } from './executive.ts';
import { build, type Page } from './kit.ts';
import { live } from './live.ts';
import { platform } from './platform.ts';
import { products } from './products.ts';
import { sales } from './sales.ts';

const pages: Record<string, Page> = { executive, sales, customers, products, live, platform };

const folder = process.argv[2] ?? new URL('..', import.meta.url).pathname;

function write(file: string, content: unknown) {
  const path = `${folder}/${file}`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(content, null, 2) + '\n');
}

for (const [name, page] of Object.entries(pages)) {
  write(`dashboards/${name}.json`, build(page));
}
write('provisioning/alerting/globalmart.json', provisioned());
