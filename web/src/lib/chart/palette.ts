import { theme } from '../state/theme.svelte';

/** The colours of the theme in the form that a canvas understands. */
export interface Palette {
  text: string;
  muted: string;
  line: string;
  surface: string;
  surface2: string;
  accent: string;
  good: string;
  bad: string;
  ramp: [string, string];
  series: string[];
}

/** Reads the palette of the theme in force; depends on it. */
export function palette(): Palette {
  void theme.choice;
  void theme.dark;
  const probe = document.createElement('i');
  document.body.append(probe);
  const colour = (token: string) => {
    probe.style.color = `var(--${token})`;
    return getComputedStyle(probe).color;
  };
  const read: Palette = {
    text: colour('text'), muted: colour('muted'), line: colour('line'), surface: colour('surface'), surface2: colour('surface-2'),
    accent: colour('accent'), good: colour('good'), bad: colour('bad'),
    ramp: [colour('ramp-low'), colour('ramp-high')],
    series: [1, 2, 3, 4, 5, 6].map((n) => colour(`series-${n}`)),
  };
  probe.remove();
  return read;
}
