import type { DocumentNode } from '../../document/document-node.js';
import { type Argument, OPERATORS } from '../model.js';
import { describeNode } from './describe-node.js';
import { decodeWord } from './enum-word.js';
import { Fields } from './fields.js';

const ARGUMENT_KEYS = ['index', 'value', 'valueTwo', 'op'] as const;
const U64_MAX = 0xffff_ffff_ffff_ffffn;
const INT64_MAX = 0x7fff_ffff_ffff_ffffn;
const MAX_INDEX = 5n;

/** The conditions of a rule on the syscall's arguments. */
export function decodeArguments(rule: Fields, assumed: 'oci' | 'spo'): readonly Argument[] {
  const { report } = rule;
  const expected = 'a list of conditions: [ { "index": 0, "value": 1, "op": "SCMP_CMP_EQ" } ]';
  const list = rule.list('args', 'SP008', expected);
  if (list === undefined) return [];
  const path = rule.pathOf('args');
  const args: Argument[] = [];
  for (const [i, item] of list.items.entries()) {
    const itemPath = `${path}[${i}]`;
    if (item.kind !== 'object') {
      report({
        offset: item.offset,
        path: itemPath,
        code: 'SP008',
        message: `a condition on an argument is an object, this is ${describeNode(item)}`,
        advice: 'write { "index": 0, "value": 1, "op": "SCMP_CMP_EQ" }',
      });
      continue;
    }
    const argument = decodeArgument(new Fields(item, itemPath, ARGUMENT_KEYS, report), assumed);
    if (argument !== undefined) args.push(argument);
  }
  if (list.items.length > 6)
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

function decodeArgument(fields: Fields, assumed: 'oci' | 'spo'): Argument | undefined {
  const { node, path, report } = fields;
  const index = decodeUnsigned(fields, 'index', MAX_INDEX);
  const value = decodeUnsigned(fields, 'value', U64_MAX);
  const valueTwo = decodeUnsigned(fields, 'valueTwo', U64_MAX);
  for (const key of ['index', 'value'] as const)
    if (!fields.has(key))
      report({
        offset: node.offset,
        path,
        code: 'SP008',
        message: `this condition has no "${key}": runtimes take 0`,
        advice: `write "${key}": 0 if you mean 0`,
        blocks: false,
      });
  if (assumed === 'spo') reportBeyondInt64(fields);
  const op = fields.value('op');
  if (op === undefined) {
    report({
      offset: node.offset,
      path,
      code: 'SP004',
      message: 'this condition has no "op": runtimes refuse the profile',
      advice: 'say how to compare, for example "op": "SCMP_CMP_EQ"',
    });
    return undefined;
  }
  const operator = decodeWord(op, fields.pathOf('op'), OPERATORS, 'operator', report);
  if (operator === undefined || index === undefined || value === undefined || valueTwo === undefined) return undefined;
  return { index: Number(index), value, valueTwo, op: operator };
}

/** The numbers of a SeccompProfile object are signed. */
function reportBeyondInt64(fields: Fields): void {
  for (const key of ['value', 'valueTwo'] as const) {
    const node = fields.value(key);
    if (node?.kind === 'number' && node.integer !== undefined && node.integer > INT64_MAX)
      fields.report({
        offset: node.offset,
        path: fields.pathOf(key),
        code: 'SP008',
        message: `a SeccompProfile object cannot hold ${key} above 9223372036854775807`,
        advice: 'use an OCI JSON profile for this rule',
        blocks: false,
      });
  }
}

/** 0 where the key is absent or null, as runtimes take it; undefined where the value is not such a number. */
function decodeUnsigned(fields: Fields, key: string, max: bigint): bigint | undefined {
  const node = fields.value(key);
  if (node === undefined) return 0n;
  // Go takes no sign, were it before a 0.
  if (node.kind === 'number' && node.integer !== undefined && !node.text.startsWith('-') && node.integer <= max)
    return node.integer;
  const range = max === U64_MAX ? 'from 0 to 18446744073709551615 (unsigned 64 bits)' : `from 0 to ${max}`;
  fields.report({
    offset: node.offset,
    path: fields.pathOf(key),
    code: 'SP008',
    message: `"${fields.member(key)?.key}" must be a whole number ${range}, this is ${describeNode(node)}`,
    advice: unsignedAdvice(node, max),
  });
  return undefined;
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
