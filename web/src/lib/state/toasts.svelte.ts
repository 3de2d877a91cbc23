export interface Toast {
  id: number;
  text: string;
}

const shown = 6_000; // milliseconds

/** Short notes that go away by themselves. */
class Toasts {
  list = $state<Toast[]>([]);
  #last = 0;

  add(text: string) {
    const id = ++this.#last;
    this.list.push({ id, text });
    setTimeout(() => this.remove(id), shown);
  }

  remove(id: number) {
    this.list = this.list.filter((t) => t.id !== id);
  }
}

export const toasts = new Toasts();
