/** A value that is looked for again and again. */
export interface Polled<T> {
  current(): T;
  /** Looks now; after the look that is going on, where there is one. */
  look(): void;
  /** Called after each change. Returns the call that ends it. */
  onChange(listener: (value: T) => void): () => void;
  close(): void;
}

/**
 * Looks for another value every `poll` ms, one look at a time, without keeping the process alive.
 * @param look gives what counts from now on: the very value that it gets where nothing changed. It must not throw.
 */
export function polled<T>(first: T, poll: number, look: (current: T) => Promise<T>): Polled<T> {
  const listeners = new Set<(value: T) => void>();
  let current = first;
  let looking = false;
  let again = false;
  let closed = false;

  const run = async (): Promise<void> => {
    looking = true;
    try {
      do {
        again = false;
        const next = await look(current);
        if (closed) return;
        const isNew = next !== current;
        current = next;
        if (isNew) for (const listener of listeners) listener(current);
      } while (again);
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(() => {
    if (!looking) void run();
  }, poll);
  timer.unref();
  return {
    current: () => current,
    look() {
      if (looking) again = true;
      else if (!closed) void run();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      closed = true;
      clearInterval(timer);
      listeners.clear();
    },
  };
}
