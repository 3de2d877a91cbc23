import type { Kind } from '../format/format';
import { base, figureAxis, nameAxis, type Look, type Option } from './options';

/** A part of each column. */
export interface Part {
  name: string;
  values: number[];
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
    series: parts.map(({ name, values }, i) => ({ type: 'bar', stack: 'all', name, data: values, barMaxWidth: 24, itemStyle: { color: colours.series[i % colours.series.length] }, emphasis: { disabled: true } })),
  };
}
