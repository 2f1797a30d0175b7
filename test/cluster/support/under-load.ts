import { setTimeout as pause } from 'node:timers/promises';

export interface Load {
  readonly made: number;
  readonly failures: readonly string[];
}

/** Makes each call again and again, one after another with a short rest, while something is done. A call says what went wrong, or nothing. */
export async function underLoad(calls: readonly (() => Promise<string>)[], during: () => Promise<void>): Promise<Load> {
  let isOver = false;
  let made = 0;
  const failures: string[] = [];
  const repeat = async (call: () => Promise<string>): Promise<void> => {
    while (!isOver) {
      const failure = await call();
      made += 1;
      if (failure !== '') failures.push(failure);
      await pause(20);
    }
  };
  const workers = calls.map(repeat);
  try {
    await during();
  } finally {
    isOver = true;
    await Promise.all(workers);
  }
  return { made, failures };
}
