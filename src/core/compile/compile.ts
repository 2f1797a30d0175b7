import type { Problem } from '../problem/problem.js';
import type { Stage } from '../profile/catalogue.js';
import type { Profile } from '../profile/model.js';
import { takesFlags } from '../profile/runtime-base.js';
import { runtimeDefaultByFamily } from '../profile/runtime-default.js';
import { rulesOf } from './rules.js';
import { complainTable, recordTable } from './stage.js';
import { type TableOptions, verdictTable } from './verdict-table.js';
import type { VerdictTable } from './verdicts.js';

export interface CompileOptions extends TableOptions {
  /** Default `Enforce`. */
  readonly stage?: Stage;
  /** What the logging stages must stay within; default: containerd's, by socket family. */
  readonly runtimeDefault?: Profile;
}

export interface Compiled {
  /** Plain OCI, ready for a node. Undefined when a problem is an error. */
  readonly profile: Profile | undefined;
  readonly problems: readonly Problem[];
}

/**
 * The profile for one kind of node and one set of capabilities: no conditions, complete sub-architectures, nothing that runc and
 * crun read differently, the runtime's own base set in it; the same bytes for the same input. `capabilities` is exactly what
 * the conditions see: none for the capability class `none`.
 *
 * It never lets through what the source refuses, except for the runtime's base set (docs/explanation/profiles.md).
 */
export function compileProfile(profile: Profile, options: CompileOptions): Compiled {
  const { table, problems: found } = verdictTable(profile, options);
  if (table === undefined) return { profile: undefined, problems: found };
  const stage = options.stage ?? 'Enforce';
  const problems = [...found];
  const flags = new Set(takesFlags(options) ? profile.flags : []);
  if (flags.size < new Set(profile.flags).size) {
    problems.push({
      code: 'PC07',
      severity: 'info',
      message: `flags left out (${[...new Set(profile.flags)].sort().join(', ')}): runc before 1.2 does not start a container with them`,
      advice: 'Say which runtime and version the nodes have.',
    });
  }
  if (stage === 'Enforce') return { profile: assemble(profile, table, [...flags].sort()), problems };

  const ceiling = verdictTable(options.runtimeDefault ?? runtimeDefaultByFamily('containerd'), options);
  if (ceiling.table === undefined) return { profile: undefined, problems: ceiling.problems };
  // Lets the kernel also log what the runtime default refuses.
  if (takesFlags(options)) flags.add('SECCOMP_FILTER_FLAG_LOG');
  const staged =
    stage === 'Record' ? { table: recordTable(ceiling.table), problems: [] } : complainTable(table, ceiling.table);
  return {
    profile: assemble({ ...profile, rules: [] }, staged.table, [...flags].sort()),
    problems: [...problems, ...staged.problems],
  };
}

function assemble(source: Profile, table: VerdictTable, flags: readonly string[]): Profile {
  const rules = rulesOf(table);
  const notifies = rules.some((rule) => rule.action === 'SCMP_ACT_NOTIFY');
  return {
    defaultAction: table.defaultOutcome.action,
    ...(table.defaultOutcome.errno === undefined ? {} : { defaultErrnoRet: table.defaultOutcome.errno }),
    architectures: table.architectures,
    ...(flags.length === 0 ? {} : { flags }),
    ...(notifies && source.listenerPath !== undefined ? { listenerPath: source.listenerPath } : {}),
    ...(notifies && source.listenerMetadata !== undefined ? { listenerMetadata: source.listenerMetadata } : {}),
    rules,
  };
}
