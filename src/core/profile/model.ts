/** The one internal form of a seccomp document (OCI runtime-spec `LinuxSeccomp`, with what Docker's and containers/common's supersets add). */

export const ACTIONS = [
  'SCMP_ACT_KILL',
  'SCMP_ACT_KILL_PROCESS',
  'SCMP_ACT_KILL_THREAD',
  'SCMP_ACT_TRAP',
  'SCMP_ACT_ERRNO',
  'SCMP_ACT_TRACE',
  'SCMP_ACT_ALLOW',
  'SCMP_ACT_LOG',
  'SCMP_ACT_NOTIFY',
] as const;
export type Action = (typeof ACTIONS)[number];

export const OPERATORS = [
  'SCMP_CMP_NE',
  'SCMP_CMP_LT',
  'SCMP_CMP_LE',
  'SCMP_CMP_EQ',
  'SCMP_CMP_GE',
  'SCMP_CMP_GT',
  'SCMP_CMP_MASKED_EQ',
] as const;
export type Operator = (typeof OPERATORS)[number];

export const FLAGS = [
  'SECCOMP_FILTER_FLAG_TSYNC',
  'SECCOMP_FILTER_FLAG_LOG',
  'SECCOMP_FILTER_FLAG_SPEC_ALLOW',
  'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV',
] as const;

/** One argument condition. `MASKED_EQ` means `(argument & value) == valueTwo`; the others compare with `value` and ignore `valueTwo`. */
export interface Argument {
  readonly index: number;
  /** unsigned 64 bits */
  readonly value: bigint;
  /** unsigned 64 bits */
  readonly valueTwo: bigint;
  readonly op: Operator;
}

/** Docker's conditions on a rule: `includes` must hold in full, any of `excludes` drops the rule. */
export interface Condition {
  readonly caps?: readonly string[];
  /** GOARCH-like names: amd64, arm64, x86, x32, s390x, ppc64le … */
  readonly arches?: readonly string[];
  /** `<version>.<patchlevel>`, e.g. `4.8` */
  readonly minKernel?: string;
}

export interface Rule {
  readonly names: readonly string[];
  readonly action: Action;
  readonly errnoRet?: number;
  readonly args: readonly Argument[];
  readonly comment?: string;
  readonly includes?: Condition;
  readonly excludes?: Condition;
  /** Where the document uses `name` or `errno`: what a reader of plain OCI JSON, which does not know these keys, finds instead. */
  readonly asOci?: { readonly names: readonly string[]; readonly errnoRet?: number };
}

export interface ArchMapEntry {
  readonly architecture: string;
  readonly subArchitectures: readonly string[];
}

export interface Profile {
  readonly defaultAction: Action;
  readonly defaultErrnoRet?: number;
  /** Where the document uses `defaultErrno`: what a reader of plain OCI JSON, which does not know this key, finds instead. */
  readonly asOci?: { readonly defaultErrnoRet?: number };
  /** Absent: the native architecture only. Names as written, `SCMP_ARCH_…`. */
  readonly architectures?: readonly string[];
  readonly archMap?: readonly ArchMapEntry[];
  readonly flags?: readonly string[];
  readonly listenerPath?: string;
  readonly listenerMetadata?: string;
  /** security-profiles-operator: the profile (same namespace, or an OCI artifact) whose rules come on top. */
  readonly baseProfileName?: string;
  readonly rules: readonly Rule[];
}
