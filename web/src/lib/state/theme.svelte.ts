export type Choice = 'system' | 'light' | 'dark';

const place = 'theme';
const order: Choice[] = ['system', 'light', 'dark'];

/** Light or dark: the system's unless the user chose, which the browser remembers. */
class Theme {
  choice = $state<Choice>(order.find((c) => c === localStorage.getItem(place)) ?? 'system');
  #system = matchMedia('(prefers-color-scheme: dark)');
  #systemDark = $state(this.#system.matches);
  readonly dark = $derived(this.choice === 'system' ? this.#systemDark : this.choice === 'dark');

  constructor() {
    this.#system.addEventListener('change', (e) => (this.#systemDark = e.matches));
    this.#apply();
  }

  next() {
    this.choice = order[(order.indexOf(this.choice) + 1) % order.length] ?? 'system';
    localStorage.setItem(place, this.choice);
    this.#apply();
  }

  #apply() {
    if (this.choice === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.choice;
  }
}

export const theme = new Theme();
