import type { Condition } from '../model.js';
import { reportKind } from './describe-node.js';
import { Fields } from './fields.js';
import { optional } from './optional.js';

const CONDITION_KEYS = ['caps', 'arches', 'minKernel'] as const;

/** Docker's condition on a rule; undefined where it asks for nothing. */
export function decodeCondition(rule: Fields, key: 'includes' | 'excludes'): Condition | undefined {
  const { report } = rule;
  const node = rule.value(key);
  if (node === undefined) return undefined;
  const path = rule.pathOf(key);
  if (node.kind !== 'object') {
    reportKind(node, path, 'SP052', 'an object: { "caps": [ … ] }', report);
    return undefined;
  }
  const fields = new Fields(node, path, CONDITION_KEYS, report);
  const caps = fields.strings('caps', 'SP052')?.map(({ value }) => value);
  const arches = fields.strings('arches', 'SP052')?.map(({ value }) => value);
  const minKernel = fields.string('minKernel') || undefined;
  if (minKernel !== undefined && !/^\d+\.\d+/.test(minKernel))
    report({
      offset: fields.value('minKernel')?.offset ?? node.offset,
      path: fields.pathOf('minKernel'),
      code: 'SP052',
      message: `"minKernel" must be a kernel version, this is ${JSON.stringify(minKernel)}`,
      advice: 'write for example "4.8"',
    });
  const isEmpty = (caps ?? []).length === 0 && (arches ?? []).length === 0 && minKernel === undefined;
  return isEmpty
    ? undefined
    : { ...optional('caps', caps), ...optional('arches', arches), ...optional('minKernel', minKernel) };
}
