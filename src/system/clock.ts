/** Time as the record store sees it; tests hand in their own. */
export interface Clock {
  /** Microseconds since 1970, UTC. */
  microseconds(): number;
  /** Microseconds since some moment, as they pass: nobody can set this clock. For how long something takes or lasts. */
  elapsed(): number;
  /** Calls back every so many milliseconds, without keeping the process alive. Returns the call that ends it. */
  every(milliseconds: number, callback: () => void): () => void;
}

/** The machine's clock. Between its milliseconds the monotonic clock counts on, so that records of one millisecond differ. */
export function systemClock(): Clock {
  let origin = Date.now() * 1000 - performance.now() * 1000;
  return {
    microseconds() {
      const now = Math.floor(origin + performance.now() * 1000);
      const wall = Date.now() * 1000;
      if (Math.abs(now - wall) < 2_000) return now;
      // The wall clock was set, or the machine slept.
      origin = wall - performance.now() * 1000;
      return wall;
    },
    elapsed: () => performance.now() * 1000,
    every(milliseconds, callback) {
      const timer = setInterval(callback, milliseconds);
      timer.unref();
      return () => clearInterval(timer);
    },
  };
}
