import type { Problem } from '../../problem/problem.js';
import { didYouMean } from '../../text/did-you-mean.js';
import { shown } from '../../text/parsed.js';
import type { LoadedExemption, LoadedPolicy } from '../load/loaded-document.js';
import { parseImagePattern } from '../match/image-pattern.js';
import { scopeOf } from '../rules/pod-scope.js';
import { BUILT_IN } from '../values/built-in.js';
import { parseTime } from '../values/parse-time.js';
import { type CheckContext, listText, problemAt } from './check-context.js';
import { isEmptyScope } from './scope-cover.js';

const DAY = 86_400_000;
/** From so long before its end every use of an exemption warns. */
const EXPIRING = 14 * DAY;

/** Exemptions that do nothing (any more, or yet), and those that let through more than anyone meant. */
export function checkExemptions(
  exemptions: readonly LoadedExemption[],
  policies: readonly LoadedPolicy[],
  context: CheckContext,
): readonly Problem[] {
  const names = new Set([BUILT_IN, ...policies.map(({ reference }) => reference.name)]);
  return exemptions.flatMap((exemption) => [
    ...checkTerm(exemption, context),
    ...checkBreadth(exemption),
    ...checkScope(exemption),
    ...checkPolicyNames(exemption, names),
  ]);
}

function checkTerm(exemption: LoadedExemption, { now, longestExemption }: CheckContext): Problem[] {
  const { expires } = exemption.value.spec;
  const time = parseTime(expires);
  if (!time.ok) return [];
  const at = (code: string, severity: Problem['severity'], message: string, advice: string): Problem[] => [
    problemAt(exemption, 'spec.expires', code, severity, message, advice),
  ];
  const left = time.value - now;
  if (left <= 0)
    return at(
      'PL007',
      'warning',
      `this exemption has expired, ${spanText(-left)} ago: it does nothing`,
      'remove it, or agree on a new date with its owner',
    );
  if (left > longestExemption) {
    const latest = new Date(now + longestExemption).toISOString().slice(0, 10);
    return at(
      'PL009',
      'error',
      `this exemption ends in ${Math.ceil(left / DAY)} days, further ahead than the longest term of ${spanText(longestExemption)}: it does nothing yet`,
      `write a date up to ${latest}, and renew it when it is still needed`,
    );
  }
  if (left <= EXPIRING)
    return at(
      'PL008',
      'warning',
      `this exemption expires in ${spanText(left)}: every use of it warns`,
      `get rid of the need for it (${exemption.value.spec.owner} owns it), or agree on a new date`,
    );
  return [];
}

function checkBreadth(exemption: LoadedExemption): Problem[] {
  const { allow, images } = exemption.value.spec;
  const index = allow.findIndex((text) => BROAD.has(text));
  if (index < 0) return [];
  const what = allow.flatMap((text) => BROAD.get(text) ?? []).join(' and ');
  if (images === undefined)
    return [
      problemAt(
        exemption,
        `spec.allow[${index}]`,
        'PL010',
        'warning',
        `this exemption lets any image ${what}`,
        'add images with a digest: ["ghcr.io/acme/profiler@sha256:…"], so that only what was reviewed may do so',
      ),
    ];
  return images.flatMap((text, at) => {
    const pattern = parseImagePattern(text);
    if (!pattern.ok || pattern.value.digest !== undefined) return [];
    return [
      problemAt(
        exemption,
        `spec.images[${at}]`,
        'PL010',
        'warning',
        `this exemption lets ${shown(text)} ${what} without a digest: a tag can be moved to another image`,
        `write the digest: ${shown(`${text.replace(/:[^/:]*$/, '')}@sha256:…`)}, or "@sha256:*" to ask for any digest at least`,
      ),
    ];
  });
}

/** What no profile holds. */
const BROAD: ReadonlyMap<string, string> = new Map([
  ['Unconfined', 'run Unconfined'],
  ['Privileged', 'be privileged'],
  ['HostAccess', 'reach its node'],
]);

function checkScope(exemption: LoadedExemption): Problem[] {
  const { match } = exemption.value.spec;
  if (isEmptyScope(scopeOf(match)))
    return [
      problemAt(
        exemption,
        'spec.match',
        'PL018',
        'warning',
        'no pod can be what match asks for: this exemption does nothing',
        'look for conditions that rule each other out, or an exclude that takes out everything',
      ),
    ];
  const everyName = match.namespaces === undefined || match.namespaces.includes('*');
  const { matchLabels = {}, matchExpressions = [] } = match.namespaceSelector ?? {};
  const everyLabel = Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
  if (!everyName || !everyLabel || match.serviceAccounts?.every((account) => !account.startsWith('*/')) === true)
    return [];
  const path = match.namespaces === undefined ? 'spec.match.namespaceSelector' : 'spec.match.namespaces';
  const message =
    match.podSelector === undefined
      ? 'this exemption is for every namespace'
      : 'this exemption is for every namespace, so only labels decide, and a pod could give itself those';
  return [problemAt(exemption, path, 'PL011', 'warning', message, 'name the namespaces that need it')];
}

function checkPolicyNames(exemption: LoadedExemption, names: ReadonlySet<string>): Problem[] {
  return (exemption.value.spec.policies ?? []).flatMap((name, index) => {
    if (names.has(name)) return [];
    const meant = didYouMean(name, [...names]);
    const known = [...names].slice(0, 10);
    return [
      problemAt(
        exemption,
        `spec.policies[${index}]`,
        'PL017',
        'warning',
        `there is no policy ${shown(name)} here, so the exemption lifts nothing of it`,
        meant === undefined
          ? `check the name, or hand in the policy, too; here are ${listText(known)}${names.size > known.length ? ' and others' : ''}`
          : `did you mean ${meant}?`,
      ),
    ];
  });
}

/** `12 days`, `1 day`, `5 hours`, `3 minutes`. */
function spanText(span: number): string {
  for (const [word, size] of [
    ['day', DAY],
    ['hour', DAY / 24],
    ['minute', DAY / 1440],
  ] as const) {
    const count = Math.floor(span / size);
    if (count >= 1) return `${count} ${word}${count === 1 ? '' : 's'}`;
  }
  return 'less than a minute';
}
