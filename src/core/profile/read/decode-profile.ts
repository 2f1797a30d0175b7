import type { ObjectNode } from '../../document/document-node.js';
import { OCI_ARCHITECTURES } from '../../syscalls/architectures.js';
import { ACTIONS, type Action, FLAGS, type Profile } from '../model.js';
import { decodeArchMap } from './decode-arch-map.js';
import { decodeErrno } from './decode-errno.js';
import { type DecodedRule, decodeRule } from './decode-rule.js';
import { describeNode } from './describe-node.js';
import type { DialectSigns } from './dialect-signs.js';
import { checkWord, decodeWord } from './enum-word.js';
import { Fields } from './fields.js';
import { optional } from './optional.js';
import type { ProfileFormat } from './parsed-profile.js';
import type { Report } from './profile-mistake.js';

export const PROFILE_KEYS = [
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
const SPO_KEYS = [...PROFILE_KEYS, 'baseProfileName', 'disabled'] as const;

export interface DecodedProfile {
  /** Undefined where there is no default action. */
  readonly profile: Profile | undefined;
  readonly format: ProfileFormat;
  /** For each rule of `profile` its path in the document. */
  readonly rulePaths: readonly string[];
  /** For each rule the paths of its `names`. */
  readonly namePaths: readonly (readonly string[])[];
  /** The paths of rules that have no `names` at all, or null. */
  readonly rulesWithoutNames: readonly string[];
}

/** `path`: where the profile stands in its document. */
export function decodeProfile(node: ObjectNode, path: string, assumed: 'oci' | 'spo', report: Report): DecodedProfile {
  const fields = new Fields(node, path, assumed === 'spo' ? SPO_KEYS : PROFILE_KEYS, report);
  const signs: DialectSigns = { docker: false, containersCommon: false };
  const defaultAction = decodeDefaultAction(fields);
  const errno = decodeErrno(fields, 'defaultErrnoRet', 'defaultErrno', signs);
  const settings = {
    ...optional('defaultErrnoRet', errno.meant),
    ...(errno.meant === errno.asOci ? {} : { asOci: optional('defaultErrnoRet', errno.asOci) }),
    ...decodeArchitectures(fields, signs),
    ...optional('flags', decodeFlags(fields)),
    ...optional('listenerPath', fields.string('listenerPath')),
    ...optional('listenerMetadata', fields.string('listenerMetadata')),
    ...optional('baseProfileName', fields.string('baseProfileName')),
  };
  const { rules, paths } = decodeRules(fields, assumed, signs);
  return {
    profile:
      defaultAction === undefined ? undefined : { defaultAction, ...settings, rules: rules.map(({ rule }) => rule) },
    format: assumed === 'spo' ? 'spo' : signs.containersCommon ? 'containers-common' : signs.docker ? 'docker' : 'oci',
    rulePaths: paths,
    namePaths: rules.map(({ namePaths }) => namePaths),
    rulesWithoutNames: paths.filter((_, i) => rules[i]?.isWithoutNames),
  };
}

function decodeDefaultAction(fields: Fields): Action | undefined {
  const { node, path, report } = fields;
  const action = fields.value('defaultAction');
  if (action !== undefined) return decodeWord(action, fields.pathOf('defaultAction'), ACTIONS, 'action', report);
  report({
    offset: node.offset,
    path,
    code: 'SP003',
    message:
      node.members.length === 0
        ? 'the profile is empty: runc starts such a container without any filter, crun refuses it'
        : '"defaultAction" is missing: runtimes refuse such a profile',
    advice: 'say what happens to syscalls no rule names, for example "defaultAction": "SCMP_ACT_ERRNO"',
  });
  return undefined;
}

/** `architectures`, or Docker's `archMap`. */
function decodeArchitectures(fields: Fields, signs: DialectSigns): Pick<Profile, 'architectures' | 'archMap'> {
  const architectures = fields.strings('architectures', 'SP004');
  for (const architecture of architectures ?? []) {
    if (architecture.value === 'SCMP_ARCH_NATIVE') signs.containersCommon = true;
    else checkWord(architecture, OCI_ARCHITECTURES, 'architecture', fields.report);
  }
  const archMap = decodeArchMap(fields);
  if (archMap !== undefined) signs.docker = true;
  if (archMap !== undefined && archMap.length > 0 && architectures !== undefined && architectures.length > 0)
    fields.report({
      offset: fields.member('architectures')?.keyOffset ?? fields.node.offset,
      path: fields.pathOf('architectures'),
      code: 'SP006',
      message: '"architectures" and "archMap" are both set; Docker refuses such a profile',
      advice: 'keep "archMap" for Docker, or "architectures" for every other runtime',
      blocks: false,
    });
  return {
    ...optional(
      'architectures',
      architectures?.map(({ value }) => value),
    ),
    ...optional('archMap', archMap),
  };
}

function decodeFlags(fields: Fields): readonly string[] | undefined {
  const flags = fields.strings('flags', 'SP004');
  for (const flag of flags ?? []) checkWord(flag, FLAGS, 'flag', fields.report);
  return flags?.map(({ value }) => value);
}

function decodeRules(
  fields: Fields,
  assumed: 'oci' | 'spo',
  signs: DialectSigns,
): { readonly rules: readonly DecodedRule[]; readonly paths: readonly string[] } {
  const { report } = fields;
  const list = fields.list('syscalls', 'SP052', 'a list of rules: [ { "names": …, "action": … } ]');
  const listPath = fields.pathOf('syscalls');
  const rules: DecodedRule[] = [];
  const paths: string[] = [];
  for (const [i, item] of (list?.items ?? []).entries()) {
    const path = `${listPath}[${i}]`;
    if (item.kind !== 'object') {
      report({
        offset: item.offset,
        path,
        code: 'SP052',
        message: `a rule is an object, this is ${describeNode(item)}`,
        advice: 'write { "names": [ … ], "action": "SCMP_ACT_ALLOW" }',
      });
      continue;
    }
    const rule = decodeRule(item, path, assumed, signs, report);
    if (rule === undefined) continue;
    rules.push(rule);
    paths.push(path);
  }
  return { rules, paths };
}
