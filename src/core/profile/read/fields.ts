import type { ArrayNode, DocumentNode, Member, ObjectNode } from '../../document/document-node.js';
import { memberPath } from '../../document/path-text.js';
import { didYouMean } from '../../text/did-you-mean.js';
import { shortened } from '../../text/quoted.js';
import { reportKind } from './describe-node.js';
import type { ProfileMistake, Report } from './profile-mistake.js';

/** A string of the document, with its place. */
export interface WrittenString {
  readonly value: string;
  readonly offset: number;
  readonly path: string;
}

/** Without these, rules or their conditions are lost. */
const CARRIES_RULES: ReadonlySet<string> = new Set(['syscalls', 'names', 'args']);

/**
 * The members of an object by their known keys. A key in another case is taken for the known one, as Go does, and reported, as are
 * keys that are not known and values of another kind than the one that is asked for.
 */
export class Fields {
  readonly node: ObjectNode;
  readonly path: string;
  readonly report: Report;
  readonly #members = new Map<string, Member>();

  constructor(node: ObjectNode, path: string, known: readonly string[], report: Report) {
    this.node = node;
    this.path = path;
    this.report = report;
    for (const member of node.members) {
      if (known.includes(member.key)) this.#members.set(member.key, member);
      else this.#takeUnknown(member, known);
    }
  }

  pathOf(key: string): string {
    return memberPath(this.path, key);
  }

  /** Whether the key is there, were its value null. */
  has(key: string): boolean {
    return this.#members.has(key);
  }

  member(key: string): Member | undefined {
    return this.#members.get(key);
  }

  /** The value of the key; undefined where it is absent or null, which means the same to runtimes. */
  value(key: string): DocumentNode | undefined {
    const value = this.#members.get(key)?.value;
    return value?.kind === 'literal' && value.value === null ? undefined : value;
  }

  string(key: string, code = 'SP052'): string | undefined {
    const value = this.value(key);
    if (value === undefined || value.kind === 'string') return value?.value;
    reportKind(value, this.pathOf(key), code, 'text in double quotes', this.report);
    return undefined;
  }

  /** `expected`: what the value must be, with an example behind a colon. */
  list(key: string, code: string, expected: string): ArrayNode | undefined {
    const value = this.value(key);
    if (value === undefined || value.kind === 'array') return value;
    reportKind(value, this.pathOf(key), code, expected, this.report);
    return undefined;
  }

  strings(key: string, code: string, expected = 'a list of texts: ["…", "…"]'): readonly WrittenString[] | undefined {
    const list = this.list(key, code, expected);
    if (list === undefined) return undefined;
    const path = this.pathOf(key);
    const strings: WrittenString[] = [];
    for (const [i, item] of list.items.entries()) {
      if (item.kind === 'string') strings.push({ value: item.value, offset: item.offset, path: `${path}[${i}]` });
      else reportKind(item, `${path}[${i}]`, code, 'text in double quotes', this.report);
    }
    return strings;
  }

  #takeUnknown(member: Member, known: readonly string[]): void {
    const folded = member.key.toLowerCase();
    const otherCase = known.find((key) => key.toLowerCase() === folded);
    if (otherCase !== undefined) {
      this.report({
        offset: member.keyOffset,
        path: this.pathOf(member.key),
        code: 'SP002',
        message: `the key "${member.key}" is "${otherCase}" in another case: runc reads it, crun ignores it`,
        advice: `write "${otherCase}"`,
      });
      if (!this.has(otherCase)) this.#members.set(otherCase, member);
      return;
    }
    if (/^(?:[_#$]|\/\/)/.test(member.key)) {
      this.report({ told: 'remark', blocks: false, once: 'comment', tell: () => this.#comment(member) });
      return;
    }
    const tell = (): ProfileMistake => {
      const near = didYouMean(member.key, known);
      return {
        offset: member.keyOffset,
        path: this.pathOf(member.key),
        code: 'SP051',
        severity: near === undefined ? 'info' : CARRIES_RULES.has(near) && !this.has(near) ? 'error' : 'warning',
        message: `${JSON.stringify(shortened(member.key, 60))} is not a key that belongs here; runtimes ignore it`,
        advice: near === undefined ? 'remove it' : `did you mean "${near}"?`,
      };
    };
    this.report({ told: 'remark', blocks: false, tell });
  }

  /** Keys by which people write comments in JSON. */
  #comment({ key, keyOffset }: Member): ProfileMistake {
    return {
      offset: keyOffset,
      path: this.pathOf(key),
      code: 'SP051',
      severity: 'info',
      message: `${JSON.stringify(shortened(key, 60))} and other keys that begin like it are taken for comments; runtimes ignore them`,
      advice: 'leave them if they are',
    };
  }
}
