import { checkPolicies } from '../../core/policy/check/check-policies.js';
import type { ClusterDocument } from '../../core/policy/load/cluster-object.js';
import type { DocumentSet } from '../../core/policy/load/document-set.js';
import type { Problem } from '../../core/problem/problem.js';
import type { KubeObject } from '../../kubernetes/kube-object.js';
import type { Resource } from '../../kubernetes/resources.js';
import { seccomplyKinds } from '../kinds.js';
import { clusterCatalogue } from '../policies/cluster-catalogue.js';
import type { ClusterDocuments } from '../policies/cluster-documents.js';
import type { ProfileObject } from '../policies/profile-object.js';
import { documentStatusOf } from './document-status.js';
import { isSameStatus, type ObjectStatus } from './object-status.js';
import { profileStatusOf } from './profile-status.js';

/** A policy or an exemption as it lies in the cluster, and what was read from it. */
export interface ClusterDocumentObject {
  readonly object: KubeObject;
  readonly read: ClusterDocument;
}

export interface ClusterProfileObject {
  readonly object: KubeObject;
  readonly read: ProfileObject;
}

export interface StatusChange {
  readonly resource: Resource;
  readonly object: KubeObject;
  readonly status: ObjectStatus;
}

export interface DesiredStatusOptions {
  readonly baseline: readonly string[] | 'off';
  /** Milliseconds. */
  readonly longestExemption: number;
  /** By uid: documents of which a version that could be read is in force. */
  readonly lastGood: ReadonlySet<string>;
  readonly now: number;
}

const contradictions = new Set(['PL004', 'PL019']);

/** What the documents of a cluster are together, and the status of each whose status says something else. */
export function desiredStatuses(
  documents: readonly ClusterDocumentObject[],
  profiles: readonly ClusterProfileObject[],
  { baseline, longestExemption, lastGood, now }: DesiredStatusOptions,
): { readonly set: ClusterDocuments; readonly changes: readonly StatusChange[] } {
  const loaded = documents.flatMap(({ read }) => read.document ?? []);
  const policies = loaded.filter((one) => one.kind === 'SeccompPolicy');
  const exemptions = loaded.filter((one) => one.kind === 'SeccompExemption');
  const catalogue = clusterCatalogue(profiles.map(({ read }) => read));
  const checked: DocumentSet = { policies, exemptions, namespaces: [], contentSha256: '' };
  const problems = checkPolicies(checked, { catalogue, baseline, longestExemption, now });
  const byDocument = groupByDocument(problems);
  const set: ClusterDocuments = {
    policies,
    exemptions,
    profiles: profiles.map(({ read }) => read),
    broken: documents.flatMap(({ object, read }) =>
      read.document === undefined ? [{ kind: kindOf(object), name: object.metadata.name ?? '' }] : [],
    ),
    problems: [...documents.flatMap(({ read }) => read.problems), ...problems],
  };
  const statuses = [
    ...documents.map(({ object, read }): StatusChange => {
      const { uid = '', name = '' } = object.metadata;
      const resource = kindOf(object) === 'SeccompExemption' ? seccomplyKinds.exemptions : seccomplyKinds.policies;
      const about = byDocument.get(`${resource.plural}/${name}`) ?? [];
      const status = documentStatusOf(
        object,
        { ...read, problems: [...read.problems, ...about.filter(({ code }) => !contradictions.has(code))] },
        {
          now,
          longestExemption,
          conflicts: about.filter(({ code }) => contradictions.has(code)),
          lastGood: read.document === undefined && lastGood.has(uid),
        },
      );
      return { resource, object, status };
    }),
    ...profiles.map(
      ({ object, read }): StatusChange => ({
        resource: seccomplyKinds.profiles,
        object,
        status: profileStatusOf(object, read, now),
      }),
    ),
  ];
  return { set, changes: statuses.filter(({ object, status }) => !isSameStatus(status, statusIn(object))) };
}

/** `seccomppolicies/web` → its problems, by the place that every problem of a custom resource has. */
function groupByDocument(problems: readonly Problem[]): ReadonlyMap<string, readonly Problem[]> {
  const groups = new Map<string, Problem[]>();
  for (const problem of problems) {
    const key = /^cluster:([a-z]+\/[^@]+)/.exec(problem.place?.file ?? '')?.[1];
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [problem]);
    else group.push(problem);
  }
  return groups;
}

function kindOf({ kind }: KubeObject): 'SeccompPolicy' | 'SeccompExemption' {
  return kind === 'SeccompExemption' ? kind : 'SeccompPolicy';
}

function statusIn(object: KubeObject): unknown {
  return (object as { readonly status?: unknown }).status;
}
