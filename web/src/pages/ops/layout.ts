import type { Part } from './pipeline';

/** Where a part is drawn, pixels. */
export interface Box {
  x: number;
  y: number;
}

/** How the picture is laid out in a width: from left to right, or from top to bottom where that is too narrow. */
export interface Layout {
  wide: boolean;
  size: { width: number; height: number }; // of each part
  height: number; // of all
  at: Record<Part, Box>;
}

const narrow = 900; // pixels, below which it goes from top to bottom
const size = { height: 108, gapY: 46, rowGap: 36 };
const share = 0.085; // of the width between two parts: room for what goes along a line

// Columns and rows, in units of a part.
const across: Record<Part, [column: number, row: number]> = {
  shoppers: [0, 0.5], log: [1, 0.5], stream: [2, 0], store: [4, 0], lake: [2, 1], batch: [3, 1], warehouse: [4, 1], api: [5, 0.5],
};
const down: Record<Part, [column: number, row: number]> = {
  shoppers: [0.5, 0], log: [0.5, 1], stream: [0, 2], lake: [1, 2], store: [0, 3], batch: [1, 3], warehouse: [1, 4], api: [0.5, 5],
};

/** Lays the picture out in a width. */
export function layoutOf(width: number): Layout {
  const wide = width >= narrow;
  const [columns, rows] = wide ? [6, 2] : [2, 6];
  const [gapX, gapY] = wide ? [share * width, size.rowGap] : [12, size.gapY];
  const part = { width: Math.max(0, (width - (columns - 1) * gapX) / columns), height: size.height };
  const place = ([column, row]: [number, number]): Box => ({ x: column * (part.width + gapX), y: row * (part.height + gapY) });
  const at = Object.fromEntries(Object.entries(wide ? across : down).map(([name, cell]) => [name, place(cell)])) as Record<Part, Box>;
  return { wide, size: part, height: rows * (part.height + gapY) - gapY, at };
}

/** The line between two parts, the middle of it, and on which side of it there is room for words where it goes down. */
export function lineOf({ wide, size, at }: Layout, from: Part, to: Part): { path: string; middle: Box; room: 'left' | 'right' } {
  const [a, b] = [at[from], at[to]];
  const start = wide ? { x: a.x + size.width, y: a.y + size.height / 2 } : { x: a.x + size.width / 2, y: a.y + size.height };
  const end = wide ? { x: b.x, y: b.y + size.height / 2 } : { x: b.x + size.width / 2, y: b.y };
  const middle = { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 };
  const bend = wide ? `${middle.x} ${start.y} ${middle.x} ${end.y}` : `${start.x} ${middle.y} ${end.x} ${middle.y}`;
  const room = start.x !== end.x && middle.x < at.log.x + size.width / 2 ? 'left' : 'right';
  return { room, path: `M${start.x} ${start.y}C${bend} ${end.x} ${end.y}`, middle };
}
