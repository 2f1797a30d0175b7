/** Lies beside the profiles of a folder; `node tools/generate-catalogue.mjs` makes it for the folder that is shipped. */
export const INDEX_FILE = 'index.generated.json';

/** What a catalogue has beside its profiles, and `profiles/*.json` names, too. */
export function isBesideProfiles(file: string): boolean {
  return /\.(provenance|generated)\.json$/.test(file);
}
