import { CATALOGUE_FOLDER } from '../../policy/match/profile-reference.js';
import type { Catalogue, CatalogueEntry, Stage } from '../../profile/catalogue.js';
import type { ContainerView } from '../request/container-view.js';
import type { ProfileField } from '../request/profile-field.js';

/** Whether a normal path is in the folder of the catalogue profiles, whoever wrote it. */
export function isCatalogueFile(path: string): boolean {
  return path.startsWith(CATALOGUE_FOLDER) || `${path}/` === CATALOGUE_FOLDER;
}

/** A profile of the catalogue as a path names it. */
export interface StagedProfile {
  readonly entry: CatalogueEntry;
  readonly stage: Stage;
}

/** The profile behind such a path, where name and hash are known for what this container adds. */
export function catalogueFile(
  path: string,
  container: Pick<ContainerView, 'addedCapabilities'> | undefined,
  catalogue: Catalogue,
): StagedProfile | undefined {
  return catalogue.byPath(path, container === undefined ? undefined : container.addedCapabilities());
}

/** Whether it refuses nothing as it is: its logging stages keep within the runtime default. */
export function isUnconfinedFile({ entry, stage }: StagedProfile): boolean {
  return entry.refusesNothing && stage === 'Enforce';
}

/** Whether the field says Unconfined, or names a profile that refuses nothing. */
export function isUnconfinedField(
  field: ProfileField,
  container: Pick<ContainerView, 'addedCapabilities'>,
  catalogue: Catalogue,
): boolean {
  if (field.kind !== 'Localhost' || !isCatalogueFile(field.path)) return field.kind === 'Unconfined';
  const found = catalogueFile(field.path, container, catalogue);
  return found !== undefined && isUnconfinedFile(found);
}
