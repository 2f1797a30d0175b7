// Figures against their bars. A bar that is not met is said so; it does not fail the run: machines are noisy.
const rows = [];

export const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** `bar`: { atLeast } or { atMost }; none for a figure that only informs. */
export function figure(name, value, { unit = '', atLeast, atMost, note = '' } = {}) {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const bar = atLeast !== undefined ? `≥ ${atLeast}` : atMost !== undefined ? `≤ ${atMost}` : '';
  const met =
    bar === ''
      ? ''
      : (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost)
        ? 'met'
        : 'NOT MET';
  rows.push({ name, value: `${value.toFixed(digits)}${unit}`, bar: bar === '' ? '' : `${bar}${unit}`, met, note });
}

export function report(title) {
  const width = (key) => Math.max(...rows.map((row) => row[key].length));
  const widths = { name: width('name'), value: width('value'), bar: width('bar'), met: width('met') };
  console.log(`\n${title}`);
  for (const { name, value, bar, met, note } of rows)
    console.log(
      `  ${name.padEnd(widths.name)}  ${value.padStart(widths.value)}  ${bar.padEnd(widths.bar)}  ${met.padEnd(widths.met)}  ${note}`.trimEnd(),
    );
  const notMet = rows.filter(({ met }) => met === 'NOT MET').length;
  const judged = rows.filter(({ bar }) => bar !== '').length;
  console.log(`  ${judged - notMet} of ${judged} bars met`);
}

export const short = process.argv.includes('--short');
