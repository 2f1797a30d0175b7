import type { Clock } from '../../../src/system/clock.js';

/** A clock that stands still until the test moves it. */
export function handClock(): Clock & { advance(seconds: number): void } {
  let now = Date.parse('2026-11-24T10:00:00Z') * 1000;
  let tick = (): void => undefined;
  return {
    microseconds: () => {
      now += 1;
      return now;
    },
    every: (_, callback) => {
      tick = callback;
      return () => undefined;
    },
    advance: (seconds) => {
      now += seconds * 1_000_000;
      tick();
    },
  };
}
