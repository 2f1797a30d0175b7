import type { ObjectNode } from '../../document/document-node.js';
import { ACTIONS, type Action, type Rule } from '../model.js';
import { decodeArguments } from './decode-arguments.js';
import { decodeCondition } from './decode-condition.js';
import { decodeErrno } from './decode-errno.js';
import { decodeNames } from './decode-names.js';
import type { DialectSigns } from './dialect-signs.js';
import { decodeWord } from './enum-word.js';
import { Fields } from './fields.js';
import { optional } from './optional.js';
import type { Report } from './profile-mistake.js';

const RULE_KEYS = ['names', 'name', 'action', 'errnoRet', 'errno', 'args', 'comment', 'includes', 'excludes'] as const;

/** A rule with the paths of its names in the document. */
export interface DecodedRule {
  readonly rule: Rule;
  readonly namePaths: readonly string[];
  /** It has no `names` at all, or null. */
  readonly isWithoutNames: boolean;
}

/** Undefined where the rule has no action. */
export function decodeRule(
  node: ObjectNode,
  path: string,
  assumed: 'oci' | 'spo',
  signs: DialectSigns,
  report: Report,
): DecodedRule | undefined {
  const fields = new Fields(node, path, RULE_KEYS, report);
  const written = decodeNames(fields, signs);
  const action = decodeAction(fields);
  const errno = decodeErrno(fields, 'errnoRet', 'errno', signs);
  const args = decodeArguments(fields, assumed);
  const comment = fields.string('comment');
  const includes = decodeCondition(fields, 'includes');
  const excludes = decodeCondition(fields, 'excludes');
  if (comment !== undefined || fields.has('includes') || fields.has('excludes')) signs.docker = true;
  if (action === undefined) return undefined;
  const names = written.map(({ value }) => value);
  const isSingle = written[0]?.path === fields.pathOf('name');
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
  return {
    rule,
    namePaths: written.map((name) => name.path),
    isWithoutNames: fields.value('names') === undefined,
  };
}

function decodeAction(fields: Fields): Action | undefined {
  const action = fields.value('action');
  if (action !== undefined) return decodeWord(action, fields.pathOf('action'), ACTIONS, 'action', fields.report);
  fields.report({
    offset: fields.node.offset,
    path: fields.path,
    code: 'SP004',
    message: 'this rule has no "action": runtimes refuse the profile',
    advice: 'say what happens to these syscalls, for example "action": "SCMP_ACT_ALLOW"',
  });
  return undefined;
}
