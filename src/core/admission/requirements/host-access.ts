import { isAbsent, type Members, membersOf } from '../../document/members.js';
import type { Requirement } from '../../policy/rules/requirement.js';
import type { PolicyMode } from '../../policy/schema/policy-schema.js';
import {
  NODE_CAPABILITIES,
  PROCESS_CAPABILITIES,
  TRACING_CAPABILITIES,
} from '../../policy/values/host-capabilities.js';
import { oneLine } from '../../text/quoted.js';
import type { ContainerView } from '../request/container-view.js';
import type { InputPath } from '../request/input-path.js';
import { belowEachList } from '../request/pod-containers.js';
import { addExempted, exemptionForAll } from './exemption.js';
import { containerName } from './finding-list.js';
import { linkableVolumes } from './host-links.js';
import { hostPathsOf, reachedByMount } from './host-mounts.js';
import { mayBeRoot, ROOT_INPUTS } from './may-be-root.js';
import type { PodEvaluation } from './pod-evaluation.js';
import { containerPlace } from './profile-setting.js';

/** Of a pod's spec, besides what is known of its containers. */
export const HOST_ACCESS_INPUTS: readonly InputPath[] = [
  'hostPID',
  'hostUsers',
  'volumes[].name',
  'volumes[].hostPath.path',
  'volumes[].hostPath.type',
  ...ROOT_INPUTS,
  ...belowEachList([
    'securityContext.procMount',
    'volumeMounts[].name',
    'volumeMounts[].subPath',
    'volumeMounts[].subPathExpr',
    'volumeMounts[].readOnly',
  ]),
];

/** A way in which a container can reach the node around every seccomp profile. */
export interface HostAccess {
  readonly container: ContainerView;
  /** Which of the given containers that is. */
  readonly index: number;
  /** `volumeMounts[1]`, `securityContext.capabilities`: below the container. */
  readonly at: string;
  /** `can write the host's /var/lib/kubelet (the kubelet's folder)`. */
  readonly what: string;
  readonly advice: string;
  /** What the container alone can do, where `advice` would change a pod that runs. */
  readonly ownAdvice?: string;
}

type Add = (access: Omit<HostAccess, 'container' | 'index'>) => void;

/** What the judged containers of a pod can do to the node. */
export function hostAccessOf(spec: Members, containers: readonly ContainerView[]): readonly HostAccess[] {
  const hostPaths = hostPathsOf(spec);
  const linkable = linkableVolumes(spec, hostPaths);
  const hostPid = !isAbsent(spec.hostPID) && spec.hostPID !== false;
  const ownUsers = spec.hostUsers === false;
  const found: HostAccess[] = [];
  for (const [index, container] of containers.entries()) {
    const capabilities = capabilitiesOf(container);
    const add: Add = (access) => void found.push({ container, index, ...access });
    if (hostPid) addProcesses(spec, container, capabilities, add);
    if (!ownUsers && !container.isPrivileged()) {
      addCapabilities(capabilities, add);
      addProcMount(container, add);
    }
    const mounts = container.raw.volumeMounts;
    if (hostPaths.size === 0 || !Array.isArray(mounts)) continue;
    const enters = ownUsers || container.isPrivileged() ? undefined : entersProcesses(spec, container, capabilities);
    for (let at = 0; at < mounts.length; at += 1) {
      const reached = reachedByMount(mounts[at], { hostPaths, linkable, enters });
      if (reached !== undefined) add({ at: `volumeMounts[${at}]`, ...reached });
    }
  }
  return found;
}

const HOST_ACCESS = { kind: 'HostAccess' } as const;

/** Finds that a container reaches the node by `access`. */
export function checkHostAccess(
  { policy }: Requirement,
  mode: PolicyMode,
  evaluation: PodEvaluation,
  { container, index, at, what, advice, ownAdvice = advice }: HostAccess,
): void {
  const { findings, states, review } = evaluation;
  const state = states[index];
  if (state === undefined) return;
  const lifted = exemptionForAll(evaluation, policy.name, HOST_ACCESS, [state], false);
  if (findings.onlyCounts(lifted.ok ? undefined : mode)) return;
  const who = containerName(container.name, state.path);
  const finding = {
    code: 'host-access',
    mode,
    fieldPath: `${state.path}.${at}`,
    requested: what,
    effective: what,
    expected: 'no way around the profile through the node',
    policy,
    ...containerPlace(state),
  };
  if (lifted.ok) addExempted(evaluation, finding, lifted, who);
  else
    findings.violation(finding, {
      who,
      what: oneLine(what, 200),
      advice: `${review.target.form === 'ephemeral' ? ownAdvice : advice}, or ask for a SeccompExemption that allows HostAccess`,
      where: finding.fieldPath,
      note: lifted.note,
    });
}

const NONE: ReadonlySet<string> = new Set();

/** Without `CAP_`, in upper case. */
function capabilitiesOf(container: ContainerView): ReadonlySet<string> {
  const added = container.addedCapabilities();
  return added.length === 0 ? NONE : new Set(added.map((name) => name.toUpperCase().replace(/^CAP_/, '')));
}

function addProcesses(spec: Members, container: ContainerView, capabilities: ReadonlySet<string>, add: Add): void {
  const by = container.isPrivileged() ? 'privileged' : PROCESS_CAPABILITIES.find((name) => capabilities.has(name));
  if (by !== undefined)
    add({
      at: by === 'privileged' ? 'securityContext.privileged' : 'securityContext.capabilities',
      what: `can trace the processes of its node (hostPID with ${by})`,
      advice: 'remove hostPID',
      ownAdvice: `remove ${by}`,
    });
  else if (mayBeRoot(spec, container.raw))
    add({
      at: 'securityContext.runAsNonRoot',
      what: 'can enter the processes of its node (hostPID as root)',
      advice: 'remove hostPID or set runAsNonRoot: true',
      ownAdvice: 'set runAsNonRoot: true',
    });
}

function entersProcesses(
  spec: Members,
  container: ContainerView,
  capabilities: ReadonlySet<string>,
): 'SYS_PTRACE' | 'root' | undefined {
  if (capabilities.has('SYS_PTRACE')) return 'SYS_PTRACE';
  return mayBeRoot(spec, container.raw) ? 'root' : undefined;
}

function addCapabilities(capabilities: ReadonlySet<string>, add: Add): void {
  if (capabilities.size === 0) return;
  const names = [...NODE_CAPABILITIES.keys()].filter((name) => capabilities.has(name));
  if (TRACING_CAPABILITIES.every((name) => capabilities.has(name))) names.push(...TRACING_CAPABILITIES);
  if (names.length === 0) return;
  add({
    at: 'securityContext.capabilities.add',
    what: `can take over its node by its capabilities (${names.join(', ')})`,
    advice: `remove ${names.join(', ')}`,
  });
}

/** `Unmasked`: the runtime leaves /proc/sys writable. */
function addProcMount(container: ContainerView, add: Add): void {
  const value = membersOf(container.raw.securityContext)?.procMount;
  if (isAbsent(value) || value === '' || value === 'Default') return;
  add({
    at: 'securityContext.procMount',
    what: "can write the kernel's settings (procMount without a user namespace)",
    advice: 'remove procMount, or set hostUsers: false',
    ownAdvice: 'remove procMount',
  });
}
