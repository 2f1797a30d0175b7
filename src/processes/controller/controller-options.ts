import type { Address } from '../../http/server/address.js';
import type { KubeClient } from '../../kubernetes/client.js';
import type { Log } from '../../system/log.js';
import type { RotationTimes } from '../../tls/rotation.js';

export interface ControllerOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  /** Of this process alone. */
  readonly identity: string;
  /** Health and metrics. */
  readonly listen: Address;
  readonly data: string;
  readonly certificates: 'self-managed' | 'cert-manager' | 'secret';
  /** A webhook outside the cluster; absent: the Service of the manifests. */
  readonly webhookUrl?: URL;
  readonly baseline: readonly string[] | 'off';
  /** Milliseconds. */
  readonly longestExemption: number;
  readonly admissionPolicies: boolean;
  readonly log: Log;
  /** Gets the lines of audit records once they are on disk. */
  readonly recordLines?: (lines: Buffer) => void;
  readonly times?: RotationTimes;
  /** Milliseconds between two passes over certificates and registration. Default 10 s; a second while something is unfinished. */
  readonly interval?: number;
}
