import { excessIn } from '../../compare/ceiling.js';
import { compiledArchitectures } from '../../compile/architectures.js';
import { type LostRefusal, lostRefusals } from '../../compile/lost-refusals.js';
import { type ActionOutcome, isLetThrough, outcomeOf } from '../../compile/verdicts.js';
import { memberPath } from '../../document/path-text.js';
import { enosysLimits, isAboveLimit } from '../../filter/enosys-stub.js';
import { compileEvaluator } from '../../filter/evaluate.js';
import type { Evaluator } from '../../filter/evaluator.js';
import {
  DEFAULT_KERNEL,
  filterArchitecturesOf,
  type NodeTarget,
  nativeOf,
  plainProfile,
} from '../../outcomes/node-target.js';
import { lettingThrough } from '../../outcomes/self-tracing.js';
import type { SyscallDecision, SyscallDecisions } from '../../outcomes/syscall-decisions.js';
import { decisionFor, decisionsIn, reachOf } from '../../outcomes/syscall-decisions.js';
import { asCrioReads } from '../../profile/as-crio-reads.js';
import { asRuntimesRead } from '../../profile/as-runtimes-read.js';
import { normalCapabilities, resolveConditions } from '../../profile/conditions.js';
import type { Profile, Rule } from '../../profile/model.js';
import type { ParsedProfile } from '../../profile/read/parsed-profile.js';
import { type ContainerRuntime, runtimeDefault } from '../../profile/runtime-default.js';
import type { Architecture } from '../../syscalls/architectures.js';
import { LIBSECCOMP_VERSIONS, syscallNames, syscallNumber } from '../../syscalls/syscall-table.js';
import type { LintOptions } from './lint-options.js';
import { isPlainlyWithin } from './plainly-within.js';

/** A rule that holds, with its place. */
export interface PlacedRule {
  readonly rule: Rule;
  /** In the document. */
  readonly index: number;
  readonly path: string;
  readonly outcome: ActionOutcome;
}

/** What a container has by default under containerd and CRI-O alike, unless it drops it. */
const HELD_BY_DEFAULT =
  'CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT MKNOD AUDIT_WRITE NET_RAW'
    .split(' ')
    .map((name) => `CAP_${name}`);

/** A profile under the rules' eyes, as it will hold on the node: each thing is worked out once, when a rule first asks. */
export class LintSubject {
  readonly parsed: ParsedProfile;
  /** As written. */
  readonly written: Profile;
  /** As whoever reads it understands it: a runtime, or what compiles it. Its rules have the indexes of the document's. */
  readonly profile: Profile;
  readonly options: LintOptions;
  /** Of the document, in characters. */
  readonly length: number;
  readonly isCompiled: boolean;
  readonly setting: NodeTarget;
  readonly native: Architecture;
  readonly defaultOutcome: ActionOutcome;
  /** The rules that hold and name something: as a runtime reads a raw file all of them, else those whose conditions are met. */
  readonly rules: readonly PlacedRule[];
  /** The same rules, in the same order, as a profile without conditions. */
  readonly plain: Profile;
  private readonly byArchitecture = new Map<Architecture, SyscallDecisions>();
  private readonly placed = new Map<string, { readonly path: string; readonly rule: PlacedRule }>();
  private evaluatorMade: Evaluator | undefined;
  private lostMade: readonly LostRefusal[] | undefined;

  constructor(parsed: ParsedProfile, written: Profile, options: LintOptions, length: number) {
    this.parsed = parsed;
    this.length = length;
    this.written = written;
    this.options = options;
    this.isCompiled = options.reading === 'compiled';
    this.native = options.architecture ?? nativeOf(written);
    this.setting = {
      architecture: this.native,
      capabilities: options.capabilities ?? [],
      kernel: options.kernel ?? DEFAULT_KERNEL,
    };
    const profile = this.read(written);
    this.profile = profile;
    this.defaultOutcome = outcomeOf(profile.defaultAction, profile.defaultErrnoRet);
    this.rules = profile.rules
      .map((rule, index) => ({
        rule,
        index,
        path: parsed.rulePaths[index] ?? '',
        outcome: outcomeOf(rule.action, rule.errnoRet),
      }))
      .filter(({ rule }) => rule.names.length > 0 && this.isMet(rule));
    this.plain = {
      ...(this.isCompiled
        ? { ...plainProfile(profile, this.setting), architectures: compiledArchitectures(profile, this.native).names }
        : profile),
      rules: this.rules.map(({ rule: { includes: _, excludes: __, ...rule } }) => rule),
    };
    for (const placed of this.rules)
      for (const [i, name] of placed.rule.names.entries())
        if (!this.placed.has(name)) this.placed.set(name, { path: this.namePath(placed, i), rule: placed });
  }

  /** Another profile, as whoever reads this one understands it. */
  read(profile: Profile): Profile {
    if (this.isCompiled) return profile;
    return this.options.reading === 'crio' ? asCrioReads(profile, this.setting) : asRuntimesRead(profile);
  }

  /** The path of a member of the profile itself: `spec.flags` in a SeccompProfile object. */
  readonly top = (key: string): string => memberPath(this.parsed.path, key);

  namePath({ index, path }: PlacedRule, name: number): string {
    return this.parsed.namePaths[index]?.[name] ?? path;
  }

  /** Where the first rule names the syscall; where the default stands when none does. */
  placeOf(name: string): string {
    return this.placed.get(name)?.path ?? this.top('defaultAction');
  }

  /** Whether some rule that holds names it. */
  names(name: string): boolean {
    return this.placed.has(name);
  }

  get defaultLetsThrough(): boolean {
    return isLetThrough(this.defaultOutcome);
  }

  /** The ABIs of the node that the filter has, the node's own first. */
  get architectures(): readonly Architecture[] {
    return filterArchitecturesOf(this.plain, this.native);
  }

  /** The filter for each of them. */
  get filters(): readonly SyscallDecisions[] {
    return this.architectures.map((architecture) => this.on(architecture));
  }

  on(architecture: Architecture): SyscallDecisions {
    const known = this.byArchitecture.get(architecture);
    if (known !== undefined) return known;
    const made = decisionsIn(this.evaluator, this.plain, architecture);
    this.byArchitecture.set(architecture, made);
    return made;
  }

  /** What becomes of a syscall on the node's own architecture. */
  decision(name: string): SyscallDecision {
    return decisionFor(this.on(this.native), name);
  }

  /** Whether the node's own architecture has the syscall and no call of it gets through. */
  refuses(name: string): boolean {
    return syscallNumber(this.native, name) !== undefined && reachOf(this.decision(name)) === 'none';
  }

  /**
   * Whether runc answers the syscall with ENOSYS, as one that is newer than all that the profile names; crun does what the default does.
   * Without a name: whether it does so at all on the node's own architecture.
   */
  answeredByStub(name?: string): boolean {
    const limits = enosysLimits(this.plain, this.architectures, this.libseccomp);
    if (name === undefined) return limits.has(this.native);
    const number = syscallNumber(this.native, name);
    return number !== undefined && isAboveLimit(limits, this.native, number);
  }

  /** Answers for runc and crun alike; without a version named, for every version of libseccomp. */
  get evaluator(): Evaluator {
    const { libseccomp } = this.options;
    this.evaluatorMade ??= compileEvaluator(this.plain, {
      runtime: 'libseccomp',
      native: this.native,
      ...(libseccomp === undefined ? {} : { libseccomp }),
    });
    return this.evaluatorMade;
  }

  /** Refusals that runtimes skip; positions among `rules`. */
  get lostRefusals(): readonly LostRefusal[] {
    this.lostMade ??= lostRefusals(
      this.rules.map(({ rule }) => rule),
      this.defaultOutcome,
    );
    return this.lostMade;
  }

  get libseccomp(): string {
    return this.options.libseccomp ?? LIBSECCOMP_VERSIONS.at(-1) ?? '';
  }

  /** The runtime default in the same circumstances. */
  ceiling(runtime: ContainerRuntime, architecture: Architecture): SyscallDecisions | undefined {
    const { capabilities, kernel } = this.setting;
    const key = `${runtime} ${this.native} ${kernel} ${capabilities.join(' ')}`;
    const known = ceilings.get(key) ?? new Map<Architecture, SyscallDecisions>();
    if (known.size === 0) {
      if (ceilings.size > 32) ceilings.clear();
      ceilings.set(key, known);
      const plain = plainProfile(runtimeDefault(runtime), this.setting);
      const evaluator = compileEvaluator(plain, { runtime: 'libseccomp', native: this.native });
      for (const each of filterArchitecturesOf(plain, this.native))
        known.set(each, decisionsIn(evaluator, plain, each));
    }
    return known.get(architecture);
  }

  /** What a filter lets through and the runtime default refuses, syscall by syscall; of all names that the architecture has but those left out. */
  *excess(
    filter: SyscallDecisions,
    ceiling: SyscallDecisions,
    leftOut: ReadonlyMap<string, unknown> = new Map(),
  ): Generator<{ readonly syscall: string; readonly args: readonly bigint[] | undefined }> {
    const letsThrough = lettingThrough(this.filters);
    for (const syscall of syscallNames(filter.architecture)) {
      if (leftOut.has(syscall)) continue;
      const own = decisionFor(filter, syscall);
      const other = decisionFor(ceiling, syscall);
      if (isPlainlyWithin(own, other, letsThrough)) continue;
      const found = excessIn(own, other, filter.bits, letsThrough);
      if (found !== undefined) yield { syscall, args: found.args };
    }
  }

  /** Whether the container has the capability: added, or one of those every container has. */
  has(capability: string): boolean {
    const added = normalCapabilities(this.setting.capabilities);
    return added.has('ALL') || added.has(capability) || HELD_BY_DEFAULT.includes(capability);
  }

  private isMet(rule: Rule): boolean {
    if (rule.includes === undefined && rule.excludes === undefined) return true;
    const circumstances = { ...this.setting, capabilities: normalCapabilities(this.setting.capabilities) };
    return resolveConditions({ ...this.profile, rules: [rule] }, circumstances).length > 0;
  }
}

const ceilings = new Map<string, Map<Architecture, SyscallDecisions>>();
