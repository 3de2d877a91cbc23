import type { Kind } from '../format/format';
import { base, figureAxis, nameAxis, tip, type Look, type Option } from './options';

export interface Stack {
  name: string;
  values: (number | null)[];
  colour: string;
}

/** Bars of what adds up, and a line of a share above them, with an axis of its own. */
export function stacksAndRate(look: Look, kind: Kind, names: string[], stacks: Stack[], rate: { name: string; values: (number | null)[] }): Option {
  const { colours, format } = look;
  const highest = Math.max(0, ...rate.values.map((v) => v ?? 0));
  const kindOf = (series: string) => (series === rate.name ? 'percent' : kind);
  return {
    ...base(look),
    grid: { left: 4, right: 4, top: 36, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    legend: { top: 0, left: 0, itemWidth: 12, itemHeight: 10, textStyle: { color: colours.muted, fontSize: 12 }, data: [...stacks.map((s) => s.name), rate.name] },
    tooltip: {
      ...(base(look).tooltip as object), axisPointer: { type: 'shadow', shadowStyle: { color: colours.muted, opacity: 0.08 } },
      formatter: (all: { seriesName: string; name: string; value: number | null; marker: string }[]) =>
        [tip(all[0]?.name ?? ''), ...all.map((p) => p.marker + tip(`${p.seriesName}: ${format.full(kindOf(p.seriesName), p.value)}`))].join('<br>'),
    },
    xAxis: nameAxis(look, names, names.length > 8 ? {} : { axisLabel: { color: colours.muted, fontSize: 12, interval: 0, width: 72, lineHeight: 15, overflow: 'break' } }),
    yAxis: [figureAxis(look, kind), figureAxis(look, 'percent', { min: 0, ...(highest === 0 || highest > 0.6 ? { max: 1, interval: 0.25 } : {}), splitLine: { show: false } })],
    series: [
      ...stacks.map((s) => ({ type: 'bar', stack: 'all', name: s.name, barMaxWidth: 36, itemStyle: { color: s.colour }, data: s.values, emphasis: { disabled: true } })),
      { type: 'line', name: rate.name, yAxisIndex: 1, symbolSize: 7, itemStyle: { color: colours.series[1] }, lineStyle: { color: colours.series[1], width: 2 }, data: rate.values },
    ],
  };
}
