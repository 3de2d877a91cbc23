import type { Kind } from '../format/format';
import { base, figureAxis, nameAxis, type Look, type Option } from './options';

/** A part of each column. */
export interface Part {
  name: string;
  values: number[];
}

/** The parts, at most so many: the largest ones, and the sum of the others. */
function largest(parts: Part[], most: number): Part[] {
  if (parts.length <= most) return parts;
  const sum = ({ values }: Part) => values.reduce((a, b) => a + b, 0);
  const kept = parts.toSorted((a, b) => sum(b) - sum(a)).slice(0, most - 1);
  const others = parts.filter((p) => !kept.includes(p));
  return [...parts.filter((p) => kept.includes(p)), { name: 'others', values: (parts[0]?.values ?? []).map((_, i) => others.reduce((a, p) => a + (p.values[i] ?? 0), 0)) }];
}

/** Columns whose parts stand one on the other. */
export function stacked(look: Look, kind: Kind, names: string[], parts: Part[]): Option {
  const { colours, format } = look;
  return {
    ...base(look),
    grid: { left: 4, right: 8, top: 36, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    legend: { type: 'scroll', left: 0, right: 0, top: 0, icon: 'roundRect', itemWidth: 10, itemHeight: 10, textStyle: { color: colours.muted, fontSize: 12 }, pageTextStyle: { color: colours.muted }, pageIconColor: colours.accent, pageIconInactiveColor: colours.line, pageIconSize: 10 },
    tooltip: { ...(base(look).tooltip as object), valueFormatter: (v: number) => format.full(kind, v) },
    xAxis: nameAxis(look, names),
    yAxis: figureAxis(look, kind, { minInterval: 1 }),
    series: largest(parts, colours.series.length).map(({ name, values }, i) => ({ type: 'bar', stack: 'all', name, data: values, barMaxWidth: 24, itemStyle: { color: colours.series[i % colours.series.length] }, emphasis: { disabled: true } })),
  };
}
