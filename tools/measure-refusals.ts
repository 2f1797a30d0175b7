// Measures how the installed runc and crun live with the refusal of their own syscalls, one at a time and in pairs, and says where that
// differs from src/core/profile/runtime-base-table.ts. Root, gcc. Exit code 1 when something differs.
// usage: node tools/run-ts.mjs tools/measure-refusals.ts --measure
import { execNeeds, type RuntimeNeeds, startNeeds } from '../src/core/profile/runtime-base.js';
import { containersUnavailable, type Runtime, runtimeVersion } from './container.js';
import { type Refusal, type RefusalSetting, refusing, type Started, startUnder } from './refusals.js';

export interface RefusalMeasurement extends RefusalSetting {
  readonly names: readonly string[];
  readonly refusal: Refusal;
  readonly measured: Started;
  /** What the table says; `some` fits every answer. */
  readonly expected: 'yes' | 'no' | 'some';
}

const REFUSALS: readonly Refusal[] = ['EPERM', 'ENOSYS', 'KILL_PROCESS', 'TRAP'];
const ERRNOS: Readonly<Record<string, number>> = { EPERM: 1, ENOSYS: 38 };

/** `times`: starts for each. Each call of the table by itself, each with what is made instead, and all at once that are lived with. */
export function* measureRefusals(runtime: Runtime, times: number): Generator<RefusalMeasurement> {
  const version = runtimeVersion(runtime);
  for (const noNewPrivileges of [true, false])
    for (const command of ['run', 'exec'] as const) {
      const setting = { runtime, noNewPrivileges, command };
      const question = {
        runtime,
        runtimeVersion: version,
        allowPrivilegeEscalation: !noNewPrivileges,
        architecture: 'SCMP_ARCH_X86_64',
      } as const;
      const start = startNeeds(question);
      const needs = command === 'run' ? start : execNeeds(question);
      for (const refusal of REFUSALS)
        for (const names of groupsOf(needs, refusal)) {
          const stopped = names.some((name) => expectedOf(start, [name], refusal) !== 'yes');
          // What stops the container says nothing of exec.
          if (command === 'exec' && stopped) continue;
          const measured = startUnder(refusing(names, refusal), setting, times);
          yield { ...setting, names, refusal, measured, expected: expectedOf(needs, names, refusal) };
        }
    }
}

function groupsOf(needs: RuntimeNeeds, refusal: Refusal): readonly (readonly string[])[] {
  const { required, sometimes, helpful, rarely, unlessErrno, instead } = needs;
  const single = [...required, ...sometimes, ...helpful, ...rarely, ...unlessErrno.keys()].map((name) => [name]);
  const pairs = [...instead]
    .filter(([name]) => unlessErrno.has(name) || helpful.has(name))
    .map(([name, { by }]) => [name, by]);
  const errno = ERRNOS[refusal];
  const livedWith =
    errno === undefined
      ? []
      : [
          ...helpful,
          ...rarely,
          ...[...unlessErrno].flatMap(([name, errnos]) => (errnos.includes(errno) ? [name] : [])),
        ];
  const together = livedWith.filter(
    (name) => ![...instead].some(([first, { by }]) => by === name && livedWith.includes(first)),
  );
  return [...single, ...pairs, ...(together.length > 1 ? [together] : [])];
}

function expectedOf(needs: RuntimeNeeds, names: readonly string[], refusal: Refusal): 'yes' | 'no' | 'some' {
  const errno = ERRNOS[refusal];
  const one = (name: string): 'yes' | 'no' | 'some' => {
    if (needs.required.has(name)) return 'no';
    const errnos = needs.unlessErrno.get(name);
    if (errnos !== undefined || needs.helpful.has(name)) {
      if (errno === undefined || errnos?.includes(errno) === false) return 'no';
      const other = needs.instead.get(name)?.by;
      return other !== undefined && names.includes(other) ? 'no' : 'yes';
    }
    if (needs.sometimes.has(name)) return 'some';
    return needs.rarely.has(name) && errno === undefined ? 'some' : 'yes';
  };
  const all = names.map(one);
  return all.includes('no') ? 'no' : all.includes('some') ? 'some' : 'yes';
}

/** Whether the runtime did what the table says. */
export function isAsExpected({ measured, expected }: RefusalMeasurement): boolean {
  return expected === 'some' || (expected === 'yes') === (measured === 'yes');
}

if (process.argv.includes('--measure')) main();

function main(): void {
  for (const runtime of ['runc', 'crun'] as const) {
    const unavailable = containersUnavailable(runtime);
    if (unavailable !== undefined) {
      console.error(`${runtime}: ${unavailable}`);
      process.exitCode = 1;
      continue;
    }
    for (const each of measureRefusals(runtime, 2)) {
      const { command, noNewPrivileges, names, refusal, measured, expected } = each;
      const differs = isAsExpected(each) ? '' : `  THE TABLE SAYS ${expected}`;
      const privileges = noNewPrivileges ? 'no new privileges' : 'new privileges allowed';
      console.log(`${runtime} ${command}, ${privileges}, ${names.join(' ')}, ${refusal}: ${measured}${differs}`);
      if (differs !== '') process.exitCode = 1;
    }
  }
}
