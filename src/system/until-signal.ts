import { constants } from 'node:os';

/**
 * Resolves with the name of the first SIGTERM, SIGINT or SIGHUP (the terminal has gone). A second one ends the process at once: whoever sends it does not want
 * to wait.
 */
export function untilSignal(): Promise<string> {
  return new Promise((resolve) => {
    let isStopping = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (isStopping) process.exit(128 + constants.signals[signal]);
      isStopping = true;
      resolve(signal);
    };
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal);
  });
}
