import type { ProfileSubject } from '../../policy/match/profile-reference.js';
import type { Catalogue } from '../../profile/catalogue.js';
import type { ContainerView } from '../request/container-view.js';
import { type ProfileField, sameField } from '../request/profile-field.js';
import type { AssignmentOutcome, Winner } from './assign.js';
import { catalogueFile, isCatalogueFile, isUnconfinedFile } from './catalogue-file.js';

/** One container after assignment. */
export interface ContainerState {
  readonly view: ContainerView;
  /** `spec.containers[0]`. */
  readonly path: string;
  readonly winner: Winner | undefined;
  readonly outcome: AssignmentOutcome | undefined;
  /** Its own field as it will be. */
  readonly after: ProfileField;
  /** The set before this one would have left it as it is, and replicas change a moment apart. */
  readonly rolloutGrace: RolloutGrace | undefined;
}

/** `given`: the rule that gave the container what it has, and the catalogue that profile is in; undefined where it had this already. */
export interface RolloutGrace {
  readonly given:
    | { readonly winner: Winner; readonly outcome: AssignmentOutcome; readonly catalogue: Catalogue }
    | undefined;
}

/** What a field means to the requirements, or why it is a violation whatever they say. */
export type FieldReading =
  | {
      readonly ok: true;
      readonly subject: ProfileSubject;
      /** A catalogue profile that counts as Unconfined, whatever its name. */
      readonly refusesNothing?: string;
    }
  | {
      readonly ok: false;
      readonly code: 'unknown-type' | 'not-allowed';
      readonly what: string;
    };

/** @param state whose container's own or inherited field it is; undefined for a pod's field that no judged container inherits */
export function readingOf(field: ProfileField, state: ContainerState | undefined, catalogue: Catalogue): FieldReading {
  switch (field.kind) {
    case 'malformed':
      return {
        ok: false,
        code: 'unknown-type',
        what: `has seccompProfile ${field.shown}, which is no profile (${field.why})`,
      };
    case 'Localhost':
      return isCatalogueFile(field.path)
        ? catalogueReading(field, state, catalogue)
        : { ok: true, subject: { kind: 'Localhost', path: field.path } };
    default:
      return READINGS[field.kind];
  }
}

const READINGS: Readonly<Record<'Unset' | 'RuntimeDefault' | 'Unconfined', FieldReading>> = {
  Unset: { ok: true, subject: { kind: 'Unset' } },
  RuntimeDefault: { ok: true, subject: { kind: 'RuntimeDefault' } },
  Unconfined: { ok: true, subject: { kind: 'Unconfined' } },
};

function catalogueReading(
  field: ProfileField & { readonly kind: 'Localhost' },
  state: ContainerState | undefined,
  catalogue: Catalogue,
): FieldReading {
  const given = state === undefined ? undefined : assignedOutcome(state, field);
  const found = catalogueFile(field.path, state?.view, given?.catalogue ?? catalogue);
  if (found === undefined)
    return {
      ok: false,
      code: 'not-allowed',
      what: `has seccompProfile Localhost/${field.path}, and no catalogue profile with that name and hash is known for the capabilities it adds`,
    };
  if (found.stage !== 'Enforce' && given === undefined)
    return {
      ok: false,
      code: 'not-allowed',
      what: `has the ${found.stage} stage of ${found.entry.name}, which no rule assigned to it`,
    };
  const { name } = found.entry;
  if (isUnconfinedFile(found)) return { ok: true, subject: { kind: 'Unconfined' }, refusesNothing: name };
  return { ok: true, subject: { kind: 'Catalogue', name, stage: found.stage } };
}

/** The rule that gave this very container this field, now or under the set before. */
function assignedOutcome(
  { outcome, rolloutGrace }: ContainerState,
  field: ProfileField,
): { readonly catalogue: Catalogue | undefined } | undefined {
  if (outcome !== undefined && gives(outcome, field)) return { catalogue: undefined };
  const given = rolloutGrace?.given;
  if (given !== undefined && gives(given.outcome, field)) return { catalogue: given.catalogue };
  return undefined;
}

export function gives({ target }: AssignmentOutcome, field: ProfileField): boolean {
  return target.kind === 'field' && sameField(target.field, field);
}
