// Panels, each with one look for one kind of answer.
import * as barchart from '@grafana/grafana-foundation-sdk/barchart';
import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as geomap from '@grafana/grafana-foundation-sdk/geomap';
import * as piechart from '@grafana/grafana-foundation-sdk/piechart';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';

import { metrics, tables } from './kit.ts';

type Format = 'table' | 'time_series';

// The SDK has no builder for questions to PostgreSQL.
export const sql = (rawSql: string, format: Format = 'table'): cog.Builder<cog.Dataquery> => ({
  build: () =>
    ({
      refId: 'A',
      datasource: tables,
      rawSql: rawSql.trim().replace(/\n\s*/g, '\n'),
      rawQuery: true,
      editorMode: 'code',
      format,
    }) as unknown as cog.Dataquery,
});

// Questions to Prometheus: legend to expression.
export type Expressions = Record<string, string>;

const promql = (expressions: Expressions, instant = false) =>
  Object.entries(expressions).map(([legend, expr], i) => {
    const query = new prometheus.DataqueryBuilder()
      .refId(String.fromCharCode(65 + i))
      .datasource(metrics)
      .expr(expr)
      .legendFormat(legend);
    return instant ? query.instant() : query.range();
  });

const steps = (...levels: [value: number | null, color: string][]) =>
  new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps(levels.map(([value, color]) => ({ value, color }) as dashboard.Threshold));

export const neutral = steps([null, 'text']);
export const goodWhenOne = steps([null, 'red'], [1, 'green']);
export const badAbove = (warn: number, bad: number) => steps([null, 'green'], [warn, 'orange'], [bad, 'red']);
export const badBelow = (good: number) => steps([null, 'red'], [good, 'green']);

const palette = new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.PaletteClassic);
const single = new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Fixed).fixedColor('blue');
const none = new common.VizLegendOptionsBuilder().showLegend(false).displayMode(common.LegendDisplayMode.Hidden).placement(common.LegendPlacement.Bottom).calcs([]);
const below = new common.VizLegendOptionsBuilder().showLegend(true).displayMode(common.LegendDisplayMode.List).placement(common.LegendPlacement.Bottom).calcs([]);
const all = new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending);

interface Look {
  unit?: string;
  decimals?: number;
  thresholds?: cog.Builder<dashboard.ThresholdsConfig>;
  noValue?: string;
}

const reduced = (values: boolean) => new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(values);

function statPanel(title: string, description: string, look: Look) {
  const panel = new stat.PanelBuilder()
    .title(title)
    .description(description)
    .unit(look.unit ?? 'short')
    .thresholds(look.thresholds ?? neutral)
    .colorMode(look.thresholds ? common.BigValueColorMode.Background : common.BigValueColorMode.Value)
    .graphMode(common.BigValueGraphMode.None)
    .noValue(look.noValue ?? 'nothing yet');
  return look.decimals === undefined ? panel : panel.decimals(look.decimals);
}

// One figure.
export const figure = (title: string, description: string, query: string, look: Look = {}) =>
  statPanel(title, description, look)
    .datasource(tables)
    .reduceOptions(look.unit === 'string' ? reduced(false).fields('/^value$/') : reduced(false))
    .withTarget(sql(query));

export const gauge = (title: string, description: string, expressions: Expressions, look: Look = {}) =>
  statPanel(title, description, look).datasource(metrics).reduceOptions(reduced(false)).targets(promql(expressions, true));

function lines(title: string, description: string, look: Look) {
  return new timeseries.PanelBuilder()
    .title(title)
    .description(description)
    .unit(look.unit ?? 'short')
    .min(0)
    .colorScheme(palette)
    .lineWidth(2)
    .fillOpacity(8)
    .showPoints(common.VisibilityMode.Never)
    .legend(below)
    .tooltip(all)
    .noValue(look.noValue ?? 'nothing yet');
}

// Figures over time: a column `time`, then one for each line; or `time`, `metric` and a value.
export const overTime = (title: string, description: string, query: string, look: Look = {}) =>
  lines(title, description, look).datasource(tables).withTarget(sql(query, 'time_series'));

export const rates = (title: string, description: string, expressions: Expressions, look: Look = {}) =>
  lines(title, description, look).datasource(metrics).targets(promql(expressions));

// Bars, the first column their names.
export const bars = (title: string, description: string, x: string, query: string, look: Look = {}) =>
  new barchart.PanelBuilder()
    .title(title)
    .description(description)
    .datasource(tables)
    .unit(look.unit ?? 'short')
    .colorScheme(single)
    .orientation(common.VizOrientation.Horizontal)
    .xField(x)
    .showValue(common.VisibilityMode.Auto)
    .barWidth(0.8)
    .fillOpacity(80)
    .legend(none)
    .tooltip(all)
    .noValue(look.noValue ?? 'nothing yet')
    .withTarget(sql(query));

// Shares of a whole: a name and a value in each row.
export const shares = (title: string, description: string, query: string, look: Look = {}) =>
  new piechart.PanelBuilder()
    .title(title)
    .description(description)
    .datasource(tables)
    .unit(look.unit ?? 'short')
    .colorScheme(palette)
    .pieType(piechart.PieChartType.Donut)
    .displayLabels([piechart.PieChartLabels.Percent])
    .legend(new piechart.PieChartLegendOptionsBuilder().showLegend(true).displayMode(common.LegendDisplayMode.Table).placement(common.LegendPlacement.Right).values([piechart.PieChartLegendValues.Value]).calcs([]))
    .reduceOptions(reduced(true))
    .noValue(look.noValue ?? 'nothing yet')
    .withTarget(sql(query));

// Units of columns that have another one than the table.
export type Columns = Record<string, string>;

export const list = (title: string, description: string, query: string, columns: Columns = {}, look: Look = {}) => {
  const panel = new table.PanelBuilder()
    .title(title)
    .description(description)
    .datasource(tables)
    .unit(look.unit ?? 'short')
    .cellHeight(common.TableCellHeight.Sm)
    .noValue(look.noValue ?? '')
    .withTarget(sql(query));
  for (const [name, unit] of Object.entries(columns)) {
    panel.overrideByName(name, [{ id: 'unit', value: unit }]);
  }
  return panel;
};

// A table whose cells of some columns are coloured by their values, as a heat map.
export const heat = (title: string, description: string, query: string, coloured: string, look: Look = {}) =>
  list(title, description, query, {}, look).overrideByRegexp(coloured, [
    { id: 'custom.cellOptions', value: { type: 'color-background', mode: 'gradient' } },
    { id: 'color', value: { mode: 'continuous-BlPu' } },
    { id: 'unit', value: look.unit ?? 'short' },
  ]);

// Countries as circles on a map that comes with Grafana: no tile is asked for from outside. The column `country` has ISO
// 3166-1 codes of two letters, and `revenue` is the size.
export const map = (title: string, description: string, query: string) =>
  new geomap.PanelBuilder()
    .title(title)
    .description(description)
    .datasource(tables)
    .unit('short')
    .colorScheme(single)
    .view(new geomap.MapViewConfigBuilder().id('zero').zoom(1.4).lat(20).lon(0).allLayers(true))
    .controls(new geomap.ControlsOptionsBuilder().showZoom(true).mouseWheelZoom(false).showAttribution(false))
    .basemap(
      new common.MapLayerOptionsBuilder()
        .type('geojson')
        .name('Countries')
        .config({ src: 'public/maps/countries.geojson', style: { color: { fixed: 'semi-dark-blue' }, opacity: 0.15, lineWidth: 1 }, rules: [] })
        .tooltip(false),
    )
    .layers([
      new common.MapLayerOptionsBuilder()
        .type('markers')
        .name('Revenue')
        .location(
          new common.FrameGeometrySourceBuilder().mode(common.FrameGeometrySourceMode.Lookup).lookup('country').gazetteer('public/gazetteer/countries.json'),
        )
        .config({
          showLegend: false,
          style: {
            color: { fixed: 'blue' },
            opacity: 0.7,
            size: { field: 'revenue', fixed: 5, min: 4, max: 30 },
            symbol: { fixed: 'img/icons/marker/circle.svg', mode: 'fixed' },
          },
        })
        .tooltip(true),
    ])
    .tooltip(new geomap.TooltipOptionsBuilder().mode(geomap.TooltipMode.Details))
    .noValue('nothing yet')
    .withTarget(sql(query));
