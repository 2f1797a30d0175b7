import { isKubeError } from '../../kubernetes/kube-error.js';

/** What became of a write under the version that was read before. `conflict`: somebody else wrote in between; read again. */
export async function writeOutcome(writing: Promise<unknown>): Promise<'written' | 'conflict'> {
  try {
    await writing;
    return 'written';
  } catch (error) {
    // An apply to an object that was just deleted would make a new one, which the API server finds invalid.
    if (isKubeError(error, 'conflict', 'already-exists', 'not-found', 'invalid')) return 'conflict';
    throw error;
  }
}
