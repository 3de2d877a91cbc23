import { defaults, most, namesOf, parseFilter, searchOf, textOf, type FilterName, type Several } from './filter';

/** Where the user is: the path, the filter and the page's own parameters. All of it is the URL. */
class View {
  path = $state(location.pathname);
  #search = $state(location.search);
  readonly #params = $derived(new URLSearchParams(this.#search));
  readonly filter = $derived(parseFilter(this.#params).filter);

  constructor() {
    addEventListener('popstate', () => this.#read());
  }

  /** A parameter of the page's own; '' if it is not given. */
  param(name: string): string {
    return this.#params.get(name) ?? '';
  }

  /** The names of parameters that neither the filter nor the page knows. */
  ignored(own: readonly string[]): string[] {
    return parseFilter(this.#params, own).ignored;
  }

  /** Changes the filter; the page's own parameters stay, but for the place in a list that is another one now. */
  set(change: Partial<Record<FilterName, string>>) {
    const next: Record<FilterName, string> = { ...this.filter, ...change };
    if (change.range) next.from = next.to = '';
    const search = searchOf(next);
    for (const [name, value] of this.#params) if (!(name in defaults) && name !== 'cursor') search.set(name, value);
    this.#go(this.path, search);
  }

  /** Sets or, with '', removes parameters of the page's own. */
  setParams(change: Record<string, string>) {
    const search = new URLSearchParams(this.#params);
    for (const [name, value] of Object.entries(change)) {
      if (value) search.set(name, value);
      else search.delete(name);
    }
    this.#go(this.path, search);
  }

  /** The names that are selected for a field; none = all. */
  selected(field: Several): string[] {
    return namesOf(this.filter[field]);
  }

  /** Adds a name to those that are selected for a field, or takes it out; the first ones go where they are too many. */
  toggle(field: Several, name: string) {
    const before = this.selected(field);
    const after = before.includes(name) ? before.filter((n) => n !== name) : [...before, name].slice(-most);
    this.set({ [field]: textOf(after) });
  }

  /** The address of another page with the same filter, and with parameters of its own. */
  href(path: string, own: Record<string, string> = {}): string {
    const search = searchOf(this.filter);
    for (const [name, value] of Object.entries(own)) search.set(name, value);
    return path + (search.size > 0 ? `?${search}` : '');
  }

  /** Goes to an address of this application. */
  open(href: string) {
    const url = new URL(href, location.origin);
    this.#go(url.pathname, url.searchParams);
    scrollTo(0, 0);
  }

  #go(path: string, search: URLSearchParams) {
    const href = path + (search.size > 0 ? `?${search}` : '');
    if (href !== location.pathname + location.search) history.pushState(null, '', href);
    this.#read();
  }

  #read() {
    this.path = location.pathname;
    this.#search = location.search;
  }
}

export const view = new View();
