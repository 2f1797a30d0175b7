import { systemClock } from '../../src/system/clock.js';

const { now } = Date;
afterEach(() => {
  Date.now = now;
});

test('when the wall clock is set, what it says follows, and what has passed does not', () => {
  const clock = systemClock();
  const [wall, elapsed] = [clock.microseconds(), clock.elapsed()];
  const hour = 3_600_000;
  Date.now = () => now() - hour;
  expect(clock.microseconds()).toBeLessThan(wall - hour * 1_000 + 60_000_000);
  const passed = clock.elapsed() - elapsed;
  expect(passed).toBeGreaterThanOrEqual(0);
  expect(passed).toBeLessThan(60_000_000);
});
