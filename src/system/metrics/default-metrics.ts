import type { Registry } from 'prom-client';

let registry: Promise<Registry> | undefined;

/** What prom-client tells of the process and of Node (`process_*`, `nodejs_*`), as exposition text; it is loaded with the first scrape. */
export async function defaultMetrics(): Promise<string> {
  registry ??= makeRegistry();
  return (await registry).metrics();
}

async function makeRegistry(): Promise<Registry> {
  const { collectDefaultMetrics, Registry } = (await import('prom-client')).default;
  const made = new Registry();
  collectDefaultMetrics({ register: made, eventLoopMonitoringPrecision: 20 });
  return made;
}
