import { isAbsent, membersOf } from '../../document/members.js';
import type { ContainerState } from '../assign/container-state.js';
import type { PatchOperation } from '../decision.js';
import type { ProfileField } from '../request/profile-field.js';
import type { AnnotationPatch } from './annotations.js';

const NOTHING: readonly PatchOperation[] = [];
const RUNTIME_DEFAULT = Object.freeze({ type: 'RuntimeDefault' });

/** Writes what was decided, and nothing else: no copy is made and nothing is compared. */
export function patchFor(
  states: readonly ContainerState[],
  annotations: readonly AnnotationPatch[],
): readonly PatchOperation[] {
  let operations: PatchOperation[] | undefined;
  for (const { view, after } of states) {
    if (after === view.own) continue;
    operations ??= [];
    operations.push(containerOperation(`/spec/${view.list}/${view.index}`, view.raw.securityContext, after));
  }
  for (const { key, value } of annotations) {
    operations ??= [];
    operations.push({ op: 'replace', path: `/metadata/annotations/${escaped(key)}`, value });
  }
  return operations ?? NOTHING;
}

function containerOperation(path: string, securityContext: unknown, field: ProfileField): PatchOperation {
  const profile = field.kind === 'Localhost' ? { type: 'Localhost', localhostProfile: field.path } : RUNTIME_DEFAULT;
  const context = membersOf(securityContext);
  if (context === undefined) return { op: 'add', path: `${path}/securityContext`, value: { seccompProfile: profile } };
  const op = isAbsent(context.seccompProfile) ? 'add' : 'replace';
  return { op, path: `${path}/securityContext/seccompProfile`, value: profile };
}

/** RFC 6901. */
function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
