import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks again and again until `check` returns something other than undefined and false, and returns that.
 * @throws Error that says `what` and the last thing that went wrong, after `deadline` ms
 */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  deadline = 30_000,
  between = 100,
): Promise<T> {
  const end = performance.now() + deadline;
  let last: unknown;
  for (;;) {
    try {
      const result = await check();
      if (result !== undefined && result !== false) return result;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) break;
    await pause(between);
  }
  const why = last === undefined ? '' : `: ${last instanceof Error ? last.message : String(last)}`;
  throw new Error(`not within ${deadline} ms: ${what}${why}`, { cause: last });
}
