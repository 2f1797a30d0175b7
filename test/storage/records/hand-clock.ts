import type { Clock } from '../../../src/system/clock.js';

/** A clock that stands still until the test moves it. `set` moves what the wall clock says, and no time passes. */
export function handClock(): Clock & { advance(seconds: number): void; set(seconds: number): void } {
  let wall = Date.parse('2026-11-24T10:00:00Z') * 1000;
  let elapsed = 0;
  let tick = (): void => undefined;
  return {
    microseconds: () => {
      wall += 1;
      return wall;
    },
    elapsed: () => elapsed,
    every: (_, callback) => {
      tick = callback;
      return () => undefined;
    },
    advance: (seconds) => {
      wall += seconds * 1_000_000;
      elapsed += seconds * 1_000_000;
      tick();
    },
    set: (seconds) => {
      wall += seconds * 1_000_000;
    },
  };
}
