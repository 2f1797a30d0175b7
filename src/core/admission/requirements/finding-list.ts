import type { DocumentReference } from '../../policy/load/loaded-document.js';
import type { GroupMember } from '../../policy/rules/exemption-group.js';
import { quoted, quotedList, shortened } from '../../text/quoted.js';
import type { Finding } from '../decision.js';
import type { PodTarget } from '../request/review-target.js';
import type { ExemptionNote } from './near-exemption.js';

/** The parts of a violation's sentence. */
export interface ViolationText {
  /** `container "web"`, `the pod`. */
  readonly who: string;
  /** `has seccompProfile Unconfined`. */
  readonly what: string;
  /** How the policy stands to it: `not allowed by` where it is absent. */
  readonly relation?: string;
  /** What to do about it. */
  readonly advice: string;
  /** The advice is for whoever writes the policies, not for whoever writes the pod. */
  readonly changesPolicy?: boolean;
  /** Where it stands and whether it is inherited. */
  readonly where: string;
  /** An exemption that does not lift it; looked for only where the sentence is needed. */
  readonly note?: (refuses: boolean) => ExemptionNote | undefined;
}

interface SentenceText {
  readonly who: string;
  readonly what: string;
  readonly relation: string;
  readonly advice: string;
  readonly changesPolicy: boolean;
  readonly where: string;
  readonly note: string | undefined;
}

interface Entry {
  readonly finding: Finding;
  readonly text: SentenceText | undefined;
}

const NONE: readonly never[] = [];
/** A denial lists about thirty, a record 33. */
const MOST_FINDINGS = 250;
/** More never fit into an answer. */
const MOST_WARNINGS = 256;
const LONGEST_DENIAL = 8_000;
const LONGEST_ADVICE = 500;
const WARNING_LENGTH = 120;
/** The API server cuts every warning of an answer that has more, as measured. */
const WARNING_RUNES = 4_096;
const ROOM_FOR_REST = 60;

/** Collects what a decision finds; beyond 250 that deny and 250 others they are only counted, and still deny. */
export class FindingList {
  readonly #entries: Entry[] = [];
  #warnings: Set<string> | undefined;
  #others = 0;
  #denials = 0;
  #omittedDenials = 0;
  #omittedWarnings = 0;
  readonly #form: PodTarget['form'];

  /** @param form of what is judged: advice about a pod that runs has to start with another pod */
  constructor(form: PodTarget['form']) {
    this.#form = form;
  }

  get denied(): boolean {
    return this.#denials > 0;
  }

  /**
   * Whether there are so many findings that one more would only be counted; it is, then, and no text has to be made.
   * `mode` is that of a violation, undefined for everything else.
   */
  onlyCounts(mode: Finding['mode'] | undefined): boolean {
    if (mode === 'Enforce') {
      if (this.#denials < MOST_FINDINGS) return false;
      this.#denials += 1;
      this.#omittedDenials += 1;
      return true;
    }
    if (this.#others < MOST_FINDINGS) return false;
    this.#others += 1;
    if (mode !== 'Audit') this.#omittedWarnings += 1;
    return true;
  }

  violation(finding: Omit<Finding, 'kind' | 'message'>, given: ViolationText): void {
    const { mode, policy } = finding;
    if (mode === 'Warn') this.warn(`${given.who} ${given.what}`, `, against policy ${policy.name}`);
    if (mode === 'Enforce') this.#denials += 1;
    if (mode === 'Enforce' ? this.#denials > MOST_FINDINGS : this.#isFull()) {
      if (mode === 'Enforce') this.#omittedDenials += 1;
      return;
    }
    const { who, what, relation = 'not allowed by', advice, changesPolicy = false, where } = given;
    const note = given.note?.(mode === 'Enforce');
    const text: SentenceText = {
      who,
      what,
      relation,
      advice: this.#form === 'update' && !changesPolicy ? forNewPod(advice) : advice,
      changesPolicy,
      where,
      note: note && noteText(note),
    };
    const passed = note && { passedExemption: { name: note.name, why: note.why } };
    this.#entries.push({
      finding: { kind: 'violation', message: sentence(text, [policy]), ...passed, ...finding },
      text,
    });
  }

  add(finding: Finding): void {
    if (!this.#isFull()) this.#entries.push({ finding, text: undefined });
  }

  /** Whether an exemption is known to let pass what a field says. */
  isExempted(fieldPath: string, { document: { reference } }: GroupMember): boolean {
    return this.#entries.some(
      ({ finding }) => finding.fieldPath === fieldPath && finding.exemption?.name === reference.name,
    );
  }

  /** A warning of about 120 characters: `head` gives way to `tail` where both are long. */
  warn(head: string, tail = ''): void {
    if (this.#warnings !== undefined && this.#warnings.size >= MOST_WARNINGS) {
      this.#omittedWarnings += 1;
      return;
    }
    const end = shortened(tail, WARNING_LENGTH / 2);
    this.#warnings ??= new Set();
    this.#warnings.add(oneLineOf(`${shortened(head, WARNING_LENGTH - end.length)}${end}`));
  }

  findings(): readonly Finding[] {
    return this.#entries.length === 0 ? NONE : this.#entries.map(({ finding }) => finding);
  }

  /** As many as the API server passes on unchanged, and how many more there were. */
  warnings(): readonly string[] {
    if (this.#warnings === undefined) return NONE;
    const kept: string[] = [];
    let left = WARNING_RUNES - ROOM_FOR_REST;
    for (const warning of this.#warnings) {
      left -= warning.length;
      if (left < 0) break;
      kept.push(warning);
    }
    const rest = this.#warnings.size - kept.length + this.#omittedWarnings;
    return rest === 0 ? kept : [...kept, `seccomply: and ${rest} more warnings`];
  }

  /** One line with every violation that denies; the same one under several policies stands once. */
  denial(): string {
    const groups = new Map<string, { text: SentenceText; readonly policies: DocumentReference[] }>();
    for (const { finding, text } of this.#entries) {
      if (finding.kind !== 'violation' || finding.mode !== 'Enforce' || text === undefined) continue;
      const key = `${finding.fieldPath} ${finding.code === 'over-ceiling' ? 'not-allowed' : finding.code} ${text.what}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { text, policies: [finding.policy] });
      else {
        group.policies.push(finding.policy);
        group.text = withAdvice(group.text, text);
      }
    }
    let denial = '';
    let listed = 0;
    for (const { text, policies } of groups.values()) {
      const next = sentence(text, policies);
      if (listed > 0 && denial.length + next.length > LONGEST_DENIAL) break;
      denial += listed === 0 ? next : `; ${next}`;
      listed += 1;
    }
    const rest = groups.size - listed + this.#omittedDenials;
    return oneLineOf(rest === 0 ? denial : `${denial}; and ${rest} more`);
  }

  #isFull(): boolean {
    this.#others += 1;
    return this.#others > MOST_FINDINGS;
  }
}

/** What has to be changed in a policy is said of each. */
function withAdvice(text: SentenceText, { advice, changesPolicy }: SentenceText): SentenceText {
  return !changesPolicy || text.advice.length > LONGEST_ADVICE || text.advice.includes(advice)
    ? text
    : { ...text, advice: `${text.advice}; ${advice}` };
}

/** `exemption legacy-profiler expired at …`, and of whom that is said where it is not of all. */
function noteText({ name, why, missing }: ExemptionNote): string {
  const text = `exemption ${name} ${why}`;
  return missing.length === 0 ? text : `${text}; missing for ${quotedList(missing)}`;
}

function forNewPod(advice: string): string {
  return `create the pod again, since one that runs cannot be changed, and ${advice}`;
}

function sentence(
  { who, what, relation, advice, where, note }: SentenceText,
  policies: readonly DocumentReference[],
): string {
  const names = policies.map(({ name }) => name);
  const by = names.length === 1 ? `policy ${names[0] ?? ''}` : `policies ${namesOf(names)}`;
  return `${who} ${what}, ${relation} ${by}${note === undefined ? '' : ` (${note})`}: ${advice} (${where})`;
}

function namesOf(names: readonly string[]): string {
  if (names.length > 4) return `${names.slice(0, 4).join(', ')} and ${names.length - 4} more`;
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

function oneLineOf(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ').toWellFormed();
}

export function containerName(name: string, path: string): string {
  return name === '' ? `the container without a name at ${path}` : `container ${quoted(name)}`;
}
