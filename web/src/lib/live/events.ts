/** One server-sent event. */
export interface Told {
  event: string;
  id: string;
  data: string;
}

/** Cuts a stream into its events, however it arrives. Comments are left out. */
export class Cutter {
  #rest = '';

  push(text: string): Told[] {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.map(read).filter((told) => told.event !== '');
  }
}

function read(block: string): Told {
  const told: Told = { event: '', id: '', data: '' };
  for (const line of block.split('\n')) {
    const colon = line.indexOf(': ');
    const name = line.slice(0, colon);
    if (name === 'event' || name === 'id' || name === 'data') told[name] = line.slice(colon + 2);
  }
  return told;
}

const silence = 40_000; // milliseconds: the server says that it is alive every 15 s

/** The events of an answer that goes on. late is called when nothing came for so long that the server must be gone. Throws when it ends. */
export async function* eventsOf(answer: Response, late: () => void): AsyncGenerator<Told> {
  if (!answer.body) throw new Error('the stream has no body');
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  const cutter = new Cutter();
  for (;;) {
    const timer = setTimeout(late, silence);
    const { done, value } = await reader.read().finally(() => clearTimeout(timer));
    if (done) throw new Error('the stream ended');
    yield* cutter.push(value);
  }
}

/** Waits, or returns as soon as it is stopped. */
export function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    stop.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
