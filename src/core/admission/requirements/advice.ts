import { oneLine } from '../../text/quoted.js';
import type { ViolationText } from './finding-list.js';
import type { PodEvaluation } from './pod-evaluation.js';
import type { ProfileSetting } from './profile-setting.js';
import type { Repairs } from './repairs.js';

type Advice = Pick<ViolationText, 'advice' | 'changesPolicy'>;

const SET_DEFAULT = 'set type RuntimeDefault';
const EXEMPTION = ', or ask for a SeccompExemption';

/** For a field that says Unconfined, or a profile that counts as it. */
export function unconfinedAdvice(evaluation: PodEvaluation, setting: ProfileSetting, repairs: Repairs): Advice {
  if (isFixed(evaluation, setting)) return debugAdvice(repairs, EXEMPTION);
  const remove = setting.isPod ? "remove it from the pod's securityContext" : 'remove it';
  return firstOf(
    [...(repairs.removal === 'allowed' ? [remove] : []), ...(repairs.runtimeDefault ? [SET_DEFAULT] : [])].join(' or '),
    removalLater(repairs, remove),
    repairs,
    EXEMPTION,
  );
}

/** For a field that is no profile at all, or names one that nobody knows. */
export function malformedAdvice(evaluation: PodEvaluation, setting: ProfileSetting, repairs: Repairs): Advice {
  if (isFixed(evaluation, setting)) return debugAdvice(repairs);
  const remove = 'remove the field';
  const options = [
    ...(repairs.runtimeDefault ? [SET_DEFAULT] : []),
    ...(repairs.removal === 'allowed' ? [remove] : []),
  ];
  return firstOf(options.join(', or '), removalLater(repairs, remove), repairs);
}

/** For a profile that is not allowed, or for none. */
export function profileAdvice(evaluation: PodEvaluation, setting: ProfileSetting, repairs: Repairs): Advice {
  if (isFixed(evaluation, setting)) return debugAdvice(repairs);
  const mayRemove = setting.field.kind !== 'Unset' && repairs.removal === 'allowed';
  return firstOf(
    repairs.runtimeDefault ? SET_DEFAULT : mayRemove ? 'remove the field' : '',
    removalLater(repairs, setting.field.kind === 'Unset' ? 'try again later' : 'remove the field'),
    repairs,
  );
}

/** The pod's field cannot be changed any more, so what is added to it needs its own. */
function isFixed({ review }: PodEvaluation, { isPod }: ProfileSetting): boolean {
  return isPod && review.target.form === 'ephemeral';
}

function debugAdvice(repairs: Repairs, otherwise = ''): Advice {
  const own = 'give the debug container a profile of its own';
  if (repairs.runtimeDefault) return { advice: `${own} (kubectl debug --profile=restricted)${otherwise}` };
  const others = repairs.others();
  return others.length === 0
    ? nothingAllowed(otherwise)
    : { advice: `${own} that is allowed: ${listed(others)}${otherwise}` };
}

function removalLater({ removal }: Repairs, remove: string): string {
  return removal === 'awaited' ? `${remove}: a rule gives it a profile once that is on the nodes` : '';
}

function firstOf(now: string, later: string, repairs: Repairs, otherwise = ''): Advice {
  if (now !== '') return { advice: `${now}${otherwise}` };
  const others = repairs.others();
  if (others.length > 0) return { advice: `set a profile that is allowed: ${listed(others)}${otherwise}` };
  if (later !== '') return { advice: `${later}${otherwise}` };
  return nothingAllowed(otherwise);
}

function nothingAllowed(otherwise: string): Advice {
  return {
    advice: `no profile is known that all policies allow here, so change one of them${otherwise}`,
    changesPolicy: true,
  };
}

/** Of more than five the first four. */
function listed(names: readonly string[]): string {
  const shown = names.length > 5 ? [...names.slice(0, 4), 'and others'] : names;
  return shown.map((name) => oneLine(name, 200)).join(', ');
}
