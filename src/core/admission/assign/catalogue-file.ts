import { CATALOGUE_FOLDER } from '../../policy/match/profile-reference.js';
import type { Catalogue, CatalogueEntry, Stage } from '../../profile/catalogue.js';
import type { ContainerView } from '../request/container-view.js';

/** Whether a normal path is in the folder of the catalogue profiles, whoever wrote it. */
export function isCatalogueFile(path: string): boolean {
  return path.startsWith(CATALOGUE_FOLDER) || `${path}/` === CATALOGUE_FOLDER;
}

/** The profile behind such a path, where name and hash are known for what this container adds. */
export function catalogueFile(
  path: string,
  container: ContainerView | undefined,
  catalogue: Catalogue,
): { readonly entry: CatalogueEntry; readonly stage: Stage } | undefined {
  return catalogue.byPath(path, container === undefined ? undefined : container.addedCapabilities());
}
