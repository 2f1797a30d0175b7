import type { Problem } from '../../core/problem/problem.js';
import type { LoadedProfile } from './profile-source.js';

/**
 * What is wrong with merging these where one of them stands on a base profile (`baseProfileName`): a union has to have the base among
 * its profiles, and an intersection can only be with the two together.
 */
export function baseProblems(loaded: readonly LoadedProfile[], mode: 'union' | 'intersection'): readonly Problem[] {
  return loaded.flatMap((one) => {
    const base = one.profile.baseProfileName;
    if (base === undefined) return [];
    const isGiven = loaded.some((other) => other !== one && isCalled(other, base));
    if (isGiven && mode === 'union') return [];
    return [
      {
        code: 'PM06',
        severity: 'error',
        message: `the rules of the base profile "${base}", on which ${one.name} stands, are not in its document`,
        advice: isGiven
          ? 'Merge these two with --union first, then what comes out with the others.'
          : 'Give the base profile, too, with --union: a SeccompProfile object of this name, or a file that is called so.',
      },
    ];
  });
}

/** By its own name, or by that of its file; of an OCI artifact the last word without the tag counts. */
function isCalled({ name, parsed }: LoadedProfile, base: string): boolean {
  const artifact = (base.split('/').at(-1) ?? base).split(/[:@]/, 1)[0] ?? '';
  return [base, artifact].some((each) => each === name || each === parsed?.name);
}
