import type { AdmissionEntry } from '../../../src/core/audit/admission-entry.js';

/** A denial as the webhook records it; members can be put in its place. */
export function denialEntry(changes: Partial<AdmissionEntry> = {}): AdmissionEntry {
  return {
    recordType: 'denial',
    request: {
      uid: 'e911857d-c318-11e8-bbad-025000000001',
      webhook: 'validate',
      operation: 'CREATE',
      dryRun: false,
      resource: 'v1/pods',
      name: 'debug',
      namespace: 'shop',
    },
    actor: { username: 'dev@acme.example', groups: ['system:authenticated'] },
    caller: { authenticated: false },
    workload: { kind: 'Pod', name: 'debug', chain: ['Pod/debug'] },
    decision: {
      allowed: false,
      outcome: 'denied',
      mode: 'enforce',
      code: 403,
      message: 'container "shell" asks for Unconfined',
    },
    container: { name: 'shell', type: 'Container', image: 'busybox:1.36' },
    finding: {
      kind: 'violation',
      code: 'unconfined',
      mode: 'enforce',
      requested: 'Unconfined',
      effective: 'Unconfined',
      expected: 'RuntimeDefault',
      fieldPath: 'spec.containers[0].securityContext.seccompProfile',
      message: 'container "shell" asks for Unconfined',
    },
    policy: { name: 'built-in', contentSha256: 'a'.repeat(64) },
    ...changes,
  };
}

/** A denial of a pod of this name. */
export function denialOf(name: string, namespace = 'shop'): AdmissionEntry {
  return denialEntry({
    request: { ...denialEntry().request, name, namespace },
    workload: { kind: 'Pod', name, chain: [`Pod/${name}`] },
  });
}
