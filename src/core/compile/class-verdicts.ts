import type { Problem } from '../problem/problem.js';
import type { RuntimeQuestion } from '../profile/runtime-base.js';
import { addRuntimeBase } from './add-runtime-base.js';
import { existsNowhere } from './architectures.js';
import { resolveClone3 } from './clone3.js';
import type { ActionOutcome, Verdict } from './verdicts.js';

/** What becomes of the verdicts of a profile on a node: without names that the node lacks, with the runtime's base, without a way around `clone`. */
export function classVerdicts(
  verdicts: ReadonlyMap<string, Verdict>,
  defaultOutcome: ActionOutcome,
  architectures: readonly string[],
  question: RuntimeQuestion,
): { readonly byName: Map<string, Verdict>; readonly problems: readonly Problem[] } {
  const byName = new Map([...verdicts].filter(([name]) => !existsNowhere(name, architectures)));
  const cloneIsFiltered = byName.get('clone')?.kind === 'when';
  return {
    problems: [
      ...addRuntimeBase(byName, defaultOutcome, question),
      ...resolveClone3(byName, defaultOutcome, cloneIsFiltered),
    ],
    byName,
  };
}
