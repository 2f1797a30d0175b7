import type { ParsedProfile } from '../profile/read/parsed-profile.js';

export interface CrioRefusal {
  readonly outcome: 'not started' | 'unconfined';
  readonly because: string;
}

/**
 * What becomes of a container whose file CRI-O does not hand on to a runtime, measured with Podman; undefined where it does. It reads JSON by Go's
 * rules: keys in any case, the second of two counts, and a value of the wrong kind refuses the file.
 */
export function crioRefusal({ profile, problems, has }: ParsedProfile): CrioRefusal | undefined {
  for (const { code, severity, message, place } of problems) {
    const path = place?.path ?? '';
    if (severity !== 'error' || code === 'SP002' || UNKNOWN_TO_CRIO.test(path)) continue;
    if (code === 'SP001') return notStarted('it is not JSON');
    if (code === 'SP003')
      return has('syscalls[0]')
        ? notStarted('there is no default action')
        : { outcome: 'unconfined', because: 'without a default action and rules CRI-O takes it for no profile' };
    if (code === 'SP006') return notStarted(`CRI-O refuses two keys for one: ${path}`);
    // Mistakes that leave the meaning open are values of the wrong kind, and words that no runtime knows.
    if (profile === undefined) return notStarted(message);
  }
  return undefined;
}

function notStarted(because: string): CrioRefusal {
  return { outcome: 'not started', because };
}

const UNKNOWN_TO_CRIO = /\.minKernel(?![A-Za-z])/;
