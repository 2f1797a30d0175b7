import { type CompiledExemption, EXPIRY_WARNING, isFor, stateOf } from '../../policy/rules/compiled-exemption.js';
import type { Finding } from '../decision.js';
import type { ContainerView } from '../request/container-view.js';

/** Whether an exemption lifts a requirement, or why one that was meant for it does not. */
export type Exempting =
  | { readonly ok: true; readonly exemption: CompiledExemption }
  | { readonly ok: false; readonly note: string | undefined };

export interface ExemptionTerm {
  readonly now: number;
  /** The longest term of an exemption, milliseconds. */
  readonly longest: number;
}

/** Asks those that lift the requirement for one container; without a container, for the pod as a whole. */
export function exempting(
  exemptions: readonly CompiledExemption[],
  container: ContainerView | undefined,
  { now, longest }: ExemptionTerm,
): Exempting {
  let note: string | undefined;
  for (const exemption of exemptions) {
    if (!isFor(exemption, container)) continue;
    const state = stateOf(exemption, now, longest);
    if (state === 'in-force') return { ok: true, exemption };
    note ??= noteOf(exemption, state, longest);
  }
  return { ok: false, note };
}

export function exemptionOf({ document }: CompiledExemption): NonNullable<Finding['exemption']> {
  const { expires, owner, reason, ticket } = document.value.spec;
  return { ...document.reference, expires, owner, reason, ...(ticket === undefined ? {} : { ticket }) };
}

/** `3 days left`, where every use has to warn. */
export function timeLeft({ expires }: CompiledExemption, now: number): string | undefined {
  const left = expires - now;
  if (left > EXPIRY_WARNING) return undefined;
  const days = Math.floor(left / 86_400_000);
  return days === 0 ? 'less than a day left' : `${days} day${days === 1 ? '' : 's'} left`;
}

function noteOf({ document }: CompiledExemption, state: 'expired' | 'too-far', longest: number): string {
  const { name } = document.reference;
  const { expires } = document.value.spec;
  return state === 'expired'
    ? `exemption ${name} expired at ${expires}`
    : `exemption ${name} does nothing yet: it expires at ${expires}, more than ${Math.floor(longest / 86_400_000)} days ahead`;
}
