// What the dashboards have in common: where figures come from, panels with one look, and their places.
import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';

// The data sources of provisioning/datasources, by their fixed uids.
export const tables = { type: 'grafana-postgresql-datasource', uid: 'globalmart-tables' };
export const metrics = { type: 'prometheus', uid: 'globalmart-metrics' };

// Live tables have Unix milliseconds. The macro is a plain number, which times 1000 is none of PostgreSQL's integers.
export const from = '$__unixEpochFrom()::bigint * 1000';
export const to = '$__unixEpochTo()::bigint * 1000';
export const within = (column: string) => `${column} >= ${from} AND ${column} < ${to}`;

// Marts have days of the shop.
export const days = (column: string) => `${column} BETWEEN $__timeFrom()::date AND $__timeTo()::date`;

// Amounts are minor units: $scale of them are one of $currency. Both are variables that every dashboard has.
export const money = (minor: string) => `(${minor})::float8 / $scale`;

export type Panel = cog.Builder<dashboard.Panel>;

// A row of panels: its height, and each panel with its width; 24 columns are a whole row.
export interface Row {
  title?: string;
  height: number;
  panels: [panel: Panel, width: number][];
}

export interface Page {
  uid: string;
  title: string;
  description: string;
  since: string;
  refresh: string;
  variables?: cog.Builder<dashboard.VariableModel>[];
  rows: Row[];
}

const hidden = (name: string, description: string, query: string) =>
  new dashboard.QueryVariableBuilder(name)
    .description(description)
    .hide(dashboard.VariableHide.HideVariable)
    .datasource(tables)
    .query(query)
    .refresh(dashboard.VariableRefresh.OnDashboardLoad);

export const choice = (name: string, label: string, query: string) =>
  new dashboard.QueryVariableBuilder(name)
    .label(label)
    .datasource(tables)
    .query(query)
    .refresh(dashboard.VariableRefresh.OnDashboardLoad)
    .sort(dashboard.VariableSort.AlphabeticalAsc);

export const currency = [
  hidden('currency', 'Of every amount. Nothing until the first batch run.', `SELECT coalesce((SELECT currency FROM mart.run), '')`),
  hidden('scale', 'Minor units of one of it.', 'SELECT (10 ^ coalesce((SELECT currency_digits FROM mart.run), 2))::bigint'),
];

const link = new dashboard.DashboardLinkBuilder('GlobalMart')
  .type(dashboard.DashboardLinkType.Dashboards)
  .tags(['globalmart'])
  .asDropdown(true)
  .keepTime(false);

// Builds the page, with every panel numbered and in its place.
export function build(page: Page): dashboard.Dashboard {
  const built = new dashboard.DashboardBuilder(page.title)
    .uid(page.uid)
    .description(page.description)
    .tags(['globalmart'])
    .time({ from: page.since, to: 'now' })
    .refresh(page.refresh)
    .timezone('browser')
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .readonly()
    .link(link)
    .variables(page.variables ?? [])
    .build();
  built.panels = place(page.rows);
  return built;
}

function place(rows: Row[]): dashboard.Panel[] {
  const placed: dashboard.Panel[] = [];
  let y = 0;
  for (const row of rows) {
    if (row.title) {
      const heading = new dashboard.RowBuilder(row.title).build() as unknown as dashboard.Panel;
      placed.push({ ...heading, id: placed.length + 1, gridPos: { x: 0, y, w: 24, h: 1 } });
      y += 1;
    }
    let x = 0;
    for (const [panel, width] of row.panels) {
      placed.push({ ...panel.build(), id: placed.length + 1, gridPos: { x, y, w: width, h: row.height } });
      x += width;
    }
    y += row.height;
  }
  return placed;
}
