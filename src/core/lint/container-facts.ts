import type { LintOptions } from './subject/lint-options.js';
import { at, isTrueAt, type PodSpec, profiledContainersOf } from './subject/pod-document.js';

/** What a container of a manifest tells about the profile it is to have; `undefined` when there is no container of that name. */
export function containerFacts(
  pod: PodSpec,
  name?: string,
): Pick<LintOptions, 'capabilities' | 'allowPrivilegeEscalation' | 'runsCommands'> | undefined {
  const containers = profiledContainersOf(pod);
  const container =
    name === undefined
      ? containers.find(({ path }) => path.endsWith('.containers[0]'))
      : containers.find((each) => each.name === name);
  if (container === undefined) return undefined;
  const { node } = container;
  const added = at(node, 'securityContext.capabilities.add');
  const capabilities =
    added?.kind === 'array' ? added.items.flatMap((item) => (item.kind === 'string' ? [item.value] : [])) : [];
  const escalation = at(node, 'securityContext.allowPrivilegeEscalation');
  const commands = [
    'livenessProbe.exec',
    'readinessProbe.exec',
    'startupProbe.exec',
    'lifecycle.postStart.exec',
    'lifecycle.preStop.exec',
  ];
  // The API's default is true; privileged and CAP_SYS_ADMIN make it so.
  const forced =
    isTrueAt(node, 'securityContext.privileged') || capabilities.some((each) => /^(?:CAP_)?SYS_ADMIN$/i.test(each));
  return {
    capabilities,
    allowPrivilegeEscalation: forced || !(escalation?.kind === 'literal' && escalation.value === false),
    runsCommands: commands.some((path) => at(node, path) !== undefined),
  };
}
