import type { ServerResponse } from 'node:http';

/** Changes within so many milliseconds are sent as one. */
const pace = 300;
const heartbeat = 15_000;
const streamLimit = 32;

/** The browsers that watch: each gets the whole state at once, and again whenever something has changed. */
export class PageStream {
  readonly #state: () => string;
  readonly #open = new Set<ServerResponse>();
  /** Those that have not read the last state yet: what comes meanwhile is not kept for them, the state when they have is sent. */
  readonly #behind = new Set<ServerResponse>();
  #timer: NodeJS.Timeout | undefined;
  #beat: NodeJS.Timeout | undefined;

  constructor(state: () => string) {
    this.#state = state;
  }

  /** False when too many watch already. */
  open(response: ServerResponse): boolean {
    if (this.#open.size >= streamLimit) return false;
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.on('close', () => {
      this.#open.delete(response);
      this.#behind.delete(response);
    });
    response.on('drain', () => {
      if (this.#behind.delete(response)) response.write(`data: ${this.#state()}\n\n`);
    });
    this.#open.add(response);
    response.write(`retry: 2000\ndata: ${this.#state()}\n\n`);
    this.#beat ??= setInterval(() => {
      for (const one of this.#open) if (!one.writableNeedDrain) one.write(': still here\n\n');
    }, heartbeat).unref();
    return true;
  }

  changed(): void {
    if (this.#open.size === 0) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#sendState();
    }, pace).unref();
  }

  end(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#beat);
    for (const response of this.#open) response.end();
    this.#open.clear();
    this.#behind.clear();
  }

  #sendState(): void {
    const text = `data: ${this.#state()}\n\n`;
    for (const response of this.#open)
      if (response.writableNeedDrain) this.#behind.add(response);
      else response.write(text);
  }
}
