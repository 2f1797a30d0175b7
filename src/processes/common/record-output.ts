import type { Log } from '../../system/log.js';
import { Output } from '../../system/output.js';

/** Where lines of audit records go once they are on disk; says in the log when some are left out. */
export function recordOutput(log: Log): (lines: Buffer) => boolean {
  return new Output(process.stdout, {
    fellBehind: () =>
      log.warn(
        'whoever reads standard output does not keep up: audit records are left out there until it does, the files have them all',
      ),
    caughtUp: (bytes) => log.warn('standard output has all new audit records again', { bytesLeftOut: bytes }),
  }).write;
}
