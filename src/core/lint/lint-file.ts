import type { Problem } from '../problem/problem.js';
import type { ObjectIdentity } from '../profile/read/object-identity.js';
import { labelOf } from '../profile/read/profile-label.js';
import { readProfileFile } from '../profile/read/yaml/profile-file.js';
import { byPlace } from './by-place.js';
import { type Linted, lintParsed } from './lint.js';
import { lintObject } from './lint-object.js';
import type { LintOptions } from './subject/lint-options.js';
import type { KnownProfiles } from './subject/lint-rule.js';

export interface LintFileOptions extends LintOptions {
  /** For places. */
  readonly file?: string;
  /** The file lies in a folder that is looked through, and need not hold anything to lint. */
  readonly isFound?: boolean;
  /** Of the nodes; absent: not known. */
  readonly catalogue?: KnownProfiles;
}

export interface LintedFile {
  /** In the order of the text. */
  readonly problems: readonly Problem[];
  readonly profiles: readonly Linted[];
  /** Whether there are pods in it, or what makes pods. */
  readonly hasPods: boolean;
  /** What was passed over: for each object what it is, as a problem; a note where it is one of Kubernetes. */
  readonly passedOver: readonly Problem[];
}

/** Finds what is wrong with the profiles of a file, and with how its pods name profiles. Never throws. */
export function lintFile(text: string, options: LintFileOptions = {}): LintedFile {
  const { file, isFound, catalogue, ...settings } = options;
  const read = readProfileFile(text, { ...(file === undefined ? {} : { file }), isFound: isFound === true });
  const profiles = read.profiles.map((parsed) => lintParsed(parsed, settings));
  const problems: Problem[] = [...read.problems, ...profiles.flatMap((linted) => told(linted, profiles.length > 1))];
  const passedOver: Problem[] = [];
  let hasPods = false;
  for (const object of read.others) {
    const found = lintObject(object, catalogue);
    hasPods ||= found !== undefined;
    if (found !== undefined) problems.push(...found);
    else {
      problems.push(...object.problems.filter(({ code }) => code === 'SP001'));
      if (object.holdsProfile) problems.push(object.foreign);
      else passedOver.push(isKubernetes(object.identity) ? { ...object.foreign, severity: 'info' } : object.foreign);
    }
  }
  return { problems: problems.sort(byPlace), profiles, hasPods, passedOver };
}

function isKubernetes({ kind, group }: ObjectIdentity): boolean {
  return kind !== undefined && group !== undefined;
}

/** The problems of a profile; among several each says which one it is of. */
function told({ problems, parsed }: Linted, isOneOfMany: boolean): readonly Problem[] {
  if (!isOneOfMany) return problems;
  const label = labelOf(parsed);
  return problems.map((problem) => ({ ...problem, message: `${label}: ${problem.message}` }));
}
