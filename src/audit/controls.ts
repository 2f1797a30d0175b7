import type { ControlReference } from './record.js';

/** A control of a published standard, and which findings are evidence for it. */
export interface Control extends ControlReference {
  readonly title: string;
  /** Whether number and wording were compared with the published text; false means from secondary sources. */
  readonly verified: boolean;
  readonly findings: readonly string[];
}

const bad = ['unconfined', 'unknown-type', 'not-injected'];
const badOrUnset = [...bad, 'unset'];
const notByPolicy = [...badOrUnset, 'not-allowed', 'over-ceiling', 'privileged'];

/** The numbers differ between versions of a benchmark: CIS 5.7.2 became 5.6.2 in 1.11. */
export const controls: readonly Control[] = [
  {
    standard: 'cis-kubernetes',
    version: '1.12',
    id: '5.6.2',
    title: 'Ensure that the seccomp profile is set to docker/default in your Pod definitions (Manual)',
    verified: true,
    findings: badOrUnset,
  },
  {
    standard: 'cis-kubernetes',
    version: '1.10',
    id: '5.7.2',
    title: 'Ensure that the seccomp profile is set to docker/default in your Pod definitions (Manual)',
    verified: true,
    findings: badOrUnset,
  },
  {
    standard: 'pss',
    version: '1.37',
    id: 'seccompProfile_baseline',
    title: 'Seccomp profile must not be explicitly set to Unconfined',
    verified: true,
    findings: bad,
  },
  {
    standard: 'pss',
    version: '1.37',
    id: 'seccompProfile_restricted',
    title:
      'Seccomp profile must be explicitly set to one of the allowed values. Both the Unconfined profile and the absence of a profile are prohibited',
    verified: true,
    findings: badOrUnset,
  },
  {
    standard: 'nsa-cisa-kubernetes',
    version: '1.2',
    id: 'pod-security',
    title: 'Sets the seccomp profile used to sandbox containers',
    verified: true,
    findings: badOrUnset,
  },
  {
    standard: 'nist-800-190',
    version: '2017',
    id: '4.4.3',
    title:
      'At a minimum, run containers with the default profiles of their runtime; consider additional profiles for high-risk apps',
    verified: false,
    findings: notByPolicy,
  },
  {
    standard: 'pci-dss',
    version: '4.0.1',
    id: '2.2.6',
    title: 'System security parameters are configured to prevent misuse',
    verified: false,
    findings: notByPolicy,
  },
];

const byFinding = new Map<string, readonly ControlReference[]>();

/** The controls that a finding bears on; empty for a finding that none of them speaks of. */
export function controlsOf(findingCode: string): readonly ControlReference[] {
  let found = byFinding.get(findingCode);
  if (found === undefined) {
    found = controls
      .filter((control) => control.findings.includes(findingCode))
      .map(({ standard, version, id }) => ({ standard, version, id }));
    if (found.length > 0) byFinding.set(findingCode, found);
  }
  return found;
}
