/** What a brush needs to know of a chart: see ECharts. */
export interface Plot {
  containPixel(finder: string, point: [number, number]): boolean;
  convertFromPixel(finder: object, x: number): unknown;
}

const shortest = 6; // pixels of a stretch: less is a click

/**
 * Has a stretch of the horizontal axis chosen by drawing over the plot with a mouse or a pen; a finger scrolls.
 * onchoose is told the places of the first and the last name on it. Returns what ends it.
 */
export function brush(node: HTMLElement, plot: Plot, names: () => number, onchoose: (first: number, last: number) => void): () => void {
  const box = document.createElement('div');
  box.className = 'brush';
  let began: number | undefined;

  const at = (event: PointerEvent) => {
    const { left, top, width } = node.getBoundingClientRect();
    return { x: Math.min(Math.max(event.clientX - left, 0), width), y: event.clientY - top };
  };
  const place = (x: number) => Math.min(Math.max(Math.round(Number(plot.convertFromPixel({ xAxisIndex: 0 }, x))), 0), names() - 1);
  const end = () => {
    began = undefined;
    box.remove();
  };

  const ondown = (event: PointerEvent) => {
    const { x, y } = at(event);
    if (event.button !== 0 || event.pointerType === 'touch' || !plot.containPixel('grid', [x, y])) return;
    began = x;
    node.setPointerCapture(event.pointerId);
  };
  const onmove = (event: PointerEvent) => {
    if (began === undefined) return;
    const { x } = at(event);
    box.style.left = `${Math.min(began, x)}px`;
    box.style.width = `${Math.abs(x - began)}px`;
    if (Math.abs(x - began) >= shortest) node.append(box);
  };
  const onup = (event: PointerEvent) => {
    if (began === undefined) return;
    const [from, to] = [Math.min(began, at(event).x), Math.max(began, at(event).x)];
    end();
    if (to - from >= shortest) onchoose(place(from), place(to));
  };
  const onkey = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || began === undefined) return;
    end();
    event.stopPropagation(); // it means nothing else then
  };

  const heard = new AbortController();
  const { signal } = heard;
  node.addEventListener('pointerdown', ondown, { signal });
  node.addEventListener('pointermove', onmove, { signal });
  node.addEventListener('pointerup', onup, { signal });
  node.addEventListener('pointercancel', end, { signal });
  addEventListener('keydown', onkey, { signal, capture: true });
  return () => {
    heard.abort();
    end();
  };
}
