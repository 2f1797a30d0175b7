import type { Problem, Severity } from '../problem.js';
import { closest } from '../seccomp/closest.js';
import type { Catalogue } from './catalogue.js';
import { listText, problemAt } from './check-context.js';
import { matchesGlob } from './glob.js';
import type { LoadedExemption, LoadedPolicy } from './loaded-document.js';
import { catalogueNameOf, parseProfilePattern, parseProfileReference } from './profile-reference.js';

/** Names of profiles that are in no catalogue, and patterns over such names that match none. */
export function checkProfiles(
  policies: readonly LoadedPolicy[],
  exemptions: readonly LoadedExemption[],
  catalogue: Catalogue,
): readonly Problem[] {
  const names = catalogue.names();
  const missing = (
    document: LoadedPolicy | LoadedExemption,
    path: string,
    name: string,
    severity: Severity,
    so: string,
  ): Problem => {
    // In lower case these are well-formed names of catalogue profiles.
    const meant = KEYWORDS.find((word) => word.toLowerCase() === name.replaceAll('-', '')) ?? closest(name, names);
    const advice = meant === undefined ? knownText(names) : `did you mean ${meant}? ${sentence(knownText(names))}`;
    return problemAt(
      document,
      path,
      'PL005',
      severity,
      `there is no profile ${JSON.stringify(name)} in the catalogue${so}`,
      advice,
    );
  };
  const pattern = (document: LoadedPolicy | LoadedExemption, path: string, text: string): Problem[] => {
    const parsed = parseProfilePattern(text);
    if (!parsed.ok || parsed.value.kind !== 'Catalogue' || text === '*') return [];
    const name = catalogueNameOf(parsed.value);
    const { glob } = parsed.value;
    if (name !== undefined)
      return catalogue.get(name) === undefined ? [missing(document, path, name, 'warning', '')] : [];
    if (names.some((one) => matchesGlob(glob, one))) return [];
    const message = `no profile in the catalogue is called anything like ${JSON.stringify(text)}`;
    return [problemAt(document, path, 'PL005', 'warning', message, knownText(names))];
  };
  const reference = (document: LoadedPolicy, path: string, text: string, so: string): Problem[] => {
    const parsed = parseProfileReference(text);
    if (!parsed.ok || parsed.value.kind !== 'Catalogue' || catalogue.get(parsed.value.name) !== undefined) return [];
    return [missing(document, path, parsed.value.name, 'error', so)];
  };
  return [
    ...policies.flatMap((policy) => {
      const { assign = [], require, unavailable } = policy.value.spec;
      const instead = {
        RuntimeDefault: 'RuntimeDefault is assigned instead',
        Inject: 'nothing can be assigned',
        Deny: 'every pod it matches is refused',
      };
      return [
        ...assign.flatMap(({ profile }, index) =>
          reference(policy, `spec.assign[${index}].profile`, profile, `: ${instead[unavailable]}`),
        ),
        ...(require?.ceiling === undefined
          ? []
          : reference(policy, 'spec.require.ceiling', require.ceiling, ': nothing can be held against it')),
        ...(require?.profiles ?? []).flatMap((text, index) => pattern(policy, `spec.require.profiles[${index}]`, text)),
      ];
    }),
    ...exemptions.flatMap((exemption) =>
      exemption.value.spec.allow.flatMap((text, index) => pattern(exemption, `spec.allow[${index}]`, text)),
    ),
  ];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function knownText(names: readonly string[]): string {
  const more = 'name further files with --profiles';
  if (names.length === 0) return `the catalogue is empty; ${more}`;
  const others = names.length > 20 ? ` and ${names.length - 20} others` : '';
  return `the catalogue has ${others === '' ? listText(names) : `${names.slice(0, 20).join(', ')}${others}`}; ${more}`;
}

const KEYWORDS = ['RuntimeDefault', 'Unconfined', 'Unset'];
