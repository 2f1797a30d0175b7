import type { RecordedCaller } from '../admission-entry.js';
import { recordedText } from './recorded-text.js';

/** Whoever was not asked for a client certificate, or showed none that counts. */
export const unauthenticatedCaller: RecordedCaller = { authenticated: false };

/** Whoever showed a client certificate that counts. */
export function authenticatedCaller(commonName: string | undefined): RecordedCaller {
  const name = recordedText(commonName);
  return { authenticated: true, ...(name === undefined ? {} : { name }) };
}
