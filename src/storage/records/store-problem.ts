import type { Problem } from '../../core/problem/problem.js';
import { errnoOf, messageOf } from '../../system/errno.js';
import { folderFullCode } from '../disk/disk-space.js';

/** Why records cannot be written, for readiness, metrics (`code`) and a person. */
export function storeProblem(error: unknown, folder: string): Problem {
  const errno = errnoOf(error);
  const problem = (code: string, message: string, advice: string): Problem => ({
    code,
    severity: 'error',
    message,
    advice: `${advice} Until then denials are still denials, only without a record; it is tried again every few seconds.`,
    place: { file: folder },
  });
  switch (errno) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return problem(
        'record-store-full',
        'the disk for audit records is full',
        'Make room, or move segments that are finished (all but the newest file of each instance) elsewhere.',
      );
    case folderFullCode:
      return problem(
        'record-store-full',
        'the folder of audit records has reached the size set for it',
        'Move segments that are finished elsewhere, or raise the limit.',
      );
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return problem(
        'record-store-read-only',
        `audit records cannot be written (${errno})`,
        'Let the user that runs Seccomply write to the folder.',
      );
    default:
      return problem(
        'record-store-failing',
        `audit records cannot be written (${errno ?? messageOf(error)})`,
        'Look at the disk and its mount.',
      );
  }
}

/** A write has been under way for longer than a disk that works takes. */
export function storeStalled(folder: string): Problem {
  return {
    code: 'record-store-stalled',
    severity: 'error',
    message: 'the disk for audit records does not answer',
    advice:
      'Look at the disk and its mount. Until it answers denials are still denials, only without a record; what it is writing now goes on then.',
    place: { file: folder },
  };
}

/** More waits to be written than is kept in memory. */
export function storeBehind(folder: string): Problem {
  return {
    code: 'record-store-behind',
    severity: 'error',
    message: 'the disk for audit records does not keep up',
    advice:
      'Use a faster disk, or see with seccomply audit tail what fills it. Until half of it is written denials are still denials, only without a record.',
    place: { file: folder },
  };
}

/** The log was closed; nothing is written any more. */
export const storeClosed: Problem = {
  code: 'record-store-closed',
  severity: 'error',
  message: 'the audit log is closed: Seccomply is stopping',
};

/** Of uses that are on record and were refused. */
export const recordLateCode = 'record-late';

export const shareUsedUpCode = 'record-share-used-up';

/** A namespace has written so much that what has to be on record is refused. Its message reaches whoever made the request. */
export function shareUsedUp(namespace: string): Problem {
  const who =
    namespace === ''
      ? 'requests without a namespace have'
      : namespace === '*'
        ? 'namespaces that are too many to be told apart have'
        : `namespace ${namespace} has`;
  return {
    code: shareUsedUpCode,
    severity: 'error',
    message: `${who} used up the share of audit records, which comes back within a day`,
    advice: 'See with seccomply audit tail what fills it, and end that; or give the records more room.',
  };
}
