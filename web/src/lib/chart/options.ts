import type { EChartsCoreOption } from 'echarts/core';
import type { Format, Kind } from '../format/format';
import type { Palette } from './palette';

/** What the builder of a chart is given. */
export interface Look {
  colours: Palette;
  format: Format;
  width: number; // of what it is drawn on, pixels
}

export type Option = EChartsCoreOption;

export const font = 'Inter Variable, sans-serif';

/** What all charts have in common. */
export function base({ colours }: Look): Option {
  return {
    animation: false,
    textStyle: { fontFamily: font, color: colours.text },
    color: colours.series,
    grid: { left: 4, right: 8, top: 12, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    tooltip: {
      trigger: 'axis', confine: true, backgroundColor: colours.surface, borderColor: colours.line, padding: [8, 12],
      textStyle: { color: colours.text, fontSize: 12 }, axisPointer: { lineStyle: { color: colours.muted } },
    },
  };
}

/** The lines of a tooltip as HTML: names come from events and catalogues. */
export function tip(...lines: string[]): string {
  return lines.map((line) => line.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`)).join('<br>');
}

/** An axis of names or times. */
export function nameAxis({ colours }: Look, names: string[], extra: object = {}) {
  return {
    type: 'category', data: names, axisTick: { show: false }, axisLine: { lineStyle: { color: colours.line } },
    axisLabel: { color: colours.muted, fontSize: 12, hideOverlap: true }, ...extra,
  };
}

/** An axis of figures. */
export function figureAxis({ colours, format }: Look, kind: Kind, extra: object = {}) {
  return {
    // No part of what cannot be parted: two ticks would be written alike.
    type: 'value', splitNumber: 4, ...(kind === 'count' ? { minInterval: 1 } : kind === 'money' ? { minInterval: 10 ** format.digits } : {}), splitLine: { lineStyle: { color: colours.line } },
    axisLabel: { color: colours.muted, fontSize: 12, formatter: (v: number) => format.tick(kind, v) }, ...extra,
  };
}

export interface Curve {
  name: string;
  values: (number | null)[];
  ghost?: boolean; // of the period before: dashed and quiet
  unfinished?: boolean; // the last value is of a window that is not over
}

/** Which of the times of a curve are written below it, and how. */
export interface Ticks {
  at: (place: number) => boolean;
  text: (place: number) => string;
}

/** A curve over time, and those it is compared with. Without ticks, as many times are written as have room, evenly. */
export function overTime(look: Look, kind: Kind, times: string[], curves: Curve[], ticks?: Ticks): Option {
  const { colours, format } = look;
  const axis = nameAxis(look, times, { boundaryGap: false });
  return {
    ...base(look),
    tooltip: { ...(base(look).tooltip as object), valueFormatter: (v: number | null) => format.full(kind, v) },
    xAxis: { ...axis, axisLabel: { ...axis.axisLabel, ...(ticks && { interval: ticks.at, formatter: (_: string, place: number) => ticks.text(place) }) } },
    yAxis: figureAxis(look, kind),
    series: curves.flatMap((curve) => lines(colours, curve)),
  };
}

/** The line of a curve; what leads to an unfinished window is drawn apart. */
function lines(colours: Palette, { name, values, ghost, unfinished }: Curve): object[] {
  const colour = ghost ? colours.muted : colours.accent;
  const shape = { type: 'line', name, showSymbol: values.length === 1, symbolSize: 6, itemStyle: { color: colour }, emphasis: { disabled: true } };
  const area = ghost ? {} : { areaStyle: { color: colour, opacity: 0.1 } };
  const stroke = { width: ghost ? 1.5 : 2, color: colour, type: ghost ? 'dashed' : 'solid' };
  if (!unfinished || values.length < 2) return [{ ...shape, lineStyle: stroke, ...area, data: values }];
  const last = values.length - 1;
  return [
    { ...shape, lineStyle: stroke, ...area, data: values.map((v, i) => (i === last ? null : v)) },
    { ...shape, name: `${name} (not over)`, lineStyle: { ...stroke, type: 'dotted' }, data: values.map((v, i) => (i < last - 1 ? null : v)), tooltip: { show: false } },
  ];
}

/** Horizontal bars, the first on top. */
export function bars(look: Look, kind: Kind, names: string[], values: (number | null)[], selected: readonly string[] = []): Option {
  const { colours, format } = look;
  return {
    ...base(look),
    grid: { left: 4, right: 56, top: 4, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    tooltip: { ...(base(look).tooltip as object), trigger: 'item', valueFormatter: (v: number) => format.full(kind, v) },
    xAxis: { type: 'value', show: false },
    yAxis: nameAxis(look, names, { inverse: true, axisLine: { show: false } }),
    series: [{
      type: 'bar', barMaxWidth: 18, cursor: 'pointer',
      data: values.map((value, i) => ({ value, itemStyle: { color: colours.accent, opacity: selected.length > 0 && !selected.includes(names[i] ?? '') ? 0.35 : 1, borderRadius: 3 } })),
      label: { show: true, position: 'right', color: colours.muted, fontSize: 12, formatter: (p: { value: number }) => format.short(kind, p.value) },
    }],
  };
}

export interface Cell {
  x: number;
  y: number;
  value: number | null;
  partial?: boolean; // of a time that is not over
}

const written = 44; // pixels across a cell from which on its value has room in it

/** A matrix whose cells are coloured by their value. */
export function matrix(look: Look, kind: Kind, columns: string[], rows: string[], cells: Cell[]): Option {
  const { colours, format } = look;
  const most = Math.max(...cells.map((c) => c.value ?? 0), Number.MIN_VALUE);
  const width = Math.min(look.width - 8, columns.length < 8 ? 96 + 72 * columns.length : Infinity); // few cells are no bars
  const names = 16 + 7 * Math.max(0, ...rows.map((row) => row.length)); // pixels beside the cells
  const size = { left: 4, top: 4, width, ...(rows.length < 8 ? { height: 28 + 44 * rows.length } : { bottom: 4 }) };
  return {
    ...base(look),
    grid: { ...size, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    tooltip: {
      ...(base(look).tooltip as object), trigger: 'item',
      formatter: (p: { value: [number, number, number, number] }) => tip(`${rows[p.value[1]]} · ${columns[p.value[0]]}: ${format.full(kind, p.value[2])}${p.value[3] ? ' so far' : ''}`),
    },
    xAxis: nameAxis(look, columns, { position: 'top', axisLine: { show: false }, splitArea: { show: false } }),
    yAxis: nameAxis(look, rows, { inverse: true, axisLine: { show: false } }),
    visualMap: { show: false, dimension: 2, min: 0, max: most, inRange: { color: colours.ramp } },
    series: [{
      type: 'heatmap',
      data: cells.filter((c) => c.value !== null).map((c) => ({ value: [c.x, c.y, c.value, c.partial ? 1 : 0], itemStyle: c.partial ? { borderColor: colours.muted, borderType: 'dashed', borderWidth: 1 } : {} })),
      itemStyle: { borderColor: colours.surface, borderWidth: 2, borderRadius: 4 },
      label: { show: cells.length <= 60 && (width - names) / columns.length >= written, fontSize: 12, formatter: (p: { value: [number, number, number, number] }) => format.short(kind, p.value[2]) },
      emphasis: { itemStyle: { borderColor: colours.text } },
    }],
  };
}
