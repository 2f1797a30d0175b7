import type { Problem } from '../../core/problem/problem.js';
import type { CertificateMaterial, CertSource } from '../certificate/cert-source.js';
import { polled } from './polled.js';

/** What is served, and what is wrong with what should be. */
export interface ServedCertificate {
  readonly material: CertificateMaterial;
  readonly problems: readonly Problem[];
}

export interface PolledSource extends CertSource {
  /** Looks now; after the look that is going on, where there is one. */
  look(): void;
}

/**
 * A source that looks for another certificate every `poll` ms, one look at a time, without keeping the process alive.
 * @param look gives what is served from now on: the very object that it gets where nothing changed. It must not throw.
 */
export function polledSource(
  first: ServedCertificate,
  poll: number,
  look: (served: ServedCertificate) => Promise<ServedCertificate>,
): PolledSource {
  const { current, onChange, ...rest } = polled(first, poll, look);
  return {
    ...rest,
    current: () => current().material,
    problems: () => current().problems,
    onChange: (listener) => onChange(({ material }) => listener(material)),
  };
}
