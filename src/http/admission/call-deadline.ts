/** The path and the query that an API server writes have a few dozen characters. */
const longestUrl = 2_048;

/**
 * Milliseconds a call may take: our own deadline, or less when the caller waits less. The API server says how long it waits
 * in `?timeout=3s` (a Go duration); a tenth of it, 100 ms at least, is left for the way back.
 */
export function callDeadline(url: string, own: number): number {
  const query = url.indexOf('?');
  if (query === -1 || url.length > longestUrl) return own;
  const given = new URLSearchParams(url.slice(query + 1)).get('timeout');
  const span = given === null ? undefined : goDuration(given);
  if (span === undefined || span <= 0) return own;
  return Math.min(own, Math.max(50, span - Math.max(100, span / 10)));
}

const goUnits: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Of what Go writes: `2562047h47m16.854775807s` is the longest there is. */
const longestDuration = 64;

/** As time.ParseDuration reads it, but for signs; undefined for what is none, or too long to be counted. */
function goDuration(text: string): number | undefined {
  if (text.length > longestDuration) return undefined;
  if (!/^((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  let span = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)([a-zµμ]+)/g))
    span += Number(amount) * (goUnits[unit ?? ''] ?? 0);
  return Number.isFinite(span) ? span : undefined;
}
