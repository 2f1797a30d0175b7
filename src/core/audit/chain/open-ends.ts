import type { ChainFindings } from './chain-findings.js';
import type { InstanceSummary } from './instance-summary.js';

/** Says what the end of a chain does not prove. */
export function sayOpenEnds(
  { instance, ended, unproven, unprovenEnd }: InstanceSummary,
  findings: ChainFindings,
): void {
  if (unproven !== undefined) {
    const { from, to, since, until } = unproven;
    const which = from === to ? `record ${from} is` : `records ${from} to ${to} are`;
    findings.note(
      until === undefined
        ? `instance ${instance}: ${which} unproven since ${since}: no signature covers ${from === to ? 'it' : 'them'} yet, so a change or a gap would not show`
        : `instance ${instance}: ${which} unproven from ${since} until ${until}, when the next start found and signed ${from === to ? 'it' : 'them'}: unsigned until then, so a change before that would not show, and one after it would`,
    );
  }
  if (unprovenEnd === undefined) return;
  const { after, until } = unprovenEnd;
  if (ended === 'running')
    findings.leaveOpen({
      code: 'running',
      message: `instance ${instance} is running, as its owner.json says: record ${after} is its last one so far, and its end has not come`,
      instance,
    });
  else
    findings.leaveOpen({
      code: 'end-unproven',
      message: `the end of instance ${instance} is unproven: it has no signed stop, and nothing tells whether more records came after record ${after}${until === undefined ? ' (lines kept elsewhere would: --collected)' : ` until ${until}, when the next start found it`}`,
      instance,
    });
}
