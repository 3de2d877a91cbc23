import type { Kind } from '../format/format';
import { base, nameAxis, tip, type Look, type Option } from './options';

export interface Mover {
  name: string;
  label: string;
  by: number; // how much more it is than before; below 0, less
}

/** What grew and what shrank: bars to both sides of nothing, the first on top. */
export function movers(look: Look, kind: Kind, all: Mover[], selected: readonly string[] = []): Option {
  const { colours, format } = look;
  const [low, high] = [Math.min(0, ...all.map((m) => m.by)), Math.max(0, ...all.map((m) => m.by))];
  const room = 0.3 * Math.max(high - low, 1); // for the labels at the ends of the bars
  const sign = (v: number) => (v > 0 ? '+' : '');
  return {
    ...base(look),
    grid: { left: 4, right: 4, top: 4, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    tooltip: { ...(base(look).tooltip as object), trigger: 'item' },
    xAxis: { type: 'value', show: false, min: low < 0 ? low - room : 0, max: high > 0 ? high + room : 0 },
    yAxis: nameAxis(look, all.map((m) => m.label), { inverse: true, axisLine: { show: false } }),
    series: [{
      type: 'bar', barMaxWidth: 18, cursor: 'pointer',
      data: all.map(({ name, label, by }) => ({
        name, label: { show: true, position: by < 0 ? 'left' : 'right', color: colours.muted, fontSize: 12, formatter: () => sign(by) + format.short(kind, by) }, value: by,
        itemStyle: { color: by < 0 ? colours.bad : colours.good, opacity: selected.length > 0 && !selected.includes(name) ? 0.35 : 1, borderRadius: 3 },
        tooltip: { formatter: () => tip(`${label}: ${sign(by)}${format.full(kind, by)}`) },
      })),
    }],
  };
}
