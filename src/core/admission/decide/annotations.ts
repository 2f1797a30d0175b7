import { type Members, membersOf } from '../../document/members.js';
import { builtInReference } from '../../policy/rules/requirement.js';
import { quoted } from '../../text/quoted.js';
import type { ContainerState } from '../assign/container-state.js';
import type { InputPath } from '../request/input-path.js';
import type { ProfileField } from '../request/profile-field.js';
import type { PodEvaluation } from '../requirements/pod-evaluation.js';

/** Of a pod. */
export const ANNOTATION_INPUTS: readonly InputPath[] = ['metadata.annotations.*'];

/** An annotation that has to say what the field says. */
export interface AnnotationPatch {
  readonly key: string;
  readonly value: string;
}

const POD_KEY = 'seccomp.security.alpha.kubernetes.io/pod';
const CONTAINER_PREFIX = 'container.seccomp.security.alpha.kubernetes.io/';
const NONE: readonly AnnotationPatch[] = [];

/**
 * The API server refuses a container whose legacy annotation is of another type than its field ("seccomp type in annotation and
 * field must match", pkg/apis/core/validation), so where we write the field an annotation that differs is set to match.
 */
export function annotationPatches(states: readonly ContainerState[], metadata: Members): readonly AnnotationPatch[] {
  const annotations = membersOf(metadata.annotations);
  if (annotations === undefined) return NONE;
  let patches: Map<string, AnnotationPatch> | undefined;
  for (const { view, after } of states) {
    if (after === view.own) continue;
    const key = `${CONTAINER_PREFIX}${view.name}`;
    if (!Object.hasOwn(annotations, key) || matches(annotations[key], after)) continue;
    patches ??= new Map();
    patches.set(key, { key, value: annotationOf(after) });
  }
  return patches === undefined ? NONE : [...patches.values()];
}

/** Legacy annotations give no profile since Kubernetes 1.27, whatever people expect of them. */
export function addAnnotationFindings({ review, findings }: PodEvaluation, patches: readonly AnnotationPatch[]): void {
  const { metadata, path } = review.target;
  const annotations = membersOf(metadata.annotations);
  if (annotations === undefined) return;
  const byKey = new Map(patches.map((patch) => [patch.key, patch]));
  for (const key in annotations) {
    const isPod = key === POD_KEY;
    if ((!isPod && !key.startsWith(CONTAINER_PREFIX)) || !Object.hasOwn(annotations, key)) continue;
    if (findings.onlyCounts(undefined)) return;
    const patch = byKey.get(key);
    const value = annotations[key];
    const shown = typeof value === 'string' ? value : typeof value;
    const tail =
      patch === undefined
        ? ' gives no profile in a current cluster: remove it'
        : `, which gives no profile, is set to ${quoted(patch.value, 40)} to match the field`;
    findings.add({
      kind: 'warning',
      code: 'legacy-annotation',
      mode: 'Warn',
      container: isPod ? 'pod' : key.slice(CONTAINER_PREFIX.length),
      containerType: 'Pod',
      fieldPath: `${path.replace(/spec$/, 'metadata')}.annotations[${quoted(key, 160)}]`,
      requested: shown,
      effective: 'Unset',
      expected: 'securityContext.seccompProfile',
      policy: builtInReference,
      message: `the annotation ${quoted(key, 160)}${tail}`,
    });
    findings.warn(`annotation ${key}`, tail);
  }
}

function annotationOf(field: ProfileField): string {
  return field.kind === 'Localhost' ? `localhost/${field.path}` : 'runtime/default';
}

function matches(value: unknown, field: ProfileField): boolean {
  return value === annotationOf(field) || (field.kind === 'RuntimeDefault' && value === 'docker/default');
}
