import type { Kind } from '../format/format';
import { base, tip, type Look, type Option } from './options';

export interface Leaf {
  name: string;
  value: number; // its area
  change: number | null; // its colour: what it is more than before, 0.1 = 10 %
}

const telling = 5; // letters of a longer name
const [line, padding, rounding] = [16, 3, 3]; // pixels
const full = 0.25; // the change from which on a colour is at its strongest

/** What can be said of an area: its name, and its figures as text. */
export interface Words {
  name: string;
  value: string;
  change: string;
}

export interface Area {
  width: number;
  height: number;
}

/** What is written in an area, the most that it has room for: a name may be cut, if so much of it is left that it can be told. */
export function written({ name, value, change }: Words, { width, height }: Area, widthOf: (text: string) => number): string {
  const fits = (text: string) => widthOf(text) <= width - 2 * padding - rounding;
  if (!(fits(name) || fits(`${name.slice(0, telling)}…`)) || height < line + 2 * padding) return '';
  const figure = [value + change, value].find(fits);
  return figure && height >= 2 * (line + padding) ? `${name}\n${figure}` : name;
}

/** Parts of a whole as areas, coloured by how they changed. */
export function tree(look: Look, kind: Kind, leaves: Leaf[], selected: readonly string[]): Option {
  const { colours, format } = look;
  const strength = (change: number) => 0.18 + 0.5 * Math.min(1, Math.abs(change) / full);
  const colourOf = (change: number | null) => (change === null || Math.abs(change) < 0.0005 ? colours.surface2 : fade(change > 0 ? colours.good : colours.bad, strength(change)));
  const said = (change: number | null) => (change === null ? '' : ` (${format.full('change', change)})`);
  return {
    ...base(look),
    tooltip: { ...(base(look).tooltip as object), trigger: 'item' },
    series: [{
      type: 'treemap', left: 0, right: 0, top: 0, bottom: 0, roam: false, nodeClick: false, breadcrumb: { show: false }, cursor: 'pointer',
      itemStyle: { borderColor: colours.surface, borderWidth: 0, gapWidth: 3 },
      label: { color: colours.text, fontSize: 12, lineHeight: line, padding, overflow: 'truncate' },
      data: leaves.map((leaf) => ({
        name: leaf.name, value: leaf.value,
        itemStyle: { color: colourOf(leaf.change), opacity: selected.length > 0 && !selected.includes(leaf.name) ? 0.35 : 1 },
        words: { name: leaf.name, value: format.short(kind, leaf.value), change: said(leaf.change) },
        tooltip: { formatter: () => tip(`${leaf.name}: ${format.full(kind, leaf.value)}${said(leaf.change)}`) },
      })),
    }],
  };
}

/** A colour of the form rgb(r, g, b), let through by so much. */
function fade(colour: string, opacity: number): string {
  return colour.replace(/^rgb\((.*)\)$/, `rgba($1, ${opacity.toFixed(2)})`);
}
