import type { Rule } from '../profile/model.js';
import type { ActionOutcome, VerdictTable } from './verdicts.js';

/**
 * The rules of a compiled profile: one for each action, then those with conditions. In this order libseccomp finds no contradiction
 * on a multiplexer (socketcall, ipc) whose own rule decides anyway.
 */
export function rulesOf({ byName, defaultOutcome }: VerdictTable): readonly Rule[] {
  const always = new Map<string, { readonly outcome: ActionOutcome; readonly names: string[] }>();
  const conditional: Rule[] = [];
  for (const name of [...byName.keys()].sort()) {
    const verdict = byName.get(name);
    if (verdict?.kind === 'when') {
      for (const { args, outcome } of verdict.rules) conditional.push({ names: [name], ...fieldsOf(outcome), args });
    } else if (verdict !== undefined) {
      const { outcome } = verdict;
      const key = `${outcome.action} ${outcome.errno ?? ''}`;
      if (key === `${defaultOutcome.action} ${defaultOutcome.errno ?? ''}`) continue;
      const group = always.get(key) ?? { outcome, names: [] };
      always.set(key, group);
      group.names.push(name);
    }
  }
  const groups = [...always.values()].sort(
    (a, b) =>
      ORDER.indexOf(a.outcome.action) - ORDER.indexOf(b.outcome.action) ||
      (a.outcome.errno ?? 0) - (b.outcome.errno ?? 0),
  );
  const plain = groups.map(({ outcome, names }): Rule => ({ names, ...fieldsOf(outcome), args: [] }));
  return [...plain, ...conditional];
}

/** Order of the rules without conditions: what gets through, then what is refused. */
const ORDER: readonly ActionOutcome['action'][] = [
  'SCMP_ACT_ALLOW',
  'SCMP_ACT_LOG',
  'SCMP_ACT_NOTIFY',
  'SCMP_ACT_TRACE',
  'SCMP_ACT_ERRNO',
  'SCMP_ACT_TRAP',
  'SCMP_ACT_KILL_THREAD',
  'SCMP_ACT_KILL_PROCESS',
];

function fieldsOf(outcome: ActionOutcome): Pick<Rule, 'action' | 'errnoRet'> {
  return outcome.errno === undefined ? { action: outcome.action } : { action: outcome.action, errnoRet: outcome.errno };
}
