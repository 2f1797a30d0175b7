import type { KubeClient } from '../../kubernetes/client.js';
import type { AuditLogOptions } from '../../storage/records/audit-log-options.js';
import type { Log } from '../../system/log.js';
import type { RotationTimes } from '../../tls/authority/rotation.js';
import type { Config } from '../settings/config.js';

type Setting =
  | 'namespace'
  | 'listen'
  | 'data'
  | 'certificates'
  | 'webhookUrl'
  | 'baseline'
  | 'longestExemption'
  | 'runtimeDefault';

export interface ControllerOptions extends Pick<Config<'controller'>, Setting> {
  readonly client: KubeClient;
  /** Of this process alone. */
  readonly identity: string;
  readonly admissionPolicies: boolean;
  readonly durability?: NonNullable<AuditLogOptions['durability']>;
  readonly log: Log;
  /** Gets the lines of audit records once they are on disk. */
  readonly recordLines?: (lines: Buffer) => unknown;
  readonly times?: RotationTimes;
  /** Milliseconds between two passes over certificates and registration. Default 10 s; a second while something is unfinished. */
  readonly interval?: number;
}
