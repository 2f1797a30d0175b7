import type { DocumentNode } from '../../../document/document-node.js';
import { didYouMean } from '../../../text/did-you-mean.js';
import type { KnownProfiles, LintFinding, LintRule } from '../../subject/lint-rule.js';
import { at, profiledContainersOf, textAt } from '../../subject/pod-document.js';
import { localhost, podText, WEB } from './example-pod.js';

export const sp047UnusableProfilePath: LintRule = {
  id: 'SP047',
  severity: 'error',
  title: 'The pod names no profile that a node could have',
  why: 'localhostProfile is a path below the kubelet\'s seccomp folder: relative, without "..", for type Localhost only. The API server refuses some mistakes; with others the pod is accepted and its container never created.',
  fix: 'Write the path of an installed profile (seccomply profile compile --path says it), or let a policy assign the profile.',
  failing: { text: podText({ containers: [{ ...WEB, securityContext: localhost('/etc/profile.json') }] }) },
  passing: { text: podText({ containers: [{ ...WEB, securityContext: localhost('profiles/web.json') }] }) },
  *checkPod(pod, catalogue) {
    for (const { node, path } of [{ node: pod.spec, path: pod.path }, ...profiledContainersOf(pod)]) {
      const field = at(node, 'securityContext.seccompProfile');
      const finding =
        field === undefined || (field.kind === 'literal' && field.value === null)
          ? undefined
          : unusable(field, `${path}.securityContext.seccompProfile`, catalogue);
      if (finding !== undefined) yield finding;
    }
  },
};

const TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined'];

function unusable(field: DocumentNode, path: string, catalogue: KnownProfiles | undefined): LintFinding | undefined {
  const type = textAt(field, 'type');
  const node = at(field, 'localhostProfile');
  const wanted = node?.kind === 'string' ? node.value : undefined;
  if (type === undefined || !TYPES.includes(type))
    return {
      path,
      message: `seccompProfile ${type === undefined ? 'has no type' : `has the type ${JSON.stringify(type)}`}: the API server refuses it`,
      advice: adviceForType(type, wanted),
    };
  const place = `${path}.localhostProfile`;
  if (type !== 'Localhost') {
    if (wanted === undefined) return undefined;
    return {
      path: place,
      message: `localhostProfile stands beside type: ${type}: the API server refuses it`,
      advice: 'Write type: Localhost, or remove localhostProfile.',
    };
  }
  if (wanted === undefined || wanted === '')
    return {
      path: wanted === undefined ? path : place,
      message: 'type: Localhost needs localhostProfile: without it the container is never created',
    };
  if (wanted.startsWith('localhost/'))
    return {
      path: place,
      severity: 'warning',
      message: `localhostProfile is ${JSON.stringify(wanted)}: "localhost/" is of the old annotation, and here means a folder called localhost; without it the container is never created`,
      advice: `Write localhostProfile: ${wanted.slice('localhost/'.length)}.`,
    };
  if (wanted.startsWith('/') || wanted.split('/').includes('..'))
    return {
      path: place,
      message: `localhostProfile is ${JSON.stringify(wanted)}: it must be relative to the kubelet's seccomp folder, without ".."; the API server refuses it`,
    };
  if (/^\s|\s$|^file:/.test(wanted))
    return { path: place, message: `localhostProfile is ${JSON.stringify(wanted)}: no node has a file of this name` };
  const [, name] = /^seccomply\/([^/]+?)(?:\.[0-9a-f]{32})?\.json$/.exec(wanted) ?? [];
  if (name === undefined || catalogue === undefined || catalogue.isKnownPath(wanted)) return undefined;
  if (!catalogue.names.includes(name))
    return { path: place, message: `the catalogue has no profile ${name}: no node has ${wanted}` };
  return {
    path: place,
    severity: 'warning',
    message: `${wanted} is not what the catalogue makes of ${name} now: nodes may have it from before, or never`,
  };
}

/** Of the type that was meant, as far as it can be seen. */
function adviceForType(type: string | undefined, localhostProfile: string | undefined): string {
  const [, path] = /^localhost\/(.+)$/i.exec(type ?? '') ?? [];
  if (path !== undefined) return `Write type: Localhost with localhostProfile: ${path}.`;
  if (/^(?:runtime|docker)\/default$/i.test(type ?? '')) return 'Write type: RuntimeDefault.';
  const meant = type === undefined ? undefined : didYouMean(type, TYPES);
  if (meant !== undefined && meant !== 'Localhost') return `Write type: ${meant}.`;
  return localhostProfile === undefined && meant === undefined
    ? 'Write type: RuntimeDefault, or type: Localhost with localhostProfile.'
    : 'Write type: Localhost with localhostProfile.';
}
