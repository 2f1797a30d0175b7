import { type DocumentNode, memberOf } from '../../../document/document-node.js';
import { stepsOf } from '../../../document/path-text.js';
import { otherKind } from '../decode-document.js';
import { describeNode } from '../describe-node.js';
import type { FileObject } from './file-object.js';
import { innerProfile } from './inner-profile.js';

/** What stands in a file instead of a profile, and what to do. */
export interface ForeignDocument {
  readonly offset: number;
  readonly message: string;
  readonly advice: string;
  /** Whether there is a profile somewhere in it. */
  readonly holdsProfile: boolean;
}

/** What a value is that is no profile: an object of Kubernetes, what another program writes, or something that has a profile inside. */
export function foreignDocument({ node, path, identity }: FileObject, isYaml: boolean): ForeignDocument {
  const what = whatItIs(node, identity);
  const inner = innerProfile(node, path);
  if (inner === undefined) {
    if (identity.kind !== undefined && identity.group !== undefined)
      return { offset: node.offset, ...otherKind(identity.kind), holdsProfile: false };
    return {
      offset: node.offset,
      message: `this is ${what}, and no profile`,
      advice: adviceFor(node),
      holdsProfile: false,
    };
  }
  return {
    offset: inner.offset,
    message: `this is ${what}: a profile stands in it, at ${inner.path}${inner.isText ? ', as text' : ''}`,
    advice: `give the profile in a file of its own${commandFor(inner.path, inner.isText, isYaml)}`,
    holdsProfile: true,
  };
}

/** Whether another program's file is known by a key that nothing else has. */
export function isKnownForeign(node: DocumentNode): boolean {
  return ['ociVersion', 'seccomp-profile', 'HostConfig'].some((key) => has(node, key));
}

function whatItIs(node: DocumentNode, { kind, group }: FileObject['identity']): string {
  if (group === 'spdx.softwarecomposition.kubescape.io') return `an object of Kubescape (${kind})`;
  if (kind !== undefined) return `a Kubernetes object of kind ${JSON.stringify(kind.slice(0, 63))}`;
  const [first] = node.kind === 'array' ? node.items : [];
  if (has(node, 'ociVersion')) return "a container's config.json";
  if (has(node, 'info') && has(node, 'status')) return 'what crictl inspect prints';
  if (has(node, 'HostConfig') || has(first, 'HostConfig')) return 'what docker inspect prints';
  if (has(node, 'seccomp-profile')) return "the settings of Docker's daemon (daemon.json)";
  if (has(node, 'services')) return 'a Compose file';
  return node.kind === 'object' ? 'something else than an object of Kubernetes' : describeNode(node);
}

function adviceFor(node: DocumentNode): string {
  if (has(node, 'ociVersion')) return 'the container runs without a profile: one would stand at linux.seccomp';
  if (has(node, 'seccomp-profile')) return 'give the file that "seccomp-profile" names';
  if (has(node, 'services')) return 'give the file that security_opt names (seccomp:FILE)';
  return 'give a profile, JSON with "defaultAction" or an object of kind SeccompProfile, or a manifest of pods';
}

function has(node: DocumentNode | undefined, key: string): boolean {
  return node?.kind === 'object' && memberOf(node, key) !== undefined;
}

/** How to write it there; empty where the path is none that a shell takes. */
function commandFor(path: string, isText: boolean, isYaml: boolean): string {
  const steps = stepsOf(path).map((step) => {
    if (typeof step === 'number') return `[${step}]`;
    return /^[A-Za-z_]\w*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  });
  const query = steps.join('').replace(/^(?!\.)/, '.');
  if (query.includes("'") || query.length > 200) return '';
  const cut = isText ? ' | sub("^[^{]*"; "")' : '';
  return `: ${isYaml ? 'yq -o json' : `jq${isText ? ' -r' : ''}`} '${query}${isYaml ? '' : cut}' FILE > profile.json`;
}
