import { parseProfilePattern } from '../../core/policy/match/profile-reference.js';
import { capitalized } from '../../core/text/words.js';
import type { Address } from '../../http/server/address.js';

/** What reading one value comes to: the value, or what is wrong with it as the end of a sentence (`must be …`). */
export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string; readonly advice?: string };

/** Turns the text of a flag or variable, or the value of a key in a file, into a setting. */
export type Reader<T> = (value: unknown) => Read<T>;

const good = <T>(value: T): Read<T> => ({ ok: true, value });
const bad = (reason: string, advice?: string): Read<never> => ({
  ok: false,
  reason,
  ...(advice === undefined ? {} : { advice }),
});

const exampleAddress = 'For example 127.0.0.1:8443, 0.0.0.0:8443, [::1]:0 (port 0: any free one).';

export const address: Reader<Address> = (value) => {
  if (typeof value !== 'string') return bad('must be HOST:PORT', exampleAddress);
  const match = /^(?:\[(?<six>[0-9A-Fa-f:.]+(?:%[\w.]+)?)\]|(?<host>[^:[\]/\s]*)):(?<port>\d{1,5})$/.exec(value.trim());
  if (match?.groups === undefined) {
    if (/^\d{1,5}$/.test(value.trim())) return bad('has a port but no host', `Write 127.0.0.1:${value.trim()}.`);
    if (/^[0-9A-Fa-f:]+$/.test(value.trim()) && value.includes('::'))
      return bad('must have an IPv6 address in brackets, and a port', `For example [::1]:8443.`);
    return bad('must be HOST:PORT', exampleAddress);
  }
  const port = Number(match.groups.port);
  if (port > 65_535) return bad(`has the port ${port}, and ports end at 65535`, exampleAddress);
  return good({ host: match.groups.six ?? match.groups.host ?? '', port });
};

export const text: Reader<string> = (value) =>
  typeof value === 'string' && value.trim() !== '' ? good(value.trim()) : bad('must be text and not empty');

/** A list: from a flag given several times, from text with commas between, or from a list in the file. */
export const texts: Reader<readonly string[]> = (value) => {
  const items = typeof value === 'string' ? value.split(',') : value;
  if (!Array.isArray(items) || items.some((item) => typeof item !== 'string' && typeof item !== 'number'))
    return bad('must be a list of texts');
  const list = items.map((item) => String(item).trim()).filter((item) => item !== '');
  return list.length === 0 ? bad('must not be empty') : good(list);
};

const milliseconds: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A span of time in milliseconds: `10s`, `1.5s`, `500ms`, `2m`, `1h`, `90d`; a bare number means seconds. */
export const duration =
  (bounds: { readonly min?: number; readonly max?: number } = {}): Reader<number> =>
  (value) => {
    const match = /^(?<amount>\d+(?:\.\d+)?)\s*(?<unit>ms|s|m|h|d)?$/.exec(String(value).trim());
    if (match?.groups === undefined || (typeof value !== 'string' && typeof value !== 'number'))
      return bad('must be a span of time', 'For example 10s, 500ms, 2m or 0.');
    const span = Math.round(Number(match.groups.amount) * (milliseconds[match.groups.unit ?? 's'] ?? 1_000));
    if (span < (bounds.min ?? 0)) return bad(`must be at least ${printDuration(bounds.min ?? 0)}`);
    if (bounds.max !== undefined && span > bounds.max) return bad(`must be at most ${printDuration(bounds.max)}`);
    return good(span);
  };

function printDuration(span: number): string {
  if (span === 0) return '0s';
  for (const unit of ['d', 'h', 'm', 's']) {
    const size = milliseconds[unit] ?? 1;
    if (span % size === 0) return `${span / size}${unit}`;
  }
  return `${span}ms`;
}

const byteUnits: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1_000,
  kb: 1_000,
  ki: 1_024,
  kib: 1_024,
  m: 1_000_000,
  mb: 1_000_000,
  mi: 1_048_576,
  mib: 1_048_576,
  g: 1_000_000_000,
  gb: 1_000_000_000,
  gi: 1_073_741_824,
  gib: 1_073_741_824,
};

/** A number of bytes: `20MiB`, `20Mi`, `64k`, or a bare number. */
export const bytes =
  (bounds: { readonly min: number; readonly max: number }): Reader<number> =>
  (value) => {
    const match = /^(?<amount>\d+(?:\.\d+)?)\s*(?<unit>[a-zA-Z]*)$/.exec(String(value).trim());
    const unit = match?.groups === undefined ? undefined : byteUnits[(match.groups.unit ?? '').toLowerCase()];
    if (match?.groups === undefined || unit === undefined || (typeof value !== 'string' && typeof value !== 'number'))
      return bad('must be a number of bytes', 'For example 20MiB, 512KiB or 1048576.');
    const amount = Math.round(Number(match.groups.amount) * unit);
    if (amount < bounds.min || amount > bounds.max)
      return bad(`must be between ${printBytes(bounds.min)} and ${printBytes(bounds.max)}`);
    return good(amount);
  };

function printBytes(amount: number): string {
  for (const [unit, size] of [
    ['GiB', 1_073_741_824],
    ['MiB', 1_048_576],
    ['KiB', 1_024],
  ] as const) {
    if (amount >= size && amount % size === 0) return `${amount / size}${unit}`;
  }
  return String(amount);
}

export const wholeNumber =
  (bounds: { readonly min: number; readonly max: number }): Reader<number> =>
  (value) => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number) || number < bounds.min || number > bounds.max)
      return bad(`must be a whole number from ${bounds.min} to ${bounds.max}`);
    return good(number);
  };

export const oneOfWords =
  <const T extends string>(...choices: readonly T[]): Reader<T> =>
  (value) => {
    const choice = choices.find((one) => one === value || (typeof value === 'string' && one === value.trim()));
    return choice === undefined ? bad(`must be one of ${choices.join(', ')}`) : good(choice);
  };

/** Yes or no: a flag without a value says yes. */
export const yesOrNo: Reader<boolean> = (value) => {
  const word = String(value).trim().toLowerCase();
  if (['true', 'yes', 'on', '1'].includes(word)) return good(true);
  return ['false', 'no', 'off', '0'].includes(word) ? good(false) : bad('must be true or false');
};

export const httpsUrl: Reader<URL> = (value) => {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  return url?.protocol === 'https:'
    ? good(url)
    : bad('must be an https URL', 'Write it without a path: https://10.0.0.5:8443');
};

/** `off`, or the list of profiles that are allowed. YAML 1.1 writers read `off` as false: that is taken too. */
export const profilesOrOff: Reader<readonly string[] | 'off'> = (value) => {
  if (value === false) return good('off');
  const list = texts(value);
  if (!list.ok) return list;
  if (list.value.length === 1 && list.value[0] === 'off') return good('off');
  for (const entry of list.value) {
    if (entry.toLowerCase() === 'off') return bad('may be off only alone and in lower case');
    // In lower case they would be names of catalogue profiles.
    const word = ['RuntimeDefault', 'Unconfined', 'Unset'].find((one) => one.toLowerCase() === entry);
    if (word !== undefined) return bad(`has an entry that cannot be used: "${entry}" is ${word} in lower case`);
    const parsed = parseProfilePattern(entry);
    if (!parsed.ok) return bad(`has an entry that cannot be used: ${parsed.message}`, sentence(parsed.advice));
  }
  return list;
};

function sentence(advice: string): string {
  const start = capitalized(advice);
  return /[.?]$/.test(start) ? start : `${start}.`;
}
