import type { DocumentNode } from '../document/document-node.js';
import type { Problem, Severity } from '../problem/problem.js';
import { listed } from '../text/words.js';
import { at, isTrueAt, type PodSpec, profiledContainersOf, readPods, textAt } from './pod-document.js';
import { POD_RULES } from './rules/rules-pods.js';

export interface LintPodsOptions {
  readonly file?: string;
  /** The names of the catalogue, and the path of each profile that its nodes have; absent: not known. */
  readonly catalogue?: {
    readonly names: readonly string[];
    isKnownPath(path: string): boolean;
  };
}

/** What is wrong with how the pods of a manifest name their profiles (SP047 to SP049). */
export function lintPods(text: string, options: LintPodsOptions = {}): readonly Problem[] {
  const { pods, problems } = readPods(text, options.file);
  const found: Problem[] = [...problems];
  for (const pod of pods) {
    const report = (
      code: string,
      path: string,
      message: string,
      more: { severity?: Severity; advice?: string } = {},
    ) => {
      const rule = POD_RULES.find(({ id }) => id === code);
      found.push({
        code,
        severity: more.severity ?? rule?.severity ?? 'warning',
        message,
        advice: more.advice ?? rule?.fix ?? '',
        place: pod.placeOf(path),
      });
    };
    lintPod(pod, options, report);
  }
  return found;
}

type Report = (code: string, path: string, message: string, more?: { severity?: Severity; advice?: string }) => void;

function lintPod(pod: PodSpec, options: LintPodsOptions, report: Report): void {
  const containers = profiledContainersOf(pod);
  const ofPod = at(pod.spec, 'securityContext.seccompProfile');
  const podPath = `${pod.path}.securityContext.seccompProfile`;
  const isWindows = textAt(pod.spec, 'os.name') === 'windows';
  if (ofPod !== undefined) lintField(ofPod, podPath, options, report);
  for (const { name, node, path } of containers) {
    const own = at(node, 'securityContext.seccompProfile');
    const ownPath = `${path}.securityContext.seccompProfile`;
    if (own !== undefined) lintField(own, ownPath, options, report);
    if (own !== undefined && isWindows)
      report('SP048', ownPath, 'a Windows pod cannot have a seccomp profile: the API server refuses it', {
        advice: 'Remove it.',
      });
    const effective = own ?? ofPod;
    if (
      isTrueAt(node, 'securityContext.privileged') &&
      effective !== undefined &&
      textAt(effective, 'type') !== 'Unconfined'
    )
      report(
        'SP048',
        own === undefined ? `${path}.securityContext.privileged` : ownPath,
        `container ${name} is privileged: it runs without any filter, whatever its seccompProfile says`,
      );
  }
  if (ofPod === undefined) return;
  if (isWindows)
    report('SP048', podPath, 'a Windows pod cannot have a seccomp profile: the API server refuses it', {
      advice: 'Remove it.',
    });
  const sharing = containers.filter(({ node }) => at(node, 'securityContext.seccompProfile') === undefined);
  if (textAt(ofPod, 'type') === 'Localhost' && sharing.length > 1)
    report(
      'SP049',
      podPath,
      `the containers ${listed(sharing.map(({ name }) => name))} share one profile: it allows each what only another one needs`,
    );
}

function lintField(field: DocumentNode, path: string, options: LintPodsOptions, report: Report): void {
  const type = textAt(field, 'type');
  const node = at(field, 'localhostProfile');
  const wanted = node?.kind === 'string' ? node.value : undefined;
  if (type === undefined || !['Localhost', 'RuntimeDefault', 'Unconfined'].includes(type)) {
    report(
      'SP047',
      path,
      `seccompProfile ${type === undefined ? 'has no type' : `has the type ${JSON.stringify(type)}`}: the API server refuses it`,
      {
        advice: 'Write type: RuntimeDefault, or type: Localhost with localhostProfile.',
      },
    );
    return;
  }
  const place = `${path}.localhostProfile`;
  if (type !== 'Localhost') {
    if (wanted !== undefined)
      report('SP047', place, `localhostProfile stands beside type: ${type}: the API server refuses it`, {
        advice: 'Write type: Localhost, or remove localhostProfile.',
      });
    return;
  }
  if (wanted === undefined || wanted === '') {
    report(
      'SP047',
      wanted === undefined ? path : place,
      'type: Localhost needs localhostProfile: without it the container is never created',
    );
    return;
  }
  if (wanted.startsWith('/') || wanted.split('/').includes('..')) {
    report(
      'SP047',
      place,
      `localhostProfile is ${JSON.stringify(wanted)}: it must be relative to the kubelet's seccomp folder, without ".."; the API server refuses it`,
    );
    return;
  }
  const [, name] = /^seccomply\/([^/]+?)(?:\.[0-9a-f]{32})?\.json$/.exec(wanted) ?? [];
  if (name === undefined || options.catalogue === undefined || options.catalogue.isKnownPath(wanted)) return;
  const isListed = options.catalogue.names.includes(name);
  report(
    'SP047',
    place,
    isListed
      ? `${wanted} is not what the catalogue makes of ${name} now: nodes may have it from before, or never`
      : `the catalogue has no profile ${name}: no node has ${wanted}`,
    isListed ? { severity: 'warning' } : {},
  );
}
