import type { Kind } from '../format/format';
import { base, tip, type Look, type Option } from './options';

export interface Flow {
  from: string;
  to: string;
  value: number;
}

// Names of one side are told apart from the same ones of the other by what stands before them.
const [left, right] = ['< ', '> '];
const bare = (name: string) => name.slice(2);

/** From what to what: bands as broad as their values, between the names of before and those of now. */
export function flow(look: Look, kind: Kind, names: string[], flows: Flow[]): Option {
  const { colours, format } = look;
  const colourOf = (name: string) => colours.series[names.indexOf(name) % colours.series.length] ?? colours.muted;
  const node = (side: string) => (name: string) => ({ name: side + name, depth: side === left ? 0 : 1, itemStyle: { color: colourOf(name), borderWidth: 0 }, label: { position: side === left ? 'right' : 'left' } });
  const there = (end: 'from' | 'to') => names.filter((name) => flows.some((f) => f[end] === name));
  return {
    ...base(look),
    tooltip: {
      ...(base(look).tooltip as object), trigger: 'item',
      formatter: (p: { dataType: string; name: string; value: number; data: { source?: string; target?: string } }) =>
        tip(`${p.dataType === 'edge' ? `${bare(p.data.source ?? '')} → ${bare(p.data.target ?? '')}` : bare(p.name)}: ${format.full(kind, p.value)}`),
    },
    series: [{
      type: 'sankey', left: 4, right: 4, top: 8, bottom: 8, nodeWidth: 12, nodeGap: 16, draggable: false, layoutIterations: 0, emphasis: { focus: 'adjacency' },
      label: { color: colours.text, fontSize: 12, formatter: (p: { name: string }) => bare(p.name) },
      lineStyle: { color: 'source', opacity: 0.3, curveness: 0.5 },
      data: [...there('from').map(node(left)), ...there('to').map(node(right))],
      links: flows.map((f) => ({ source: left + f.from, target: right + f.to, value: f.value })),
    }],
  };
}
