import { pathText } from '../../document/path-text.js';
import type { Problem, Severity } from '../../problem/problem.js';
import type { Catalogue } from '../../profile/catalogue.js';
import { didYouMean } from '../../text/did-you-mean.js';
import { capitalized } from '../../text/words.js';
import type { LoadedExemption, LoadedPolicy } from '../load/loaded-document.js';
import { PlaceBudget } from '../load/place-budget.js';
import { EXEMPTION_KEYWORDS } from '../match/exemption-pattern.js';
import { literalOf, matchesGlob } from '../match/glob.js';
import { parseProfilePattern, parseProfileReference } from '../match/profile-reference.js';
import { listText, MAX_OF_A_KIND, notListed } from './check-context.js';

/**
 * Names of profiles that are in no catalogue, and patterns over such names that match none; of very many, the first ones.
 * @param mostRead characters of documents that are read once more for the exact places; past them problems stand where their
 * document begins, with the path
 */
export function checkProfiles(
  policies: readonly LoadedPolicy[],
  exemptions: readonly LoadedExemption[],
  catalogue: Catalogue,
  mostRead = Number.POSITIVE_INFINITY,
): readonly Problem[] {
  const places = new PlaceBudget(mostRead);
  const problemAt = (
    document: LoadedPolicy | LoadedExemption,
    path: string,
    severity: Severity,
    message: string,
    advice: string,
    code = 'PL005',
  ): Problem => ({ code, severity, message, advice, place: places.placeOf(document, path) });
  const names = catalogue.names();
  const problems: Problem[] = [];
  let notTold = 0;
  const add = (problem: () => Problem): void => {
    if (problems.length < MAX_OF_A_KIND) problems.push(problem());
    else notTold += 1;
  };
  const missing = (
    document: LoadedPolicy | LoadedExemption,
    path: string,
    name: string,
    severity: Severity,
    so: string,
  ): Problem => {
    const keywords = document.value.kind === 'SeccompExemption' ? [...KEYWORDS, ...EXEMPTION_KEYWORDS] : KEYWORDS;
    // In lower case these are well-formed names of catalogue profiles.
    const meant = keywords.find((word) => word.toLowerCase() === name.replaceAll('-', '')) ?? didYouMean(name, names);
    const advice = meant === undefined ? knownText(names) : `did you mean ${meant}? ${capitalized(knownText(names))}`;
    return problemAt(
      document,
      path,
      severity,
      `there is no profile ${JSON.stringify(name)} in the catalogue${so}`,
      advice,
    );
  };
  // Ten thousand policies name the same few profiles.
  const inCatalogue = new Set<string>();
  const reference = (document: LoadedPolicy, path: Path, text: string, so: string): void => {
    if (inCatalogue.has(text)) return;
    const parsed = parseProfileReference(text);
    const name = parsed.ok && parsed.value.kind === 'Catalogue' ? parsed.value.name : undefined;
    if (name === undefined || catalogue.get(name) !== undefined) inCatalogue.add(text);
    else add(() => missing(document, pathText(path), name, 'error', so));
  };
  const matching = new Set<string>(['*']);
  const pattern = (document: LoadedPolicy | LoadedExemption, path: Path, text: string): void => {
    if (matching.has(text)) return;
    const parsed = parseProfilePattern(text);
    const glob = parsed.ok && parsed.value.kind === 'Catalogue' ? parsed.value.glob : undefined;
    const name = glob === undefined ? undefined : literalOf(glob);
    if (name !== undefined && catalogue.get(name) === undefined)
      add(() => missing(document, pathText(path), name, 'warning', ''));
    else if (name === undefined && glob !== undefined && !names.some((one) => matchesGlob(glob, one))) {
      const message = `no profile in the catalogue is called anything like ${JSON.stringify(text)}`;
      add(() => problemAt(document, pathText(path), 'warning', message, knownText(names)));
    } else {
      const meant = glob === undefined ? [] : names.filter((one) => matchesGlob(glob, one));
      const nothing = meant.filter((one) => catalogue.get(one)?.refusesNothing === true);
      if (nothing.length === 0 || nothing.length < meant.length) matching.add(text);
      else add(() => problemAt(document, pathText(path), 'warning', allowsNothing(nothing), OR_UNCONFINED, 'PL022'));
    }
  };
  for (const policy of policies) {
    const { assign = [], require, unavailable } = policy.value.spec;
    for (const [index, { profile }] of assign.entries())
      reference(policy, ['spec', 'assign', index, 'profile'], profile, `: ${INSTEAD[unavailable]}`);
    if (require?.ceiling !== undefined)
      reference(policy, ['spec', 'require', 'ceiling'], require.ceiling, ': nothing can be held against it');
    if (require?.ceiling !== undefined && catalogue.get(require.ceiling)?.refusesNothing === true)
      add(() =>
        problemAt(
          policy,
          'spec.require.ceiling',
          'warning',
          `${require.ceiling} refuses nothing, so as a ceiling it limits nothing`,
          'choose a profile that refuses something, for example RuntimeDefault, or remove the ceiling',
          'PL022',
        ),
      );
    for (const [index, text] of (require?.profiles ?? []).entries())
      pattern(policy, ['spec', 'require', 'profiles', index], text);
  }
  for (const exemption of exemptions)
    for (const [index, text] of exemption.value.spec.allow.entries())
      pattern(exemption, ['spec', 'allow', index], text);
  return notTold === 0 ? problems : [...problems, notListed('PL005', notTold)];
}

function allowsNothing(names: readonly string[]): string {
  const verbs = names.length === 1 ? 'refuses nothing, so it counts' : 'refuse nothing, so they count';
  return `${listText(names)} ${verbs} as Unconfined: named here, only the logging stages of a rule are allowed`;
}

const OR_UNCONFINED = 'remove the name, or write Unconfined where that is meant';

type Path = readonly PropertyKey[];

const INSTEAD = {
  RuntimeDefault: 'RuntimeDefault is assigned instead',
  Inject: 'nothing can be assigned',
  Deny: 'every pod it matches is refused',
};

function knownText(names: readonly string[]): string {
  const more = 'name further files with --profiles';
  if (names.length === 0) return `the catalogue is empty; ${more}`;
  const others = names.length > 20 ? ` and ${names.length - 20} others` : '';
  return `the catalogue has ${others === '' ? listText(names) : `${names.slice(0, 20).join(', ')}${others}`}; ${more}`;
}

const KEYWORDS = ['RuntimeDefault', 'Unconfined', 'Unset'];
