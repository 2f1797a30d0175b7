import type { Finding } from '../admission/decision.js';
import type { ControlReference } from './admission-entry.js';

/** What a finding shows about a container, in the terms in which standards speak: by its code, and where that says too little, by more. */
type ControlEvidence =
  | 'unconfined'
  | 'unknown-type'
  | 'unset'
  | 'not-allowed'
  | 'over-ceiling'
  | 'unavailable'
  | 'privileged'
  | 'host-path'
  | 'host-process-ids'
  | 'added-capabilities'
  | 'proc-mount';

/** A control of a published standard, and what is evidence for it. */
export interface Control extends ControlReference {
  readonly title: string;
  /** Whether number and wording were compared with the published text; false means from secondary sources. */
  readonly verified: boolean;
  readonly evidence: readonly ControlEvidence[];
}

const bad: readonly ControlEvidence[] = ['unconfined', 'unknown-type'];
const badOrUnset: readonly ControlEvidence[] = [...bad, 'unset'];
/** Standards that ask for hardening in general take in whatever gets around it. */
const anything: readonly ControlEvidence[] = [
  ...badOrUnset,
  'not-allowed',
  'over-ceiling',
  'privileged',
  'host-path',
  'host-process-ids',
  'added-capabilities',
  'proc-mount',
];

/** The numbers differ between versions of a benchmark: CIS 5.7.2 became 5.6.2 in 1.11. */
export const controls: readonly Control[] = [
  {
    standard: 'cis-kubernetes',
    version: '1.12',
    id: '5.6.2',
    title: 'Ensure that the seccomp profile is set to docker/default in your Pod definitions (Manual)',
    verified: true,
    evidence: badOrUnset,
  },
  {
    standard: 'cis-kubernetes',
    version: '1.10',
    id: '5.7.2',
    title: 'Ensure that the seccomp profile is set to docker/default in your Pod definitions (Manual)',
    verified: true,
    evidence: badOrUnset,
  },
  {
    standard: 'pss',
    version: '1.37',
    id: 'seccompProfile_baseline',
    title: 'Seccomp profile must not be explicitly set to Unconfined',
    verified: true,
    evidence: bad,
  },
  {
    standard: 'pss',
    version: '1.37',
    id: 'seccompProfile_restricted',
    title:
      'Seccomp profile must be explicitly set to one of the allowed values. Both the Unconfined profile and the absence of a profile are prohibited',
    verified: true,
    evidence: badOrUnset,
  },
  {
    standard: 'pss',
    version: '1.37',
    id: 'privileged',
    title: 'Privileged containers are not allowed',
    verified: false,
    evidence: ['privileged'],
  },
  {
    standard: 'pss',
    version: '1.37',
    id: 'hostPathVolumes',
    title: 'hostPath volumes are not allowed',
    verified: false,
    evidence: ['host-path'],
  },
  {
    standard: 'pss',
    version: '1.37',
    id: 'hostNamespaces',
    title: 'Sharing namespaces with the host is not allowed',
    verified: false,
    evidence: ['host-process-ids'],
  },
  {
    standard: 'pss',
    version: '1.37',
    id: 'capabilities_baseline',
    title: 'Adding additional capabilities beyond those listed must be disallowed',
    verified: false,
    evidence: ['added-capabilities'],
  },
  {
    standard: 'pss',
    version: '1.37',
    id: 'procMount',
    title: 'The default /proc masks must be used',
    verified: false,
    evidence: ['proc-mount'],
  },
  {
    standard: 'cis-kubernetes',
    version: '1.12',
    id: '5.2.2',
    title: 'Minimize the admission of privileged containers',
    verified: false,
    evidence: ['privileged'],
  },
  {
    standard: 'cis-kubernetes',
    version: '1.12',
    id: '5.2.3',
    title: 'Minimize the admission of containers wishing to share the host process ID namespace',
    verified: false,
    evidence: ['host-process-ids'],
  },
  {
    standard: 'nsa-cisa-kubernetes',
    version: '1.2',
    id: 'pod-security',
    title: 'Sets the seccomp profile used to sandbox containers',
    verified: true,
    evidence: badOrUnset,
  },
  {
    standard: 'nist-800-190',
    version: '2017',
    id: '4.4.3',
    title:
      'At a minimum, run containers with the default profiles of their runtime; consider additional profiles for high-risk apps',
    verified: false,
    evidence: [...anything, 'unavailable'],
  },
  {
    standard: 'pci-dss',
    version: '4.0.1',
    id: '2.2.6',
    title: 'System security parameters are configured to prevent misuse',
    verified: false,
    evidence: anything,
  },
];

const byEvidence = new Map<ControlEvidence, readonly ControlReference[]>();
const NONE: readonly ControlReference[] = [];

/**
 * The controls that a finding bears on; empty for one that none of them speaks of: an object that could not be read
 * (`malformed`), annotations without effect, what a policy would have assigned.
 */
export function controlsOf(finding: Pick<Finding, 'code' | 'effective' | 'fieldPath'>): readonly ControlReference[] {
  const evidence = evidenceOf(finding);
  if (evidence === undefined) return NONE;
  let found = byEvidence.get(evidence);
  if (found === undefined) {
    found = controls
      .filter((control) => control.evidence.includes(evidence))
      .map(({ standard, version, id }) => ({ id, standard, version }));
    byEvidence.set(evidence, found);
  }
  return found;
}

const CODES: ReadonlyMap<string, ControlEvidence> = new Map<string, ControlEvidence>(
  (['unconfined', 'unknown-type', 'unset', 'not-allowed', 'over-ceiling', 'unavailable', 'privileged'] as const).map(
    (code) => [code, code],
  ),
);

function evidenceOf({
  code,
  effective,
  fieldPath,
}: Pick<Finding, 'code' | 'effective' | 'fieldPath'>): ControlEvidence | undefined {
  switch (code) {
    case 'not-injected':
      // It breaks a standard by what it has without the profile: RuntimeDefault may be too wide for a policy, and for no standard.
      if (effective === 'Unset') return 'unset';
      return effective === 'Unconfined' ? 'unconfined' : 'not-allowed';
    case 'host-access':
      if (fieldPath.includes('.volumeMounts[')) return 'host-path';
      if (fieldPath.endsWith('.capabilities.add')) return 'added-capabilities';
      return fieldPath.endsWith('.procMount') ? 'proc-mount' : 'host-process-ids';
    default:
      return CODES.get(code);
  }
}
