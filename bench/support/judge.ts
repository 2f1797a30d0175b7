/**
 * How benches judge. A machine that others share is slower for seconds at a time, so things are compared in pairs, in many short
 * rounds that alternate, and the median of the rounds counts. What still comes out too high or too low by chance gets a second try.
 */

/** What a figure should be; one without `atLeast` and `atMost` only informs. */
export interface Bar {
  readonly atLeast?: number;
  readonly atMost?: number;
  /** The median as it is today, of a bar that is not met yet: what counts as a quarter too much is counted from here. */
  readonly today?: number;
  /** What follows the number: `' ms'`, `'× bare'`. */
  readonly unit?: string;
}

export type Figure = number | { readonly value: number; readonly note: string };

/** `short` is for CI; `long` takes several times as many and longer rounds. */
export type Length = 'short' | 'long';

export interface Measurement<Name extends string = string> {
  readonly bars: Readonly<Record<Name, Bar>>;
  /** One figure for each of `bars`, by its name. */
  readonly measure: (length: Length) => Promise<Readonly<Record<Name, Figure>>>;
}

export interface Row {
  readonly name: string;
  readonly value: number;
  readonly bar: Bar;
  readonly note: string;
  /** The figure missed its bar by more than a quarter, twice. */
  readonly isFailed: boolean;
}

/**
 * `strict`: each measurement once, at length; a bar that is not met is a failure.
 * `tolerant`: at first in short. What misses its bar by more than a quarter is measured a second time, at length, when all the others
 * are done, and fails only if it misses by as much again.
 */
export async function judge(
  measurements: readonly Measurement[],
  form: 'strict' | 'tolerant',
  announce: (retried: readonly string[]) => void = () => undefined,
): Promise<readonly Row[]> {
  const first: (readonly Row[])[] = [];
  for (const each of measurements) {
    const rows = await measured(each, form === 'strict' ? 'long' : 'short');
    first.push(form === 'strict' ? rows.map((row) => ({ ...row, isFailed: !isMet(row.bar, row.value) })) : rows);
  }
  if (form === 'strict') return first.flat();
  const tried: (readonly Row[])[] = [];
  for (const [index, rows] of first.entries()) {
    const far = rows.filter(({ bar, value }) => isFarOff(bar, value)).map(({ name }) => name);
    if (far.length === 0) {
      tried.push(rows);
      continue;
    }
    announce(far);
    const again = await measured(measurements[index] as Measurement, 'long');
    tried.push(again.map((row) => ({ ...row, isFailed: far.includes(row.name) && isFarOff(row.bar, row.value) })));
  }
  return tried.flat();
}

async function measured({ bars, measure }: Measurement, length: Length): Promise<readonly Row[]> {
  const figures = await measure(length);
  const unknown = Object.keys(figures).filter((name) => !Object.hasOwn(bars, name));
  if (unknown.length > 0) throw new Error(`measured, but not in the table of bars: ${unknown.join(', ')}`);
  return Object.entries(bars).map(([name, bar]) => {
    const figure = figures[name];
    const { value, note } = typeof figure === 'object' ? figure : { value: figure, note: '' };
    // No number is not a bar met.
    if (value === undefined || !Number.isFinite(value)) throw new Error(`not measured: ${name}`);
    return { name, value, bar, note, isFailed: false };
  });
}

export function isMet({ atLeast, atMost }: Bar, value: number): boolean {
  return (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost);
}

/** Whether the bar, or today's median where the bar is not met yet, is missed by more than a quarter of it. */
export function isFarOff({ atLeast, atMost, today }: Bar, value: number): boolean {
  return (
    (atLeast !== undefined && value < 0.75 * Math.min(atLeast, today ?? atLeast)) ||
    (atMost !== undefined && value > 1.25 * Math.max(atMost, today ?? atMost))
  );
}

/** A line for each figure, beneath each other, and how many bars are met. */
export function printed(rows: readonly Row[]): readonly string[] {
  const cells = rows.map((row) => [row.name, shown(row.value, row.bar), barText(row.bar), verdict(row), row.note]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...cells.map((row) => (row[column] as string).length)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const judged = rows.filter(({ bar }) => barText(bar) !== '');
  const met = judged.filter(({ bar, value }) => isMet(bar, value));
  return [...lines, `${met.length} of ${judged.length} bars met`];
}

function verdict({ bar, value, isFailed }: Row): string {
  if (barText(bar) === '') return '';
  if (isMet(bar, value)) return bar.today === undefined ? 'met' : 'met: `today` can go';
  const counted = bar.today === undefined ? '' : `: counts from today's ${bar.today}`;
  return `NOT MET${counted}${isFailed ? ', FAILED' : ''}`;
}

function barText({ atLeast, atMost, unit = '' }: Bar): string {
  if (atLeast !== undefined) return `(bar ≥ ${atLeast}${unit})`;
  return atMost === undefined ? '' : `(bar ≤ ${atMost}${unit})`;
}

function shown(value: number, { unit = '' }: Bar): string {
  const digits = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits)}${unit}`;
}

/** Runs each of several things in turn, `rounds` times, there and back: what else the machine does slows all of a round alike. */
export async function alternate<Name extends string, Result>(
  rounds: number,
  things: Readonly<Record<Name, () => Promise<Result>>>,
): Promise<readonly Readonly<Record<Name, Result>>[]> {
  const names = Object.keys(things) as Name[];
  const results: Record<Name, Result>[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const result: Partial<Record<Name, Result>> = {};
    for (const name of round % 2 === 0 ? names : names.toReversed()) result[name] = await things[name]();
    results.push(result as Record<Name, Result>);
  }
  return results;
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
