import type { ArrayNode, DocumentNode, Member, ObjectNode } from '../../document/document-node.js';
import { memberOf, memberPath, nodeAt } from '../../document/document-node.js';
import { readJson } from '../../document/json-document.js';
import { SourceText } from '../../document/source-text.js';
import { readYaml } from '../../document/yaml-document.js';
import type { Place, Problem, Severity } from '../../problem/problem.js';
import { OCI_ARCHITECTURES } from '../../syscalls/architectures.js';
import { ERRNO_NUMBERS, MAX_ERRNO } from '../../syscalls/errno-names.js';
import { didYouMean } from '../../text/did-you-mean.js';
import type { Action, ArchMapEntry, Argument, Condition, Operator, Profile, Rule } from '../model.js';
import { ACTIONS, FLAGS, OPERATORS } from '../model.js';

export type ProfileFormat = 'oci' | 'docker' | 'containers-common' | 'spo';

export interface ParsedProfile {
  /** The profile; undefined when a mistake leaves its meaning open. */
  readonly profile: Profile | undefined;
  /** What could be read in spite of mistakes: good for finding more of them, never for use on a node. */
  readonly partial: Profile | undefined;
  readonly format: ProfileFormat;
  /** `metadata.name` of a SeccompProfile object. */
  readonly name: string | undefined;
  /** In the order of the document. */
  readonly problems: readonly Problem[];
  /** For each rule of `profile` and `partial` its path in the document; its arguments follow as `.args[0]`, … */
  readonly rulePaths: readonly string[];
  /** For each rule the paths of its `names`. */
  readonly namePaths: readonly (readonly string[])[];
  /** The paths of rules that have no `names` at all, or null: crun refuses a profile with one, runc passes over it. */
  readonly rulesWithoutNames: readonly string[];
  /** Whether the document has something at this path, were it null. */
  has(path: string): boolean;
  /** The place of a path such as `syscalls[3].args[0].value`, or of the deepest part of it that exists. */
  placeOf(path: string): Place;
}

/**
 * Reads a profile in any of the formats in use: OCI runtime-spec JSON, Docker's and containers/common's supersets, and the
 * SeccompProfile object of the security-profiles-operator (YAML or JSON). Never throws: mistakes are in `problems`.
 */
export function parseProfile(text: string, options: { readonly file?: string } = {}): ParsedProfile {
  const source = new SourceText(text);
  const problems: { readonly problem: Problem; readonly offset: number }[] = [];
  let blocked = false;

  const placeAt = (offset: number, path: string): Place => ({
    ...(options.file === undefined ? {} : { file: options.file }),
    ...source.position(offset),
    ...(path === '' ? {} : { path }),
  });
  const report: Report = (finding) => {
    const { offset, path, code, message, advice, severity = 'error', blocks = severity === 'error' } = finding;
    blocked ||= blocks;
    problems.push({ problem: { code, severity, message, advice, place: placeAt(offset, path ?? '') }, offset });
  };

  const { root, asYaml } = readText(text, report);
  const document = root === undefined ? undefined : decodeDocument(root, report, asYaml);
  problems.sort((a, b) => a.offset - b.offset);
  return {
    profile: blocked ? undefined : document?.profile,
    partial: document?.profile,
    format: document?.format ?? 'oci',
    name: document?.name,
    problems: problems.map((entry) => entry.problem),
    rulePaths: document?.rulePaths ?? [],
    namePaths: document?.namePaths ?? [],
    rulesWithoutNames: document?.rulesWithoutNames ?? [],
    has: (path) => root !== undefined && nodeAt(root, path).path === path,
    placeOf(path) {
      if (root === undefined) return placeAt(0, '');
      const found = nodeAt(root, path);
      return placeAt(found.offset, path);
    },
  };
}

interface Finding {
  readonly offset: number;
  readonly path?: string;
  readonly code: string;
  readonly message: string;
  readonly advice: string;
  readonly severity?: Severity;
  /** Whether this leaves open what the profile means; errors do unless they say otherwise. */
  readonly blocks?: boolean;
}

type Report = (finding: Finding) => void;

function readText(text: string, report: Report): { readonly root: DocumentNode | undefined; readonly asYaml: boolean } {
  if (!looksLikeYaml(text)) {
    const otherKind = otherFileKind(text);
    if (otherKind !== undefined) {
      report({ offset: 0, code: 'SP001', ...otherKind });
      return { root: undefined, asYaml: false };
    }
    const { root, problems } = readJson(text);
    for (const problem of problems) report(problem);
    return { root, asYaml: false };
  }
  const { documents, problems } = readYaml(text);
  for (const problem of problems) report(problem);
  const wanted = documents.find((node) => node.kind === 'object' && isSpo(node)) ?? documents[0];
  if (wanted === undefined && problems.length === 0)
    report({
      offset: 0,
      code: 'SP001',
      message: 'there is nothing in this file but remarks',
      advice: 'remove the "#" before the profile; lines must end with a line feed, not with a carriage return alone',
    });
  return { root: wanted, asYaml: true };
}

function looksLikeYaml(text: string): boolean {
  const start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const head = text.slice(start, start + 20_000);
  const first = head.trimStart()[0];
  if (first === undefined || '{["'.includes(first) || first === '/' || first === '<') return false;
  return /^(?:%YAML|---\s*$|(?:apiVersion|kind|metadata|spec|defaultAction|syscalls|architectures)[ \t]*:)/m.test(head);
}

function otherFileKind(text: string): { readonly message: string; readonly advice: string } | undefined {
  if (text.startsWith('#!'))
    return {
      message: 'this is a script, not a profile',
      advice: 'give the JSON file that holds the profile: { "defaultAction": … }',
    };
  if (text.startsWith('\u007fELF'))
    return { message: 'this is a program, not a profile', advice: 'give the JSON file that holds the profile' };
  if (/^\s*<(?:!doctype|html|\?xml)/i.test(text.slice(0, 200)))
    return {
      message: 'this is a web page, not a profile',
      advice: 'download the raw file: on code hosting sites that is the button "Raw"',
    };
  if (text.slice(0, 16).includes('\0'))
    return { message: 'this file is not UTF-8 text (it looks like UTF-16)', advice: 'save the file as UTF-8' };
  if (text.slice(0, 16).includes('\ufffd'))
    return { message: 'this file is not text', advice: 'give the JSON file that holds the profile, unpacked' };
  return undefined;
}

function isSpo(node: ObjectNode): boolean {
  const kind = memberOf(node, 'kind')?.value;
  const apiVersion = memberOf(node, 'apiVersion')?.value;
  return (
    (kind?.kind === 'string' && kind.value === 'SeccompProfile') ||
    (apiVersion?.kind === 'string' && apiVersion.value.startsWith('security-profiles-operator.x-k8s.io/'))
  );
}

/** The kind of an object that is neither a profile nor has anything of one. */
function otherKindOf(node: ObjectNode): string | undefined {
  const kind = memberOf(node, 'kind')?.value;
  const isOther = kind?.kind === 'string' && memberOf(node, 'apiVersion') !== undefined && !isSpo(node);
  return isOther && !PROFILE_KEYS.some((key) => memberOf(node, key) !== undefined)
    ? kind.value.slice(0, 63)
    : undefined;
}

interface DecodedDocument {
  readonly profile: Profile | undefined;
  readonly format: ProfileFormat;
  readonly name: string | undefined;
  readonly rulePaths: readonly string[];
  readonly namePaths: readonly (readonly string[])[];
  readonly rulesWithoutNames: readonly string[];
}

function decodeDocument(root: DocumentNode, report: Report, asYaml: boolean): DecodedDocument {
  const nothing = {
    profile: undefined,
    format: 'oci',
    name: undefined,
    rulePaths: [],
    namePaths: [],
    rulesWithoutNames: [],
  } as const;
  if (root.kind !== 'object') {
    report({
      offset: root.offset,
      code: 'SP052',
      message: `a profile is an object, this is ${describe(root)}`,
      advice: 'write { "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ … ] }',
    });
    return nothing;
  }
  const kind = otherKindOf(root);
  if (kind !== undefined) {
    report({
      offset: root.offset,
      code: 'SP052',
      message: `this is a Kubernetes object of kind ${JSON.stringify(kind)}, and no profile`,
      advice: 'give the profile itself: JSON with "defaultAction", or an object of kind SeccompProfile',
    });
    return nothing;
  }
  if (!isSpo(root)) {
    if (asYaml)
      report({
        offset: root.offset,
        code: 'SP001',
        message: 'this is YAML, and container runtimes read a profile as JSON only',
        advice: 'write it as JSON: every key and every text in double quotes, lists in [ ], objects in { }',
      });
    return decodeProfile(root, '', 'oci', report);
  }
  const spec = memberOf(root, 'spec');
  const metadata = memberOf(root, 'metadata')?.value;
  const name = metadata?.kind === 'object' ? memberOf(metadata, 'name')?.value : undefined;
  if (spec?.value.kind !== 'object') {
    report({
      offset: spec?.value.offset ?? root.offset,
      path: 'spec',
      code: 'SP003',
      message: 'this SeccompProfile has no spec',
      advice: 'write spec: with defaultAction: and syscalls: below it',
    });
    return { ...nothing, format: 'spo' };
  }
  const decoded = decodeProfile(spec.value, 'spec', 'spo', report);
  return { ...decoded, name: name?.kind === 'string' ? name.value : undefined };
}

const PROFILE_KEYS = [
  'defaultAction',
  'defaultErrnoRet',
  'defaultErrno',
  'architectures',
  'archMap',
  'flags',
  'listenerPath',
  'listenerMetadata',
  'syscalls',
] as const;
const SPO_KEYS = ['baseProfileName', 'disabled'] as const;
const RULE_KEYS = ['names', 'name', 'action', 'errnoRet', 'errno', 'args', 'comment', 'includes', 'excludes'] as const;
const ARGUMENT_KEYS = ['index', 'value', 'valueTwo', 'op'] as const;
const CONDITION_KEYS = ['caps', 'arches', 'minKernel'] as const;
const ARCH_MAP_KEYS = ['architecture', 'subArchitectures'] as const;

function decodeProfile(node: ObjectNode, at: string, assumed: 'oci' | 'spo', report: Report): DecodedDocument {
  const fields = readFields(node, at, assumed === 'spo' ? [...PROFILE_KEYS, ...SPO_KEYS] : PROFILE_KEYS, report);
  const signs = { docker: false, containersCommon: false };

  const defaultAction = decodeDefaultAction(node, at, fields, report);
  const defaultErrno = decodeErrno(fields, at, 'defaultErrnoRet', 'defaultErrno', signs, report);
  const architectures = decodeStrings(fields.get('architectures'), memberPath(at, 'architectures'), 'SP004', report);
  for (const [i, entry] of (architectures ?? []).entries()) {
    if (entry.value === 'SCMP_ARCH_NATIVE') {
      signs.containersCommon = true;
      continue;
    }
    checkWord(entry, `${memberPath(at, 'architectures')}[${i}]`, OCI_ARCHITECTURES, 'architecture', report);
  }
  const archMap = decodeArchMap(fields.get('archMap'), memberPath(at, 'archMap'), report);
  if (archMap !== undefined) signs.docker = true;
  const architecturesMember = fields.get('architectures');
  if (archMap !== undefined && archMap.length > 0 && architectures !== undefined && architectures.length > 0)
    report({
      offset: architecturesMember?.keyOffset ?? node.offset,
      path: memberPath(at, 'architectures'),
      code: 'SP006',
      message: '"architectures" and "archMap" are both set; Docker refuses such a profile',
      advice: 'keep "archMap" for Docker, or "architectures" for every other runtime',
      blocks: false,
    });
  const flags = decodeStrings(fields.get('flags'), memberPath(at, 'flags'), 'SP004', report);
  for (const [i, flag] of (flags ?? []).entries())
    checkWord(flag, `${memberPath(at, 'flags')}[${i}]`, FLAGS, 'flag', report);
  const listenerPath = decodeString(fields.get('listenerPath'), memberPath(at, 'listenerPath'), report);
  const listenerMetadata = decodeString(fields.get('listenerMetadata'), memberPath(at, 'listenerMetadata'), report);
  const baseProfileName = decodeString(fields.get('baseProfileName'), memberPath(at, 'baseProfileName'), report);

  const rules: Rule[] = [];
  const rulePaths: string[] = [];
  const namePaths: (readonly string[])[] = [];
  const rulesWithoutNames: string[] = [];
  const rulesPath = memberPath(at, 'syscalls');
  const list = decodeList(
    fields.get('syscalls'),
    rulesPath,
    'SP052',
    'a list of rules: [ { "names": …, "action": … } ]',
    report,
  );
  for (const [i, item] of (list?.items ?? []).entries()) {
    const path = `${rulesPath}[${i}]`;
    if (item.kind !== 'object') {
      report({
        offset: item.offset,
        path,
        code: 'SP052',
        message: `a rule is an object, this is ${describe(item)}`,
        advice: 'write { "names": [ … ], "action": "SCMP_ACT_ALLOW" }',
      });
      continue;
    }
    const rule = decodeRule(item, path, assumed, signs, report);
    if (rule === undefined) continue;
    rules.push(rule.rule);
    rulePaths.push(path);
    namePaths.push(rule.namePaths);
    if (rule.isWithoutNames) rulesWithoutNames.push(path);
  }

  const format: ProfileFormat =
    assumed === 'spo' ? 'spo' : signs.containersCommon ? 'containers-common' : signs.docker ? 'docker' : 'oci';
  const profile: Profile | undefined =
    defaultAction === undefined
      ? undefined
      : {
          defaultAction,
          ...optional('defaultErrnoRet', defaultErrno.meant),
          ...(defaultErrno.meant === defaultErrno.asOci
            ? {}
            : { asOci: optional('defaultErrnoRet', defaultErrno.asOci) }),
          ...optional(
            'architectures',
            architectures?.map((entry) => entry.value),
          ),
          ...optional('archMap', archMap),
          ...optional(
            'flags',
            flags?.map((flag) => flag.value),
          ),
          ...optional('listenerPath', listenerPath),
          ...optional('listenerMetadata', listenerMetadata),
          ...optional('baseProfileName', baseProfileName),
          rules,
        };
  return { profile, format, name: undefined, rulePaths, namePaths, rulesWithoutNames };
}

function decodeDefaultAction(node: ObjectNode, at: string, fields: Fields, report: Report): Action | undefined {
  const member = fields.get('defaultAction');
  const path = memberPath(at, 'defaultAction');
  if (member !== undefined && !isNull(member)) return decodeWord(member.value, path, ACTIONS, 'action', report);
  report({
    offset: node.offset,
    path: at,
    code: 'SP003',
    message:
      node.members.length === 0
        ? 'the profile is empty: runc starts such a container without any filter, crun refuses it'
        : '"defaultAction" is missing: runtimes refuse such a profile',
    advice: 'say what happens to syscalls no rule names, for example "defaultAction": "SCMP_ACT_ERRNO"',
  });
  return undefined;
}

type Signs = { docker: boolean; containersCommon: boolean };

function decodeRule(
  node: ObjectNode,
  path: string,
  assumed: 'oci' | 'spo',
  signs: Signs,
  report: Report,
): { readonly rule: Rule; readonly namePaths: readonly string[]; readonly isWithoutNames: boolean } | undefined {
  const fields = readFields(node, path, RULE_KEYS, report);
  const named = decodeNames(node, fields, path, signs, report);
  const action = decodeRuleAction(node, fields, path, report);
  const errno = decodeErrno(fields, path, 'errnoRet', 'errno', signs, report);
  const args = decodeArguments(fields.get('args'), memberPath(path, 'args'), assumed, report);
  const comment = decodeString(fields.get('comment'), memberPath(path, 'comment'), report);
  const includes = decodeCondition(fields.get('includes'), memberPath(path, 'includes'), report);
  const excludes = decodeCondition(fields.get('excludes'), memberPath(path, 'excludes'), report);
  if (comment !== undefined || fields.has('includes') || fields.has('excludes')) signs.docker = true;
  if (action === undefined) return undefined;
  const names = named.map(({ name }) => name);
  const isSingle = named.some((each) => each.path === memberPath(path, 'name'));
  const rule = {
    names,
    action,
    ...optional('errnoRet', errno.meant),
    args,
    ...optional('comment', comment),
    ...optional('includes', includes),
    ...optional('excludes', excludes),
    ...(isSingle || errno.meant !== errno.asOci
      ? { asOci: { names: isSingle ? [] : names, ...optional('errnoRet', errno.asOci) } }
      : {}),
  };
  const plural = fields.get('names');
  const isWithoutNames = plural === undefined || isNull(plural);
  return { rule, namePaths: named.map((each) => each.path), isWithoutNames };
}

type Named = { readonly name: string; readonly path: string };

function decodeNames(node: ObjectNode, fields: Fields, path: string, signs: Signs, report: Report): readonly Named[] {
  const plural = fields.get('names');
  const single = fields.get('name');
  const singleName = decodeString(single, memberPath(path, 'name'), report, 'SP007');
  if (singleName !== undefined && singleName !== '') {
    signs.docker = true;
    if (plural !== undefined && !isNull(plural) && !(plural.value.kind === 'array' && plural.value.items.length === 0))
      report({
        offset: single?.keyOffset ?? node.offset,
        path: memberPath(path, 'name'),
        code: 'SP006',
        message: '"name" and "names" are both set; Docker refuses such a rule',
        advice: `keep "names", with "${singleName}" in it`,
        blocks: false,
      });
    else return [{ name: singleName, path: memberPath(path, 'name') }];
  }
  const list = decodeStrings(plural, memberPath(path, 'names'), 'SP007', report) ?? [];
  if (list.length === 0 && (plural === undefined || isNull(plural) || plural.value.kind === 'array'))
    report({
      offset: plural?.value.offset ?? node.offset,
      path: memberPath(path, 'names'),
      code: 'SP007',
      message:
        plural === undefined || isNull(plural)
          ? 'this rule has no "names": runc ignores it, crun refuses the profile'
          : 'this rule names no syscall: runtimes ignore it',
      advice: 'write the syscalls it is for: "names": ["read", "write"]; or remove the rule',
      blocks: false,
    });
  const names: Named[] = [];
  for (const entry of list) {
    if (entry.value.trim() === entry.value && entry.value !== '' && !/\s/.test(entry.value)) {
      names.push({ name: entry.value, path: entry.path });
      continue;
    }
    report({
      offset: entry.offset,
      path: entry.path,
      code: 'SP007',
      message:
        entry.value.trim() === ''
          ? 'an empty syscall name: runc refuses the profile, crun ignores the name'
          : `the syscall name ${JSON.stringify(entry.value)} has white space in it, so no runtime knows it`,
      advice:
        entry.value.trim() === ''
          ? 'remove it'
          : `write ${entry.value
              .trim()
              .split(/[\s,]+/)
              .map((n) => `"${n}"`)
              .join(', ')}`,
      blocks: false,
    });
  }
  return names;
}

function decodeRuleAction(node: ObjectNode, fields: Fields, path: string, report: Report): Action | undefined {
  const member = fields.get('action');
  if (member !== undefined && !isNull(member))
    return decodeWord(member.value, memberPath(path, 'action'), ACTIONS, 'action', report);
  report({
    offset: node.offset,
    path,
    code: 'SP004',
    message: 'this rule has no "action": runtimes refuse the profile',
    advice: 'say what happens to these syscalls, for example "action": "SCMP_ACT_ALLOW"',
  });
  return undefined;
}

/** The number of `errnoRet`, or of containers/common's `errno` (a name or digits), which wins where both stand. */
function decodeErrno(
  fields: Fields,
  at: string,
  numberKey: 'errnoRet' | 'defaultErrnoRet',
  nameKey: 'errno' | 'defaultErrno',
  signs: Signs,
  report: Report,
): { readonly meant: number | undefined; readonly asOci: number | undefined } {
  const named = fields.get(nameKey);
  const path = memberPath(at, numberKey);
  let fromNumber: number | undefined;
  const member = fields.get(numberKey);
  if (member !== undefined && !isNull(member)) {
    const integer = member.value.kind === 'number' ? member.value.integer : undefined;
    if (integer === undefined || integer < 0n || integer > 0xffffffffn) {
      report({
        offset: member.value.offset,
        path,
        code: 'SP009',
        message: `"${numberKey}" must be a whole number from 0 to ${MAX_ERRNO}, this is ${describe(member.value)}`,
        advice: errnoAdvice(member.value),
      });
    } else {
      fromNumber = Number(integer);
      if (integer > BigInt(MAX_ERRNO)) reportLargeErrno(member, path, numberKey, report);
    }
  }
  const unnamed = { meant: fromNumber, asOci: fromNumber };
  if (named === undefined || isNull(named)) return unnamed;
  const namedPath = memberPath(at, nameKey);
  const value = named.value;
  if (value.kind === 'string' && value.value === '') return unnamed;
  signs.containersCommon = true;
  if (value.kind === 'string') {
    if (/^\d{1,10}$/.test(value.value)) {
      const number = Number(value.value);
      if (number > MAX_ERRNO) reportLargeErrno(named, namedPath, nameKey, report);
      return { meant: number, asOci: fromNumber };
    }
    const number = Object.hasOwn(ERRNO_NUMBERS, value.value) ? ERRNO_NUMBERS[value.value] : undefined;
    if (number !== undefined) return { meant: number, asOci: fromNumber };
  }
  const near = value.kind === 'string' ? didYouMean(value.value, Object.keys(ERRNO_NUMBERS)) : undefined;
  report({
    offset: value.offset,
    path: namedPath,
    code: 'SP009',
    message: `"${nameKey}" must be the name of an error or its number in quotes, this is ${describe(value)}`,
    advice: near === undefined ? 'write for example "EPERM" or "38"' : `did you mean "${near}"?`,
  });
  return unnamed;
}

function reportLargeErrno(member: Member, path: string, key: string, report: Report): void {
  report({
    offset: member.value.offset,
    path,
    code: 'SP009',
    message: `"${key}" is larger than ${MAX_ERRNO}: libseccomp refuses it and the container does not start`,
    advice: 'write an error number of Linux, for example 1 (EPERM) or 38 (ENOSYS)',
    blocks: false,
  });
}

function errnoAdvice(node: DocumentNode): string {
  if (node.kind === 'string') {
    const number = Object.hasOwn(ERRNO_NUMBERS, node.value) ? ERRNO_NUMBERS[node.value] : undefined;
    if (number !== undefined) return `write ${number}, the number of ${node.value}`;
    if (/^\d+$/.test(node.value)) return `write ${node.value} without quotes`;
  }
  return 'write for example 1 (EPERM) or 38 (ENOSYS)';
}

function decodeArguments(
  member: Member | undefined,
  path: string,
  assumed: 'oci' | 'spo',
  report: Report,
): readonly Argument[] {
  const list = decodeList(
    member,
    path,
    'SP008',
    'a list of conditions: [ { "index": 0, "value": 1, "op": "SCMP_CMP_EQ" } ]',
    report,
  );
  const args: Argument[] = [];
  for (const [i, item] of (list?.items ?? []).entries()) {
    const itemPath = `${path}[${i}]`;
    if (item.kind !== 'object') {
      report({
        offset: item.offset,
        path: itemPath,
        code: 'SP008',
        message: `a condition on an argument is an object, this is ${describe(item)}`,
        advice: 'write { "index": 0, "value": 1, "op": "SCMP_CMP_EQ" }',
      });
      continue;
    }
    const argument = decodeArgument(item, itemPath, assumed, report);
    if (argument !== undefined) args.push(argument);
  }
  if (list !== undefined && list.items.length > 6)
    report({
      offset: list.items[6]?.offset ?? list.offset,
      path,
      code: 'SP008',
      message: `this rule has ${list.items.length} conditions, a syscall has only six arguments`,
      advice: 'write one condition for each argument, and further ones as rules of their own',
      blocks: false,
    });
  return args;
}

function decodeArgument(node: ObjectNode, path: string, assumed: 'oci' | 'spo', report: Report): Argument | undefined {
  const fields = readFields(node, path, ARGUMENT_KEYS, report);
  const index = decodeUnsigned(fields.get('index'), memberPath(path, 'index'), 5n, report);
  const value = decodeUnsigned(fields.get('value'), memberPath(path, 'value'), U64_MAX, report);
  const valueTwo = decodeUnsigned(fields.get('valueTwo'), memberPath(path, 'valueTwo'), U64_MAX, report);
  const opMember = fields.get('op');
  for (const key of ['index', 'value'] as const) {
    if (fields.has(key)) continue;
    report({
      offset: node.offset,
      path,
      code: 'SP008',
      message: `this condition has no "${key}": runtimes take 0`,
      advice: `write "${key}": 0 if you mean 0`,
      blocks: false,
    });
  }
  if (assumed === 'spo')
    for (const key of ['value', 'valueTwo'] as const) {
      const number = fields.get(key)?.value;
      if (number?.kind === 'number' && (number.integer ?? 0n) > 0x7fffffffffffffffn)
        report({
          offset: number.offset,
          path: memberPath(path, key),
          code: 'SP008',
          message: `a SeccompProfile object cannot hold ${key} above 9223372036854775807`,
          advice: 'use an OCI JSON profile for this rule',
          blocks: false,
        });
    }
  if (opMember === undefined || isNull(opMember)) {
    report({
      offset: node.offset,
      path,
      code: 'SP004',
      message: 'this condition has no "op": runtimes refuse the profile',
      advice: 'say how to compare, for example "op": "SCMP_CMP_EQ"',
    });
    return undefined;
  }
  const op: Operator | undefined = decodeWord(opMember.value, memberPath(path, 'op'), OPERATORS, 'operator', report);
  if (op === undefined || index === 'bad' || value === 'bad' || valueTwo === 'bad') return undefined;
  return { index: Number(index ?? 0n), value: value ?? 0n, valueTwo: valueTwo ?? 0n, op };
}

const U64_MAX = 0xffff_ffff_ffff_ffffn;

function decodeUnsigned(
  member: Member | undefined,
  path: string,
  max: bigint,
  report: Report,
): bigint | undefined | 'bad' {
  if (member === undefined || isNull(member)) return undefined;
  const node = member.value;
  if (node.kind === 'number' && node.integer !== undefined && node.integer >= 0n && node.integer <= max)
    return node.integer;
  const what = max === U64_MAX ? 'from 0 to 18446744073709551615 (unsigned 64 bits)' : `from 0 to ${max}`;
  report({
    offset: node.offset,
    path,
    code: 'SP008',
    message: `"${member.key}" must be a whole number ${what}, this is ${describe(node)}`,
    advice: unsignedAdvice(node, max),
  });
  return 'bad';
}

function unsignedAdvice(node: DocumentNode, max: bigint): string {
  if (max !== U64_MAX) return 'the arguments of a syscall are counted from 0 to 5';
  if (node.kind === 'string' && /^(?:\d{1,20}|0x[0-9a-fA-F]{1,16})$/.test(node.value)) {
    const value = BigInt(node.value);
    if (value <= max) return `write ${value} without quotes`;
  }
  if (node.kind === 'number') {
    if (node.integer !== undefined && node.integer < 0n && node.integer >= -(2n ** 63n))
      return `to compare with ${node.integer} as 64 bits, write ${BigInt.asUintN(64, node.integer)}`;
    const float = Number(node.text);
    if (node.integer === undefined && Number.isSafeInteger(float) && float >= 0) return `write ${float}`;
  }
  return 'write the number in decimal digits, without quotes';
}

function decodeCondition(member: Member | undefined, path: string, report: Report): Condition | undefined {
  if (member === undefined || isNull(member)) return undefined;
  if (member.value.kind !== 'object') {
    reportKind(member.value, path, 'SP052', 'an object: { "caps": [ … ] }', report);
    return undefined;
  }
  const fields = readFields(member.value, path, CONDITION_KEYS, report);
  const caps = decodeStrings(fields.get('caps'), memberPath(path, 'caps'), 'SP052', report);
  const arches = decodeStrings(fields.get('arches'), memberPath(path, 'arches'), 'SP052', report);
  const minKernel = decodeString(fields.get('minKernel'), memberPath(path, 'minKernel'), report);
  if (minKernel !== undefined && minKernel !== '' && !/^\d+\.\d+/.test(minKernel))
    report({
      offset: fields.get('minKernel')?.value.offset ?? member.keyOffset,
      path: memberPath(path, 'minKernel'),
      code: 'SP052',
      message: `"minKernel" must be a kernel version, this is ${JSON.stringify(minKernel)}`,
      advice: 'write for example "4.8"',
    });
  const empty = (caps ?? []).length === 0 && (arches ?? []).length === 0 && (minKernel ?? '') === '';
  if (empty) return undefined;
  return {
    ...optional(
      'caps',
      caps?.map((entry) => entry.value),
    ),
    ...optional(
      'arches',
      arches?.map((entry) => entry.value),
    ),
    ...(minKernel === undefined || minKernel === '' ? {} : { minKernel }),
  };
}

function decodeArchMap(member: Member | undefined, path: string, report: Report): readonly ArchMapEntry[] | undefined {
  const list = decodeList(
    member,
    path,
    'SP052',
    'a list: [ { "architecture": …, "subArchitectures": [ … ] } ]',
    report,
  );
  if (list === undefined) return undefined;
  const entries: ArchMapEntry[] = [];
  for (const [i, item] of list.items.entries()) {
    const itemPath = `${path}[${i}]`;
    if (item.kind !== 'object') {
      reportKind(item, itemPath, 'SP052', 'an object: { "architecture": …, "subArchitectures": [ … ] }', report);
      continue;
    }
    const fields = readFields(item, itemPath, ARCH_MAP_KEYS, report);
    const main = fields.get('architecture');
    const mainPath = memberPath(itemPath, 'architecture');
    const subPath = memberPath(itemPath, 'subArchitectures');
    const subs = decodeStrings(fields.get('subArchitectures'), subPath, 'SP004', report) ?? [];
    for (const [j, sub] of subs.entries())
      checkWord(sub, `${subPath}[${j}]`, OCI_ARCHITECTURES, 'architecture', report);
    if (main === undefined || isNull(main)) {
      report({
        offset: item.offset,
        path: itemPath,
        code: 'SP004',
        message: 'this entry of "archMap" has no "architecture"',
        advice: 'write for example "architecture": "SCMP_ARCH_X86_64"',
      });
      continue;
    }
    const architecture = decodeWord(main.value, mainPath, OCI_ARCHITECTURES, 'architecture', report);
    if (architecture !== undefined) entries.push({ architecture, subArchitectures: subs.map((sub) => sub.value) });
  }
  return entries;
}

type Fields = ReadonlyMap<string, Member>;

/** The members by their known keys. A key in another case is taken for the known one, as Go does, and reported. */
function readFields(node: ObjectNode, path: string, known: readonly string[], report: Report): Fields {
  const fields = new Map<string, Member>();
  for (const member of node.members) {
    if (known.includes(member.key)) {
      fields.set(member.key, member);
      continue;
    }
    const folded = member.key.toLowerCase();
    const otherCase = known.find((key) => key.toLowerCase() === folded);
    if (otherCase !== undefined) {
      report({
        offset: member.keyOffset,
        path: memberPath(path, member.key),
        code: 'SP002',
        message: `the key "${member.key}" is "${otherCase}" in another case: runc reads it, crun ignores it`,
        advice: `write "${otherCase}"`,
      });
      if (!fields.has(otherCase)) fields.set(otherCase, member);
      continue;
    }
    const near = didYouMean(member.key, known);
    report({
      offset: member.keyOffset,
      path: memberPath(path, member.key),
      code: 'SP051',
      severity: near === undefined ? 'info' : 'warning',
      message: `${JSON.stringify(cut(member.key))} is not a key that belongs here; runtimes ignore it`,
      advice: near === undefined ? 'remove it' : `did you mean "${near}"?`,
    });
  }
  return fields;
}

interface Text {
  readonly value: string;
  readonly offset: number;
  readonly path: string;
}

/** The texts of a list; undefined when the key is absent or null. */
function decodeStrings(
  member: Member | undefined,
  path: string,
  code: string,
  report: Report,
): readonly Text[] | undefined {
  const example = code === 'SP007' ? 'a list of syscall names: ["read", "write"]' : 'a list of texts: ["…", "…"]';
  const list = decodeList(member, path, code, example, report);
  if (list === undefined) return undefined;
  const texts: Text[] = [];
  for (const [i, item] of list.items.entries()) {
    if (item.kind === 'string') texts.push({ value: item.value, offset: item.offset, path: `${path}[${i}]` });
    else reportKind(item, `${path}[${i}]`, code, 'text in double quotes', report);
  }
  return texts;
}

function decodeList(
  member: Member | undefined,
  path: string,
  code: string,
  expected: string,
  report: Report,
): ArrayNode | undefined {
  if (member === undefined || isNull(member)) return undefined;
  if (member.value.kind === 'array') return member.value;
  reportKind(member.value, path, code, expected, report);
  return undefined;
}

function decodeString(member: Member | undefined, path: string, report: Report, code = 'SP052'): string | undefined {
  if (member === undefined || isNull(member)) return undefined;
  if (member.value.kind === 'string') return member.value.value;
  reportKind(member.value, path, code, 'text in double quotes', report);
  return undefined;
}

function decodeWord<Word extends string>(
  node: DocumentNode,
  path: string,
  known: readonly Word[],
  what: string,
  report: Report,
): Word | undefined {
  if (node.kind !== 'string') {
    reportKind(node, path, 'SP004', `the name of an ${what} in double quotes`, report);
    return undefined;
  }
  return checkWord({ value: node.value, offset: node.offset, path }, path, known, what, report);
}

function checkWord<Word extends string>(
  text: Text,
  path: string,
  known: readonly Word[],
  what: string,
  report: Report,
): Word | undefined {
  const found = known.find((word) => word === text.value);
  if (found !== undefined) return found;
  const near = what === 'architecture' ? closestArchitecture(text.value) : didYouMean(text.value, known);
  report({
    offset: text.offset,
    path,
    code: 'SP004',
    message: `${JSON.stringify(cut(text.value))} is not ${what === 'flag' ? 'a' : 'an'} ${what} of seccomp profiles`,
    advice:
      near === undefined
        ? `write one of ${known.slice(0, 9).join(', ')}${known.length > 9 ? ', …' : ''}`
        : `did you mean "${near}"?`,
  });
  return undefined;
}

/** By the names that Go, Debian and uname use, too. */
function closestArchitecture(written: string): string | undefined {
  const others: Record<string, string> = {
    amd64: 'SCMP_ARCH_X86_64',
    'x86-64': 'SCMP_ARCH_X86_64',
    i386: 'SCMP_ARCH_X86',
    i686: 'SCMP_ARCH_X86',
    '386': 'SCMP_ARCH_X86',
    arm64: 'SCMP_ARCH_AARCH64',
    armhf: 'SCMP_ARCH_ARM',
    armv7l: 'SCMP_ARCH_ARM',
    ppc64el: 'SCMP_ARCH_PPC64LE',
    loong64: 'SCMP_ARCH_LOONGARCH64',
  };
  const name = written.toLowerCase().replace(/^scmp_arch_/, '');
  return Object.hasOwn(others, name) ? others[name] : didYouMean(written, OCI_ARCHITECTURES);
}

function reportKind(node: DocumentNode, path: string, code: string, expected: string, report: Report): void {
  report({
    offset: node.offset,
    path,
    code,
    message: `this must be ${expected.split(':')[0]}, it is ${describe(node)}`,
    advice: `write ${expected}`,
  });
}

function isNull(member: Member): boolean {
  return member.value.kind === 'literal' && member.value.value === null;
}

/** What a value is, for the end of "this is …". */
function describe(node: DocumentNode): string {
  switch (node.kind) {
    case 'object':
      return 'an object';
    case 'array':
      return 'a list';
    case 'string':
      return `the text ${JSON.stringify(cut(node.value))}`;
    case 'number':
      return cut(node.text);
    case 'literal':
      return String(node.value);
  }
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function optional<Key extends string, Value>(key: Key, value: Value | undefined): { readonly [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]?: Value });
}
