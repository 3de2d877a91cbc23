import type { Kind } from '../format/format';
import { base, figureAxis, tip, type Look, type Option } from './options';

export interface Axis {
  name: string;
  kind: Kind;
  log?: boolean; // for values that differ by orders of magnitude
  most?: number; // where it ends
}

export interface Dot {
  name: string; // what a click chooses
  label: string;
  x: number;
  y: number;
  size: number; // its area, against those of the others
  group: string; // its colour
}

const [smallest, largest] = [6, 34]; // pixels across

/** One dot for each thing, by two figures of it. */
export function dots(look: Look, x: Axis, y: Axis, all: Dot[], groups: string[]): Option {
  const { colours, format } = look;
  const most = Math.max(...all.map((d) => d.size), 1);
  const across = (d: Dot) => smallest + (largest - smallest) * Math.sqrt(Math.max(0, d.size) / most);
  return {
    ...axes(look, x, y),
    tooltip: { ...(base(look).tooltip as object), trigger: 'item' },
    legend: { type: 'plain', top: 0, left: 0, itemWidth: 10, itemHeight: 10, textStyle: { color: colours.muted, fontSize: 12 }, data: groups },
    series: groups.map((group, i) => ({
      type: 'scatter', name: group, cursor: 'pointer', itemStyle: { color: colours.series[i % colours.series.length], opacity: 0.65 },
      data: all.filter((d) => d.group === group).map((d) => ({
        name: d.name, value: [d.x, d.y], symbolSize: across(d),
        tooltip: { formatter: () => tip(d.label, `${x.name}: ${format.full(x.kind, d.x)}`, `${y.name}: ${format.full(y.kind, d.y)}`) },
      })),
    })),
  };
}

/** A curve through points of two figures, with the area below it. */
export function curve(look: Look, x: Axis, y: Axis, points: [number, number][]): Option {
  const { colours, format } = look;
  return {
    ...axes(look, x, y),
    tooltip: {
      ...(base(look).tooltip as object),
      formatter: ([p]: { value: [number, number] }[]) => (p ? tip(`${x.name}: ${format.full(x.kind, p.value[0])}`, `${y.name}: ${format.full(y.kind, p.value[1])}`) : ''),
    },
    series: [{ type: 'line', data: points, showSymbol: false, lineStyle: { width: 2, color: colours.accent }, itemStyle: { color: colours.accent }, areaStyle: { color: colours.accent, opacity: 0.1 } }],
  };
}

function axes(look: Look, x: Axis, y: Axis): Option {
  const end = ({ most }: Axis) => (most === undefined ? {} : { max: most, interval: most / 4 });
  const name = (text: string) => ({ name: text, nameLocation: 'middle', nameTextStyle: { color: look.colours.muted, fontSize: 12 } });
  return {
    ...base(look),
    grid: { left: 28, right: 16, top: 40, bottom: 24, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    xAxis: figureAxis(look, x.kind, { ...name(x.name), nameGap: 28, splitLine: { show: false }, ...(x.log ? { type: 'log' } : {}), ...end(x) }),
    yAxis: figureAxis(look, y.kind, { ...name(y.name), nameGap: 48, ...end(y) }),
  };
}
