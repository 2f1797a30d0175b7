import { type DocumentNode, memberOf } from '../../../document/document-node.js';
import { memberPath } from '../../../document/path-text.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import { at, type PodSpec, profiledContainersOf } from '../../subject/pod-document.js';
import { localhost, podText, WEB } from './example-pod.js';

export const sp061MisplacedProfileField: LintRule = {
  id: 'SP061',
  severity: 'error',
  title: 'A profile where Kubernetes does not look for one',
  why: 'Kubernetes reads one field: seccompProfile in the securityContext of the pod or of a container, with type and localhostProfile in it, in exactly this spelling. kubectl refuses other keys; through other clients and Helm they are dropped, and the container runs as if nothing were written.',
  fix: 'Write securityContext.seccompProfile with type: RuntimeDefault, or with type: Localhost and localhostProfile.',
  failing: { text: podText({ containers: [{ ...WEB, securityContext: { seccomp: { type: 'RuntimeDefault' } } }] }) },
  passing: { text: podText({ containers: [{ ...WEB, securityContext: localhost('profiles/web.json') }] }) },
  *checkPod(pod) {
    for (const { node, path } of [{ node: pod.spec, path: pod.path }, ...profiledContainersOf(pod)]) {
      yield* strayKeys(node, path, []);
      for (const { key, value, keyPath } of membersAt(node, path))
        if (isLike(key, 'securityContext')) {
          if (
            key !== 'securityContext' &&
            value.kind === 'object' &&
            value.members.some((each) => isProfileKey(each.key))
          )
            yield {
              path: keyPath,
              message: `the key ${JSON.stringify(key)} must be "securityContext": with another case it is not read`,
            };
          yield* strayKeys(value, keyPath, ['seccompProfile']);
        }
      const field = at(node, 'securityContext.seccompProfile');
      const fieldPath = `${path}.securityContext.seccompProfile`;
      for (const { key, keyPath } of membersAt(field, fieldPath))
        if (key !== 'type' && key !== 'localhostProfile')
          yield {
            path: keyPath,
            message: `a seccompProfile has no key ${JSON.stringify(key.slice(0, 60))}: it has type and localhostProfile`,
          };
    }
    // Kinds of other projects may have such a field of their own.
    if (BUILT_IN_GROUPS.includes(pod.object.identity.group ?? '')) yield* besideSpec(pod);
  },
};

const BUILT_IN_GROUPS = ['', 'apps', 'batch'];

/** What stands around the spec of the pod: in its template, its metadata, or the workload. */
function* besideSpec({ object }: PodSpec): Iterable<LintFinding> {
  const { node, path } = object;
  for (const way of [
    '',
    'metadata',
    'spec',
    'spec.template',
    'spec.template.metadata',
    'template',
    'spec.jobTemplate.spec.template',
  ]) {
    if (way === 'spec' && at(node, 'spec.template') === undefined) continue;
    const place = way === '' ? path : path === '' ? way : `${path}.${way}`;
    const here = way === '' ? node : at(node, way);
    yield* strayKeys(here, place, []);
    if (way !== 'metadata' && memberNamed(here, 'securityContext') !== undefined) yield* nested(here, place);
  }
}

/** A whole security context at such a place. */
function* nested(node: DocumentNode | undefined, path: string): Iterable<LintFinding> {
  if (at(node, 'securityContext.seccompProfile') !== undefined)
    yield {
      path: `${memberPath(path, 'securityContext')}.seccompProfile`,
      message:
        'a seccompProfile here is not read: the securityContext belongs into the spec of the pod, or into a container',
    };
}

function* strayKeys(node: DocumentNode | undefined, path: string, known: readonly string[]): Iterable<LintFinding> {
  for (const { key, keyPath } of membersAt(node, path))
    if (isProfileKey(key) && !known.includes(key))
      yield {
        path: keyPath,
        message: `${JSON.stringify(key)} is not a key that Kubernetes knows here: it is not read`,
      };
}

/** Keys by which people mean a seccomp profile. */
function isProfileKey(key: string): boolean {
  return /^(?:seccomp|seccomp[-_]?profiles?|seccomp[-_]?type|localhost[-_]?profile)$/i.test(key);
}

function isLike(key: string, known: string): boolean {
  return key.toLowerCase() === known.toLowerCase();
}

function memberNamed(node: DocumentNode | undefined, key: string): DocumentNode | undefined {
  return node?.kind === 'object' ? memberOf(node, key)?.value : undefined;
}

function membersAt(node: DocumentNode | undefined, path: string) {
  if (node?.kind !== 'object') return [];
  return node.members.map(({ key, value }) => ({ key, value, keyPath: memberPath(path, key) }));
}
