import type { Catalogue } from '../../core/profile/catalogue.js';
import type { PolicyLoad } from '../../files/policies/load-policies.js';
import { watchPolicies } from '../../files/policies/watch-policies.js';
import type { Log } from '../../system/log.js';

/**
 * Hands on what the documents say at the start, and again after each change, one after the other; resolves when the first is taken.
 * With a catalogue where that comes from the same place: another one counts as a change.
 */
export type DocumentSource = (
  take: (load: PolicyLoad, catalogue?: Catalogue) => Promise<void>,
) => Promise<{ close(): void }>;

/** Documents in files and folders, watched. `dataFolder` is passed over when it lies inside: Seccomply writes there. */
export function fromFiles(paths: readonly string[], dataFolder: string, log: Log): DocumentSource {
  return (take) =>
    watchPolicies(paths, (load) => take(load), {
      dataFolder,
      onError: (error) => log.error('a change of the policies could not be brought into force', { error }),
    });
}
