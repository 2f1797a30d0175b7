import type { RecentDecision } from '../../http/console/recent-decisions.js';
import type { Colour, Paint } from '../../system/terminal/colour.js';
import { printable } from '../../system/terminal/printable.js';

/** A decision as a line on a terminal, its reasons indented below when there are several. */
export function decisionLine(decision: RecentDecision, paint: Paint): string {
  const { at, outcome, webhook, dryRun, subject, reasons, recordId } = decision;
  const clock = new Date(at).toTimeString().slice(0, 8);
  const head = `${paint('gray', clock)} ${paint(colours[outcome], outcome.padEnd(8))} ${paint('bold', printable(subject))} ${paint('gray', `${webhook}${dryRun ? ', dry run' : ''}`)}`;
  const [first, ...others] = reasons.map(printable);
  const record = recordId === undefined ? '' : paint('gray', `  record ${recordId}`);
  if (first === undefined) return `${head}${record}\n`;
  return [`${head}${record}`, `         ${first}`, ...others.map((reason) => `         ${reason}`), ''].join('\n');
}

const colours: Readonly<Record<RecentDecision['outcome'], Colour>> = {
  changed: 'cyan',
  admitted: 'green',
  refused: 'red',
  error: 'yellow',
};
