import { isAbsent, type Members, membersOf, textOf } from '../../document/members.js';
import type { InputPath } from './input-path.js';
import type { RequestFacts } from './request-facts.js';

/** What a request asks to be judged. */
export type ReviewTarget =
  | { readonly is: 'nothing'; readonly why: string }
  /** No pod can be found where one has to be. */
  | { readonly is: 'malformed'; readonly path: string; readonly why: string }
  | PodTarget;

export interface PodTarget {
  readonly is: 'pod';
  /**
   * `create`: a new pod. `update`: only containers with another image than before. `ephemeral`: only new ephemeral containers.
   * `template`: the pod that a workload would make.
   */
  readonly form: 'create' | 'update' | 'ephemeral' | 'template';
  /** Of the pod, or of the pods that the template makes. */
  readonly metadata: Members;
  readonly spec: Members;
  /** `spec` as it was before. */
  readonly oldSpec: Members | undefined;
  /** Where `spec` is: `spec.template.spec`. */
  readonly path: string;
}

type MemberPath = readonly string[];

const SPEC_TEMPLATE: MemberPath = ['spec', 'template'];

/** Where the pod template of each kind is, by API group. `extensions` served some of them once, and the rest is history too. */
const TEMPLATES: ReadonlyMap<string, MemberPath> = new Map<string, MemberPath>([
  ['apps/Deployment', SPEC_TEMPLATE],
  ['apps/ReplicaSet', SPEC_TEMPLATE],
  ['apps/StatefulSet', SPEC_TEMPLATE],
  ['apps/DaemonSet', SPEC_TEMPLATE],
  ['extensions/Deployment', SPEC_TEMPLATE],
  ['extensions/ReplicaSet', SPEC_TEMPLATE],
  ['extensions/DaemonSet', SPEC_TEMPLATE],
  ['batch/Job', SPEC_TEMPLATE],
  ['batch/CronJob', ['spec', 'jobTemplate', 'spec', 'template']],
  ['/ReplicationController', SPEC_TEMPLATE],
  ['/PodTemplate', ['template']],
]);

/** Each of these places once. */
export const TEMPLATE_PATHS: readonly InputPath[] = [...new Set([...TEMPLATES.values()].map((path) => path.join('.')))];

const KINDS: ReadonlyMap<string, string> = new Map([
  ['pods', 'Pod'],
  ['deployments', 'Deployment'],
  ['replicasets', 'ReplicaSet'],
  ['statefulsets', 'StatefulSet'],
  ['daemonsets', 'DaemonSet'],
  ['jobs', 'Job'],
  ['cronjobs', 'CronJob'],
  ['replicationcontrollers', 'ReplicationController'],
  ['podtemplates', 'PodTemplate'],
]);

/** Of a request. Templates are compared with what they were before, so that all of them counts. */
export const TARGET_INPUTS: readonly InputPath[] = [
  'operation',
  'subResource',
  'kind.group',
  'kind.kind',
  'resource.group',
  'resource.resource',
  'object.apiVersion',
  'object.kind',
  'object.metadata.ownerReferences[].controller',
  ...['object', 'oldObject'].flatMap((object) => TEMPLATE_PATHS.map((path) => `${object}.${path}.**`)),
];

const NO_MEMBERS: Members = {};

/**
 * Finds the pod in a request. Pods and templates are known by group and kind, in any version: a `Pod` of another group is
 * somebody's custom resource, and no kubelet runs it. Where the request does not say what it is about (the API server always
 * does), the object's own `apiVersion` and `kind` count, and an object that says nothing either is read as a pod, so that
 * nothing passes for lack of a label. DELETE and CONNECT bring no containers; any operation that is none of the four is taken
 * for a CREATE. Of a pod's subresources only `ephemeralcontainers` can bring one.
 */
export function targetOf(request: RequestFacts): ReviewTarget {
  const { operation } = request;
  if (operation === 'DELETE' || operation === 'CONNECT')
    return { is: 'nothing', why: `${operation} brings no containers` };
  const object = membersOf(request.object);
  const kind = kindOf(request, object);
  const subResource = textOf(request.subResource);
  if (kind === '/Pod') {
    if (subResource !== undefined && subResource !== 'ephemeralcontainers')
      return { is: 'nothing', why: `pods/${subResource} brings no containers` };
    if (object === undefined) return { is: 'malformed', path: 'object', why: 'the request has no object' };
    const old = operation === 'UPDATE' ? membersOf(membersOf(request.oldObject)?.spec) : undefined;
    const form = subResource === 'ephemeralcontainers' ? 'ephemeral' : old === undefined ? 'create' : 'update';
    return podIn(object, [], form, old);
  }
  const templatePath = TEMPLATES.get(kind);
  if (templatePath === undefined)
    return { is: 'nothing', why: `${kind.replace(/^\//, '')} has no pod that is judged here` };
  if (subResource !== undefined) return { is: 'nothing', why: `the subresource ${subResource} brings no pod template` };
  if (object === undefined) return { is: 'malformed', path: 'object', why: 'the request has no object' };
  if (hasController(object)) return { is: 'nothing', why: 'its template was judged at the controller that owns it' };
  const old = membersOf(request.oldObject);
  const oldTemplate = old === undefined ? undefined : at(old, templatePath);
  return podIn(object, templatePath, 'template', membersOf(membersOf(oldTemplate)?.spec));
}

function podIn(
  object: Members,
  templatePath: MemberPath,
  form: PodTarget['form'],
  oldSpec: Members | undefined,
): ReviewTarget {
  let holder: Members = object;
  for (const [depth, key] of templatePath.entries()) {
    const next = holder[key];
    if (isAbsent(next)) return { is: 'nothing', why: `it has no ${templatePath.slice(0, depth + 1).join('.')}` };
    const members = membersOf(next);
    if (members === undefined)
      return { is: 'malformed', path: templatePath.slice(0, depth + 1).join('.'), why: 'it is not an object' };
    holder = members;
  }
  const path = [...templatePath, 'spec'].join('.');
  const spec = isAbsent(holder.spec) ? NO_MEMBERS : membersOf(holder.spec);
  if (spec === undefined) return { is: 'malformed', path, why: 'it is not an object' };
  return { is: 'pod', form, metadata: membersOf(holder.metadata) ?? NO_MEMBERS, spec, oldSpec, path };
}

/** `group/Kind`, without the version. */
function kindOf(request: RequestFacts, object: Members | undefined): string {
  const kind = membersOf(request.kind);
  const resource = membersOf(request.resource);
  const byResource = textOf(resource?.resource);
  // A subresource has a kind of its own (Binding, Eviction, Scale), so what it is of counts first.
  if (byResource !== undefined) {
    const named = KINDS.get(byResource);
    const full = named === undefined ? undefined : `${groupOf(resource?.group)}/${named}`;
    if (full === '/Pod' || (full !== undefined && TEMPLATES.has(full))) return full;
  }
  const byKind = textOf(kind?.kind);
  if (byKind !== undefined) return `${groupOf(kind?.group)}/${byKind}`;
  if (byResource !== undefined) return `${groupOf(resource?.group)}/${byResource}`;
  const own = textOf(object?.kind);
  if (own === undefined) return '/Pod';
  const apiVersion = textOf(object?.apiVersion) ?? 'v1';
  const slash = apiVersion.indexOf('/');
  return `${slash < 0 ? '' : apiVersion.slice(0, slash)}/${own}`;
}

function groupOf(group: unknown): string {
  return textOf(group) ?? '';
}

function hasController(object: Members): boolean {
  const owners = membersOf(object.metadata)?.ownerReferences;
  return Array.isArray(owners) && owners.some((owner) => membersOf(owner)?.controller === true);
}

function at(object: Members, templatePath: MemberPath): unknown {
  let value: unknown = object;
  for (const key of templatePath) value = membersOf(value)?.[key];
  return value;
}
