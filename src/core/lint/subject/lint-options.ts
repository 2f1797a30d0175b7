import type { Stage } from '../../profile/catalogue.js';
import type { Profile } from '../../profile/model.js';
import type { ContainerRuntime } from '../../profile/runtime-default.js';
import type { Architecture } from '../../syscalls/architectures.js';

/** What is known of the way a profile takes to the node, of the node, and of the container. */
export interface LintOptions {
  /**
   * `raw` (default): the file goes onto the node as it is, and runc or crun get what containerd reads in it. `crio`: what CRI-O reads in
   * it. `compiled`: Seccomply compiles it first, as it does with catalogue profiles.
   */
  readonly reading?: 'raw' | 'crio' | 'compiled';
  /** The node's own. Absent: x86_64, unless the profile lists only others. */
  readonly architecture?: Architecture;
  readonly kernel?: string;
  /** Absent: runc and crun both. */
  readonly runtime?: 'runc' | 'crun';
  readonly runtimeVersion?: string;
  /** The node's libseccomp; absent: the newest known here. */
  readonly libseccomp?: string;
  /** Whose default the profile is held against; default containerd's. */
  readonly runtimeDefault?: ContainerRuntime;
  /** What the container adds. */
  readonly capabilities?: readonly string[];
  readonly allowPrivilegeEscalation?: boolean;
  /** Whether the kubelet runs commands in the container: exec probes, lifecycle hooks. */
  readonly runsCommands?: boolean;
  /** What the profile is used for; default `Enforce`. */
  readonly stage?: Stage;
  /** The profile that is on the nodes now and that this one follows. */
  readonly installed?: Profile;
}
