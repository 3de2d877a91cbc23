const gap = 4; // pixels between a button and its menu
const margin = 8; // pixels to the edges of the window

/** Puts an open popover under its button, whole within the window: the browser shows it above everything else. */
export function place(menu: HTMLElement, opener: HTMLElement, side: 'start' | 'end') {
  const at = opener.getBoundingClientRect();
  const left = side === 'start' ? at.left : at.right - menu.offsetWidth;
  menu.style.left = `${Math.max(margin, Math.min(left, innerWidth - menu.offsetWidth - margin))}px`;
  menu.style.top = `${Math.max(margin, Math.min(at.bottom + gap, innerHeight - menu.offsetHeight - margin))}px`;
}
