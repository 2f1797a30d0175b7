import type { DocumentNode } from '../../document/document-node.js';
import { ERRNO_NUMBERS, MAX_ERRNO } from '../../syscalls/errno-names.js';
import { didYouMean } from '../../text/did-you-mean.js';
import { describeNode } from './describe-node.js';
import type { DialectSigns } from './dialect-signs.js';
import type { Fields } from './fields.js';
import type { ProfileMistake } from './profile-mistake.js';

type NumberKey = 'errnoRet' | 'defaultErrnoRet';
type NameKey = 'errno' | 'defaultErrno';

/** The number of `errnoRet`, or of containers/common's `errno` (a name or digits), which wins where both stand. */
export function decodeErrno(
  fields: Fields,
  numberKey: NumberKey,
  nameKey: NameKey,
  signs: DialectSigns,
): { readonly meant: number | undefined; readonly asOci: number | undefined } {
  const asOci = decodeNumber(fields, numberKey);
  const node = fields.value(nameKey);
  if (node === undefined || (node.kind === 'string' && node.value === '')) return { meant: asOci, asOci };
  signs.containersCommon = true;
  return { meant: decodeName(fields, nameKey, node) ?? asOci, asOci };
}

function decodeNumber(fields: Fields, key: NumberKey): number | undefined {
  const node = fields.value(key);
  if (node === undefined) return undefined;
  const integer = node.kind === 'number' && !node.text.startsWith('-') ? node.integer : undefined;
  if (integer === undefined || integer > 0xffffffffn) {
    fields.report({
      offset: node.offset,
      path: fields.pathOf(key),
      code: 'SP009',
      message: `"${key}" must be a whole number from 0 to ${MAX_ERRNO}, this is ${describeNode(node)}`,
      advice: numberAdvice(node),
    });
    return undefined;
  }
  if (integer > BigInt(MAX_ERRNO)) reportTooLarge(fields, key, node, Number(integer & 0xffffn));
  return Number(integer);
}

function decodeName(fields: Fields, key: NameKey, node: DocumentNode): number | undefined {
  if (node.kind === 'string') {
    const number = /^\d{1,10}$/.test(node.value) ? Number(node.value) : errnoNumber(node.value);
    if (number !== undefined) {
      if (number > MAX_ERRNO) reportTooLarge(fields, key, node, number);
      return number;
    }
  }
  const tell = (): ProfileMistake => {
    const near = node.kind === 'string' ? didYouMean(node.value, Object.keys(ERRNO_NUMBERS)) : undefined;
    return {
      offset: node.offset,
      path: fields.pathOf(key),
      code: 'SP009',
      message: `"${key}" must be the name of an error or its number in quotes, this is ${describeNode(node)}`,
      advice: near === undefined ? 'write for example "EPERM" or "38"' : `did you mean "${near}"?`,
    };
  };
  fields.report({ told: 'error', blocks: true, tell });
  return undefined;
}

function errnoNumber(name: string): number | undefined {
  return Object.hasOwn(ERRNO_NUMBERS, name) ? ERRNO_NUMBERS[name] : undefined;
}

/** `taken`: what is left of the number in a runtime. */
function reportTooLarge(fields: Fields, key: NumberKey | NameKey, node: DocumentNode, taken: number): void {
  fields.report({
    offset: node.offset,
    path: fields.pathOf(key),
    code: 'SP009',
    message:
      taken > MAX_ERRNO
        ? `"${key}" is larger than ${MAX_ERRNO}: libseccomp refuses it and the container does not start`
        : `"${key}" is larger than ${MAX_ERRNO}: runtimes take its low 16 bits, ${taken}`,
    advice: 'write an error number of Linux, for example 1 (EPERM) or 38 (ENOSYS)',
    blocks: false,
  });
}

function isInQuotes(node: DocumentNode): boolean {
  return node.kind === 'string' && /^\d+$/.test(node.value);
}

function numberAdvice(node: DocumentNode): string {
  if (node.kind === 'string') {
    const number = errnoNumber(node.value);
    if (number !== undefined) return `write ${number}, the number of ${node.value}`;
    if (isInQuotes(node)) return `write ${node.value} without quotes`;
  }
  return 'write for example 1 (EPERM) or 38 (ENOSYS)';
}
