import type { Catalogue, Stage } from '../../profile/catalogue.js';

/**
 * What a container runs with, in the words of the policies: a `Localhost/seccomply/…` path that the catalogue knows is told by
 * its name and stage. `effective` is as decisions have it: `Unset`, `RuntimeDefault`, `Localhost/<path>`, ….
 */
export function profileText(
  effective: string,
  catalogue: Catalogue,
): { readonly reference: string; readonly stage?: Stage } {
  const path = effective.startsWith('Localhost/') ? effective.slice('Localhost/'.length) : undefined;
  const found = path === undefined ? undefined : catalogue.byPath(path);
  return found === undefined ? { reference: effective } : { reference: found.entry.name, stage: found.stage };
}
